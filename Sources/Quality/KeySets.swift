package import DuckDB
internal import LakeModel
internal import Synchronization

/// The sets that audits of one DuckDB use, and the function by which its queries reach them:
/// `tarn_wrong_key(set, value)`.
///
/// Most keys are integers that lie close together, so a bit for each number of their range answers `unique`
/// and `relationships` in a fraction of the time and memory of a hash table. DuckDB calls the function with
/// whole vectors and from all of its threads.
package final class KeySets: Sendable {
    private let open = Mutex<(next: Int64, sets: [Int64: (KeySet, KeySet.Use)])>((1, [:]))
    private static let function = "tarn_wrong_key"

    package init() {}

    /// Makes the function known to `connection`'s database; once for each.
    package func register(on connection: Connection) throws {
        try connection.register(
            ScalarFunction(
                KeySets.function, [.bigint, .bigint], returns: .boolean, isVolatile: true
            ) { [self] chunk, result in
                guard chunk.count > 0, let number = chunk.value(row: 0, column: 0).integer,
                    let (set, use) = open.withLock({ $0.sets[number] })
                else { return }
                chunk.withColumn(1) { column in
                    column.withValues(as: Int64.self) { values in
                        column.withValidity { validity in
                            result.withValues(as: Bool.self) { wrong in
                                set.judge(values, validity, use, into: &wrong)
                            }
                        }
                    }
                }
            })
    }

    /// Lends `body` an SQL expression that is true for a wrong value, given the value's own expression.
    func with<T>(_ set: KeySet, _ use: KeySet.Use, _ body: ((_ value: String) -> String) throws -> T) rethrows
        -> T
    {
        let number = open.withLock { open in
            defer { open.next += 1 }
            open.sets[open.next] = (set, use)
            return open.next
        }
        defer { open.withLock { _ = $0.sets.removeValue(forKey: number) } }
        return try body { "\(KeySets.function)(\(number)::BIGINT, (\($0))::BIGINT)" }
    }
}
