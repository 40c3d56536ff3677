import Extraction
import LakeModel
import LakeStore
import Project
import Testing

@Suite struct `Schema drift while a table is read` {
    private static let servers: [DriftingSource] = [.mariadb, .postgres]

    private func filled(_ rows: Int, _ source: DriftingSource) -> String {
        source == .mariadb
            ? "INSERT INTO t SELECT seq, seq * 1000, 'x' FROM seq_1_to_\(rows)"
            : "INSERT INTO t SELECT i, i * 1000, 'x' FROM generate_series(1, \(rows)) i"
    }

    @Test(arguments: servers)
    func `waits for the reading or stops it; bronze is one of the two shapes`(source: DriftingSource)
        async throws
    {
        let rows = 400_000
        try await source.with("id INTEGER PRIMARY KEY, v BIGINT, s VARCHAR(10)", [filled(rows, source)]) {
            lake, alter in
            let progress = ExtractionProgress()
            async let outcome = lake.extract(.full(), progress: progress)
            while progress.rows == 0 { try await Task.sleep(for: .milliseconds(1)) }
            #expect(progress.rows < rows)
            try await alter("ALTER TABLE t DROP COLUMN s", "ALTER TABLE t ADD COLUMN w INTEGER")
            do {
                _ = try await outcome
                #expect(
                    try await lake.query("SELECT count(*), count(s), sum(v) FROM bronze_s.t")
                        == ["\(rows)|\(rows)|\(rows * (rows + 1) / 2 * 1000)"])
            } catch let mistake as ExtractionMistake {
                #expect(mistake.code == "extraction.changed-while-read" && mistake.isTransient)
                #expect(try await lake.manifest() == nil)
            }
            // The next one sees it.
            _ = try await lake.commit(.full(), acceptsSchemaChange: true)
            #expect(try await lake.query("SELECT count(*), count(w) FROM bronze_s.t") == ["\(rows)|0"])
        }
    }

    @Test(arguments: servers)
    func `commits nothing wrong whenever it happens`(source: DriftingSource) async throws {
        try await source.with("id INTEGER PRIMARY KEY, v BIGINT, s VARCHAR(10)", [filled(2_000, source)]) {
            lake, alter in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let altering =
                    source == .mariadb
                    ? [
                        "ALTER TABLE t MODIFY v DECIMAL(20,2)", "ALTER TABLE t DROP COLUMN s",
                        "ALTER TABLE t MODIFY v BIGINT AFTER id", "ALTER TABLE t ADD COLUMN s INT FIRST",
                    ]
                    : [
                        "ALTER TABLE t ALTER v TYPE NUMERIC(20,2)", "ALTER TABLE t DROP COLUMN s",
                        "ALTER TABLE t ALTER v TYPE BIGINT", "ALTER TABLE t ADD COLUMN s INT",
                    ]
                var turn = 0
                var codes: [String: Int] = [:]
                for _ in 0..<40 {
                    let table = try TableDefinition.full()
                    group.addTask {
                        // Its failures are looked at below, by their codes.
                        _ = try await lake.extract(table, acceptsSchemaChange: true)
                    }
                    try await Task.sleep(for: .milliseconds(turn % 20))
                    try await alter(altering[turn % altering.count])
                    turn += 1
                    do {
                        try await group.next()
                        codes["committed", default: 0] += 1
                    } catch let error as any Diagnostic {
                        codes[error.code, default: 0] += 1
                        #expect(error.isTransient, "\(error.code): \(error.problem)")
                    }
                    if try await lake.manifest() != nil {
                        #expect(
                            try await lake.query(
                                "SELECT count(*), sum(v::BIGINT), count(DISTINCT id) FROM bronze_s.t")
                                == ["2000|\(2_000 * 2_001 / 2 * 1000)|2000"])
                    }
                }
                #expect(codes["committed", default: 0] > 0, "\(codes)")
            }
        }
    }
}
