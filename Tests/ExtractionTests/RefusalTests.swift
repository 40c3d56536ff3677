import Extraction
import LakeModel
import Project
import Testing

@Suite struct `An extraction refuses` {
    private func mistake(_ lake: LittleLake, _ table: TableDefinition, exclusions: [Exclusion] = [])
        async throws -> ExtractionMistake
    {
        let mistake = try await #require(throws: ExtractionMistake.self) {
            try await lake.extract(table, exclusions: exclusions)
        }
        #expect(try await lake.manifest(of: table.name.text) == nil)
        #expect(mistake.place == Place(file: "sources/s.yaml", line: 4, column: 3))
        return mistake
    }

    @Test func `a table that is not there, and names the nearest`() async throws {
        let lake = try LittleLake(sqlite: "CREATE TABLE customers (id INT); CREATE TABLE x (id INT)")
        let mistake = try await mistake(lake, .full("customer"))
        #expect(mistake.code == "extraction.unknown-table" && mistake.remedy.contains("'customers'"))
    }

    @Test func `a view, with the reason for which views are excluded`() async throws {
        let lake = try LittleLake(
            sqlite: "CREATE TABLE a (id INT); CREATE VIEW t AS SELECT id FROM a; INSERT INTO a VALUES (1)")
        let exclusion = Exclusion(
            subject: .views, reason: "Silver rebuilds them.", place: Place(file: "lake.yaml", line: 9))
        let mistake = try await mistake(lake, .full(), exclusions: [exclusion])
        #expect(mistake.problem.contains("Silver rebuilds them.") && mistake.remedy.contains("lake.yaml:9"))
        #expect(try await lake.commit(.full()).1.rows == 1)
    }

    @Test func `a key with NULLs, because versions of a row could not be told apart`() async throws {
        let lake = try LittleLake(
            sqlite:
                "CREATE TABLE t (k INT, at DATETIME); INSERT INTO t VALUES (1, '2024-01-01'), (NULL, '2024-01-01'), (NULL, NULL)"
        )
        let mistake = try await mistake(lake, .incremental(key: ["k"]))
        #expect(mistake.code == "extraction.null-key" && mistake.problem.contains("2 rows"))
    }

    @Test func `keys and cursors that do not exist or cannot be used`() async throws {
        let lake = try LittleLake(
            sqlite: "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT, updated DATETIME)")
        #expect(try await mistake(lake, .incremental()).code == "extraction.cursor-type")
        let missing = try await mistake(lake, .incremental(cursor: "update"))
        #expect(missing.code == "extraction.unknown-column" && missing.remedy.contains("'updated'"))
        #expect(
            try await mistake(lake, .incremental(key: ["idd"], cursor: "updated")).remedy.contains("'id'"))
        let keyless = try LittleLake(sqlite: "CREATE TABLE t (id INT, at DATETIME)")
        #expect(try await mistake(keyless, .incremental()).code == "extraction.missing-key")
    }

    @Test func `a missing file, a locked door and a wrong address, as sources that are unavailable`()
        async throws
    {
        let lake = try LittleLake(sqlite: "CREATE TABLE t (id INT)")
        let gone = SourceDefinition(
            name: try #require(SourceName("s")), connection: lake.connection, database: "other",
            tables: [], place: Place(file: "sources/s.yaml"))
        let missing = #expect(throws: SourceUnavailable.self) {
            try SourceConnector(gone).countRows(of: .full())
        }
        #expect(missing?.code == "source.missing-file" && missing?.isTransient == false)
        let closed = SourceDefinition(
            name: try #require(SourceName("s")),
            connection: ConnectionDefinition(
                name: "c", place: Place(file: "lake.yaml"),
                kind: .mysql(.init(host: "127.0.0.1", port: 1, user: "u"))),
            database: "d", tables: [], place: Place(file: "sources/s.yaml"))
        let unreachable = #expect(throws: SourceUnavailable.self) {
            try SourceConnector(closed).countRows(of: .full())
        }
        #expect(unreachable?.code == "source.unreachable" && unreachable?.category == .transient)
    }
}
