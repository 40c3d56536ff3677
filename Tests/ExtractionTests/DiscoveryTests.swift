import Extraction
import Foundation
import LakeModel
import Project
import SQLite
import Testing

@Suite struct `Discovery` {
    /// What is found in a new SQLite file.
    private func found(_ sql: String) throws -> [DiscoveredTable] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tarn-discovery-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try SQLiteConnection(path: "\(folder)/shop.db", access: .create).execute(sql)
        let source = SourceDefinition(
            name: try #require(SourceName("shop")),
            connection: ConnectionDefinition(
                name: "files", place: Place(file: "lake.yaml"), kind: .sqlite(path: "\(folder)/{database}.db")
            ),
            database: "shop", tables: [], place: Place(file: "sources/shop.yaml"))
        return try SourceDiscovery(source).run().tables
    }

    @Test(arguments: [
        ("updated_at", "updated"), ("LastUpdate", "updated"), ("lastModified", "updated"),
        ("mtime", "updated"),
        ("chg_ts", "updated"), ("created_at", "created"), ("seen", "created"), ("expires_at", nil),
        ("valid_until", nil), ("birth_date", nil), ("dueDate", nil), ("deleted_at", nil),
    ])
    func `takes a column by its name`(name: String, kind: String?) throws {
        let table = try #require(try found("CREATE TABLE t (k TEXT PRIMARY KEY, \(name) DATETIME)").first)
        #expect(table.cursors.map(\.kind.rawValue) == [kind].compactMap(\.self))
    }

    @Test func `puts the surest cursor first`() throws {
        let table = try #require(
            try found(
                """
                CREATE TABLE t (id INTEGER PRIMARY KEY, created_at DATETIME NOT NULL, updated_on DATE NOT NULL,
                    updated_at DATETIME, changed DATETIME NOT NULL, modified DATETIME NOT NULL, name TEXT, n INT);
                CREATE INDEX a ON t (modified, name); CREATE INDEX b ON t (updated_at) WHERE name IS NOT NULL;
                CREATE INDEX c ON t (name, changed);
                """
            ).first)
        #expect(
            table.cursors.map(\.column)
                == ["modified", "changed", "updated_at", "updated_on", "id", "created_at"])
        #expect(table.cursors.map(\.isIndexed) == [true, false, false, false, true, false])
        #expect(table.cursors.map(\.isNullable) == [false, false, true, false, false, false])
    }

    @Test func `counts rows, and names keys in their order`() throws {
        let tables = try found(
            """
            CREATE TABLE a (y INT, x INT, PRIMARY KEY (x, y)) WITHOUT ROWID; INSERT INTO a VALUES (1, 2), (3, 4);
            CREATE TABLE b (x); CREATE VIEW c AS SELECT 1; CREATE TABLE "d/e" (x);
            """)
        #expect(tables.map(\.name) == ["a", "b", "c", "d/e"])
        #expect(tables.map(\.kind) == [.table, .table, .view, .table])
        #expect(tables.map(\.rowsEstimate) == [2, 0, nil, 0])
        #expect(tables[0].primaryKey == ["x", "y"])
        #expect(
            tables.map { TableProposal($0).reason } == [
                "small", "no primary key", "a view", "its name cannot be a folder of the lake",
            ])
    }

    private func table(
        rows: Int64?, key: [String] = ["id"], cursors: [CursorOption] = [], obstacle: String? = nil
    ) -> DiscoveredTable {
        DiscoveredTable(
            name: "t", kind: .table, columns: [], primaryKey: key, rowsEstimate: rows, cursors: cursors,
            obstacle: obstacle)
    }

    @Test func `reads whole what is small or has nothing to go by`() throws {
        let name = try #require(TableName("t"))
        let cursors = try #require(
            try found(
                """
                CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at DATETIME NOT NULL);
                CREATE INDEX i ON t (updated_at);
                """
            ).first
        ).cursors
        let counter = cursors.filter { $0.kind == .counter }
        #expect(TableProposal(table(rows: 99_999, cursors: cursors)).verdict == .full(name))
        #expect(
            TableProposal(table(rows: 100_000, cursors: cursors)).verdict
                == .incremental(name, cursor: "updated_at"))
        // A source that does not know its size may be large.
        #expect(
            TableProposal(table(rows: nil, cursors: cursors)).verdict
                == .incremental(name, cursor: "updated_at"))
        let changing = TableProposal(table(rows: 1_000_000, cursors: counter))
        #expect(changing.verdict == .full(name))
        #expect(changing.notes.first?.contains("cursor: id") == true)
        #expect(TableProposal(table(rows: 1_000_000, key: [], cursors: cursors)).verdict == .full(name))
        #expect(TableProposal(table(rows: 1_000_000)).reason == "no column that could be a cursor")
        #expect(TableProposal(table(rows: 5, obstacle: "no right")).verdict == .leftOut)
    }
}
