import Extraction
import LakeModel
import LakeSQL
import LakeStore
import Project
import Testing

/// The kinds of sources, and how their tables are changed.
enum DriftingSource: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, mariadb, postgres

    var testDescription: String { rawValue }

    /// Lends a lake beside `t` with `columns`, and a way to change it.
    func with(
        _ columns: String, _ statements: [String] = [],
        _ body: (LittleLake, (String...) async throws -> Void) async throws -> Void
    ) async throws {
        let columns = self == .postgres ? columns.replacing("DATETIME", with: "TIMESTAMP") : columns
        let setup = ["CREATE TABLE t (\(columns))"] + statements
        switch self {
        case .sqlite:
            let lake = try LittleLake(sqlite: setup.joined(separator: ";"))
            try await body(lake) { (sql: String...) in for each in sql { try lake.execute(each) } }
        case .mariadb:
            try await withMariaDB(setup) { lake, settings in
                try await body(lake) { (sql: String...) in try await change(settings, sql) }
            }
        case .postgres:
            try await withPostgreSQL(setup) { lake, settings in
                try await body(lake) { (sql: String...) in try await change(settings, sql) }
            }
        }
    }

    func retype(_ column: String, to type: String) -> String {
        switch self {
        case .sqlite:
            // It has no statement for that.
            """
            ALTER TABLE t ADD COLUMN other \(type); UPDATE t SET other = \(column);
            ALTER TABLE t DROP COLUMN \(column); ALTER TABLE t RENAME COLUMN other TO \(column)
            """
        case .mariadb: "ALTER TABLE t MODIFY \(column) \(type)"
        case .postgres: "ALTER TABLE t ALTER \(column) TYPE \(type) USING \(column)::\(type)"
        }
    }
}

extension TableDefinition {
    func with(_ policy: SchemaPolicy, columns: [ColumnDefinition] = []) -> TableDefinition {
        TableDefinition(
            name: name, mode: mode, key: key, cursors: cursors, overlap: overlap, chunk: chunk,
            schemaPolicy: policy, columns: columns, place: place)
    }
}

@Suite struct `Schema drift at a source` {
    private static let columns = "id INTEGER PRIMARY KEY, at DATETIME, v INT, s VARCHAR(20)"
    private static let first = "INSERT INTO t (id, at, v, s) VALUES (1, '2024-01-01 10:00:00', 10, 'a')"

