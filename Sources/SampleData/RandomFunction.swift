internal import DuckDB

extension ScalarFunction {
    /// `tarn_random(stream, row)`: ``sampleRandom(stream:row:)`` in SQL. DuckDB's own `hash` may change with
    /// its version, and the sample may not.
    static let sampleRandom = ScalarFunction("tarn_random", [.ubigint, .bigint], returns: .ubigint) {
        rows, result in
        rows.withUInt64s(column: 0) { streams in
            rows.withInt64s(column: 1) { numbers in
                result.withValues(as: UInt64.self) { results in
                    for row in streams.indices {
                        results[row] = SampleData.sampleRandom(
                            stream: streams[row], row: UInt64(bitPattern: numbers[row]))
                    }
                }
            }
        }
    }
}