    private func expectRefusal(
        _ code: String, says texts: [String], _ lake: LittleLake, _ table: TableDefinition,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await lake.files()
        let mistake = await #expect(throws: ExtractionMistake.self, sourceLocation: location) {
            try await lake.extract(table)
        }
        #expect(mistake?.code == code && mistake?.place == table.place, sourceLocation: location)
        for text in texts {
            let words = "\(mistake?.problem ?? "") \(mistake?.remedy ?? "")"
            #expect(words.contains(text), sourceLocation: location)
        }
        #expect(try await lake.files().filter { !$0.contains("staging") } == before, sourceLocation: location)
    }

    /// What is said of the table's columns is what its view has.
    private func expectDescribed(_ lake: LittleLake, _ location: SourceLocation = #_sourceLocation)
        async throws
    {
        let asset = try #require(AssetKey("bronze_s.t"))
        let state = try #require(try await lake.session.state(of: asset))
        let found = try await lake.query("SELECT column_name, column_type FROM (DESCRIBE bronze_s.t)")
        #expect(Set(found) == Set(state.schema.map { "\($0.name)|\($0.type)" }), sourceLocation: location)
    }

    private func signs(_ manifest: BronzeManifest) -> [String] { (manifest.schemaChanges ?? []).map(\.sign) }

    @Test(arguments: DriftingSource.allCases)
    func `takes over new and wider columns, and reads them over old files`(source: DriftingSource)
        async throws
    {
        for table in [try TableDefinition.full(), try .incremental()] {
            try await source.with(Self.columns, [Self.first]) { lake, alter in
                #expect(try await lake.commit(table).0.schemaChanges == nil)
                lake.passMidnight()
                try await alter(
                    "ALTER TABLE t ADD COLUMN w DECIMAL(10,2)", source.retype("v", to: "BIGINT"),
                    "INSERT INTO t (id, at, v, s, w) VALUES (2, '2024-01-02 10:00:00', 9000000000, 'b', 1.50)"
                )
                let manifest = try await lake.commit(table).0
                #expect(Set(signs(manifest)) == ["+ w DECIMAL(10,2)", "v INTEGER → BIGINT"])
                #expect(
                    try await lake.query("SELECT id, v, s, w FROM bronze_s.t ORDER BY id")
                        == ["1|10|a|NULL", "2|9000000000|b|1.50"])
                #expect(
                    try await lake.query("SELECT id, v, w, ingestion_date FROM bronze_s.t__all ORDER BY 4, 1")
                        .first == "1|10|NULL|2024-10-04")
                try await expectDescribed(lake)
                // It is noticed once.
                if case .committed(let next, _) = try await lake.extract(table) {
                    #expect(table.mode == .full && next.schemaChanges == nil)
                }
            }
        }
    }

    @Test func `is committed although no row is new, once`() async throws {
        let lake = try LittleLake(sqlite: "CREATE TABLE t (\(Self.columns)); \(Self.first)")
        _ = try await lake.commit(.incremental())
        try lake.execute("ALTER TABLE t ADD COLUMN w INT")
        #expect(signs(try await lake.commit(.incremental()).0) == ["+ w INTEGER"])
        #expect(try await lake.query("SELECT id, w FROM bronze_s.t") == ["1|NULL"])
        try await lake.expectNothingNew(.incremental())
        try lake.execute("ALTER TABLE t DROP COLUMN w")
        _ = try await lake.commit(.incremental(), acceptsSchemaChange: true)
        try await lake.expectNothingNew(.incremental())
    }

    @Test(arguments: DriftingSource.allCases)
    func `asks before it lets a column go`(source: DriftingSource) async throws {
        for table in [try TableDefinition.full(), try .incremental()] {
            try await source.with(Self.columns, [Self.first]) { lake, alter in
                _ = try await lake.commit(table)
                try await alter(
                    "ALTER TABLE t DROP COLUMN s",
                    "INSERT INTO t (id, at, v) VALUES (2, '2024-01-02 10:00:00', 20)")
                try await expectRefusal(
                    "extraction.column-vanished",
                    says: [
                        "s.t", "column 's' is gone (VARCHAR)", "tarn run bronze_s.t --accept-schema-change",
                    ],
                    lake, table)
                #expect(
                    signs(try await lake.commit(table, acceptsSchemaChange: true).0) == ["- s VARCHAR"])
                try await expectDescribed(lake)
                if table.mode == .incremental {
                    #expect(
                        try await lake.query("SELECT id, v, s FROM bronze_s.t ORDER BY id") == [
                            "1|10|a", "2|20|NULL",
                        ])
                } else {
                    #expect(try await lake.query("FROM bronze_s.t ORDER BY id").count == 2)
                }
                // Accepted is accepted.
                try await alter("INSERT INTO t (id, at, v) VALUES (3, '2024-01-03 10:00:00', 30)")
                #expect(try await lake.commit(table).0.schemaChanges == nil)
                #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["3"])
                try await expectDescribed(lake)
            }
        }
    }

    @Test(arguments: DriftingSource.allCases)
    func `guesses that a column was renamed`(source: DriftingSource) async throws {
        let table = try TableDefinition.incremental()
        try await source.with(Self.columns, [Self.first]) { lake, alter in
            _ = try await lake.commit(table)
            try await alter("ALTER TABLE t RENAME COLUMN v TO amount")
            try await expectRefusal(
                "extraction.column-vanished", says: ["'v' is gone, perhaps renamed to 'amount'"], lake, table)
            let changes = try await lake.commit(table, acceptsSchemaChange: true).0.schemaChanges
            #expect(changes == [SchemaChange(.renamed, column: "amount", before: "v", now: "amount")])
            #expect(try await lake.query("SELECT id, v, amount FROM bronze_s.t") == ["1|10|NULL"])
        }
    }

    @Test(arguments: DriftingSource.allCases)
    func `asks before it takes another type, and loses nothing of the old files`(source: DriftingSource)
        async throws
    {
        for table in [try TableDefinition.full(), try .incremental()] {
            try await source.with(Self.columns, [Self.first]) { lake, alter in
                _ = try await lake.commit(table)
                try await alter(
                    source.retype("v", to: "VARCHAR(10)"),
                    "INSERT INTO t (id, at, v, s) VALUES (2, '2024-01-02 10:00:00', '007', 'b')")
                try await expectRefusal(
                    "extraction.column-retyped",
                    says: ["s.t", "'v' was retyped: INTEGER to VARCHAR", "--accept-schema-change"], lake,
                    table)
                #expect(
                    signs(try await lake.commit(table, acceptsSchemaChange: true).0)
                        == ["v INTEGER → VARCHAR"])
                #expect(
                    try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == ["1|10", "2|007"])
                try await expectDescribed(lake)
                // Back to a number: bronze keeps the text.
                try await alter(source.retype("v", to: "INT"), "UPDATE t SET at = '2024-01-05 10:00:00'")
                _ = try await lake.commit(table, acceptsSchemaChange: true)
                #expect(
                    try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == ["1|10", "2|7"])
                try await expectDescribed(lake)
            }
        }
    }

    @Test func `refuses types that no type holds, unless both are kept as text`() async throws {
        let source = DriftingSource.mariadb
        let table = try TableDefinition.incremental()
        try await source.with(Self.columns + ", d DATE", [Self.first]) { lake, alter in
            _ = try await lake.commit(table)
            try await alter(
                "ALTER TABLE t DROP COLUMN d", "ALTER TABLE t ADD COLUMN d DOUBLE",
                "INSERT INTO t VALUES (2, '2024-01-02 10:00:00', 20, 'b', 0.5)")
            let mistake = await #expect(throws: ExtractionMistake.self) {
                try await lake.extract(table, acceptsSchemaChange: true)
            }
            #expect(mistake?.code == "extraction.column-retyped")
            #expect(mistake?.remedy.contains("columns: { d: { type: VARCHAR } }") == true)
            let text = table.with(
                .evolve, columns: [ColumnDefinition(name: "d", type: "VARCHAR", place: table.place)])
            _ = try await lake.commit(text, acceptsSchemaChange: true)
            #expect(try await lake.query("SELECT id, d FROM bronze_s.t ORDER BY id") == ["1|NULL", "2|0.5"])
        }
    }

    @Test func `does not let a number in the key become text`() async throws {
        let table = try TableDefinition.incremental()
        try await DriftingSource.postgres.with(
            "id NUMERIC(10,2) PRIMARY KEY, at DATETIME",
            ["INSERT INTO t VALUES (1, '2024-01-01 10:00:00')"]
        ) { lake, alter in
            _ = try await lake.commit(table)
            try await alter(DriftingSource.postgres.retype("id", to: "TEXT"))
            let mistake = await #expect(throws: ExtractionMistake.self) {
                try await lake.extract(table, acceptsSchemaChange: true)
            }
            #expect(mistake?.code == "extraction.column-retyped" && mistake?.problem.contains("key") == true)
        }
    }

    @Test(arguments: [DriftingSource.mariadb, .postgres])
    func `finds the older rows of a key that was widened, and of one that was narrowed`(
        source: DriftingSource
    ) async throws {
        let table = try TableDefinition.incremental()
        try await source.with(
            Self.columns, [Self.first, "INSERT INTO t VALUES (2, '2024-01-01 10:00:00', 20, 'b')"]
        ) {
            lake, alter in
            _ = try await lake.commit(table)
            try await alter(
                source.retype("id", to: "BIGINT"),
                "UPDATE t SET v = 11, at = '2024-01-02 10:00:00' WHERE id = 1")
            _ = try await lake.commit(table)
            #expect(try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == ["1|11", "2|20"])
            try await alter(
                source.retype("id", to: "SMALLINT"),
                "UPDATE t SET v = 21, at = '2024-01-03 10:00:00' WHERE id = 2")
            _ = try await lake.commit(table, acceptsSchemaChange: true)
            #expect(try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == ["1|11", "2|21"])
            try await expectDescribed(lake)
        }
    }

    @Test func `of snapshots that have no type in common is text in all of them together`() async throws {
        let lake = try LittleLake(
            sqlite: "CREATE TABLE t (id INT, d DATE); INSERT INTO t VALUES (1, '2024-01-02')")
        _ = try await lake.commit(.full())
        lake.passMidnight()
        try lake.execute(
            "DROP TABLE t; CREATE TABLE t (id INT, d INT, e INT); INSERT INTO t VALUES (2, 7, 8)")
        _ = try await lake.commit(.full(), acceptsSchemaChange: true)
        #expect(try await lake.query("SELECT id, d, e FROM bronze_s.t") == ["2|7|8"])
        #expect(
            try await lake.query("SELECT id, d, e, ingestion_date FROM bronze_s.t__all ORDER BY id")
                == ["1|2024-01-02|NULL|2024-10-04", "2|7|8|2024-10-05"])
    }

    @Test(arguments: DriftingSource.allCases)
    func `stops a frozen table at any change, all of which it names`(source: DriftingSource) async throws {
        let table = try TableDefinition.full().with(.freeze)
        try await source.with(Self.columns, [Self.first]) { lake, alter in
            _ = try await lake.commit(table)
            _ = try await lake.commit(table)
            try await alter("ALTER TABLE t ADD COLUMN w INT", source.retype("v", to: "BIGINT"))
            try await expectRefusal(
                "extraction.schema-frozen",
                says: [
                    "'w' is new (INTEGER)", "'v' was widened: INTEGER to BIGINT", "schema_change: evolve",
                ], lake,
                table)
            _ = try await lake.commit(table, acceptsSchemaChange: true)
            #expect(try await lake.commit(table).0.schema.contains { $0.name == "w" })
        }
    }

    @Test(arguments: DriftingSource.allCases)
    func `does not read new columns of a table that discards them`(source: DriftingSource) async throws {
        for table in [try TableDefinition.full().with(.discard), try .incremental().with(.discard)] {
            try await source.with(Self.columns, [Self.first]) { lake, alter in
                _ = try await lake.commit(table)
                try await alter(
                    "ALTER TABLE t ADD COLUMN w INT",
                    "INSERT INTO t (id, at, v, s, w) VALUES (2, '2024-01-02 10:00:00', 20, 'b', 5)")
                let manifest = try await lake.commit(table).0
                #expect(
                    manifest.schemaChanges == nil && manifest.schema.map(\.name) == ["id", "at", "v", "s"])
                #expect(
                    manifest.origin.remarks?.contains { $0.contains("Column 'w' (INTEGER) is new") } == true)
                #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["2"])
                try await alter("ALTER TABLE t DROP COLUMN s")
                try await expectRefusal("extraction.column-vanished", says: ["'s' is gone"], lake, table)
                try await alter("ALTER TABLE t ADD COLUMN s VARCHAR(20)", source.retype("v", to: "BIGINT"))
                try await expectRefusal(
                    "extraction.column-retyped", says: ["widened: INTEGER to BIGINT"], lake, table)
            }
        }
    }

    @Test func `says of a reading in pieces what the first piece found`() async throws {
        let table = try TableDefinition.incremental(chunk: .time(.seconds(86_400)))
        let lake = try LittleLake(sqlite: "CREATE TABLE t (\(Self.columns)); \(Self.first)")
        _ = try await lake.commit(table)
        try lake.execute(
            """
            ALTER TABLE t ADD COLUMN w INT;
            INSERT INTO t VALUES (2, '2024-01-02 10:00:00', 1, 'b', 1), (3, '2024-01-04 10:00:00', 1, 'c', 2)
            """)
        let manifest = try await lake.commit(table).0
        #expect(manifest.files.count == 3 && signs(manifest) == ["+ w INTEGER"])
    }

    @Test func `is forgotten by snapshots and remembered when the table is read from its cursor again`()
        async throws
    {
        let lake = try LittleLake(sqlite: "CREATE TABLE t (\(Self.columns)); \(Self.first)")
        _ = try await lake.commit(.incremental())
        lake.passMidnight()
        try lake.execute(
            "ALTER TABLE t DROP COLUMN s; INSERT INTO t VALUES (2, '2024-01-02 10:00:00', 20)")
        _ = try await lake.commit(.full(), acceptsSchemaChange: true)
        #expect(try await lake.query("FROM bronze_s.t ORDER BY id").count == 2)
        try await expectDescribed(lake)
        lake.passMidnight()
        _ = try await lake.commit(.incremental())
        #expect(try await lake.query("SELECT id, s FROM bronze_s.t ORDER BY id") == ["1|a", "2|NULL"])
        try await expectDescribed(lake)
    }
}
