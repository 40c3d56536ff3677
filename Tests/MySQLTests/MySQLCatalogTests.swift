import MySQL
import Testing

@Suite struct `The catalog of a MySQL database` {
    @Test func `names tables and views`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE b (id INT) COMMENT 'it''s b'")
            try connection.execute("CREATE VIEW a AS SELECT * FROM b")
            let tables = try connection.tables(in: connection.settings.database ?? "")
            #expect(tables.map(\.name) == ["a", "b"])
            #expect(tables.map(\.kind) == [.view, .table])
            #expect(tables.map(\.engine) == [nil, "InnoDB"])
            #expect(tables[1].comment == "it's b")
            #expect(try connection.tables(in: "missing").isEmpty)
        }
    }

    @Test func `describes columns as they were declared`() async throws {
        try await onDatabase { connection in
            try connection.execute(
                """
                CREATE TABLE t (id INT UNSIGNED NOT NULL AUTO_INCREMENT, price DECIMAL(18,4) NULL DEFAULT 1.5,
                kind ENUM('a','b') CHARACTER SET latin1 NOT NULL, at DATETIME(3) COMMENT 'when',
                hidden INT INVISIBLE DEFAULT 0, twice INT AS (price * 2) VIRTUAL,
                thrice INT AS (price * 3) STORED,
                flag TINYINT(1), f FLOAT, PRIMARY KEY (id))
                """)
            let database = connection.settings.database ?? ""
            let columns = try connection.columns(of: "t", in: database)
            #expect(columns.map(\.position) == Array(1...9))
            let (id, price, kind, at) = (columns[0], columns[1], columns[2], columns[3])
            #expect(id.isUnsigned && id.isAutoIncrement && !id.isNullable && id.dataType == "int")
            #expect(price.numericPrecision == 18 && price.numericScale == 4 && price.isNullable)
            #expect(price.defaultText == "1.5000" || price.defaultText == "1.5")
            #expect(
                kind.columnType == "enum('a','b')" && kind.characterSet == "latin1" && kind.collation != nil)
            #expect(at.dateTimePrecision == 3 && at.comment == "when" && at.characterSet == nil)
            #expect(columns[4].isInvisible && !columns[3].isInvisible)
            #expect(columns[5].generation == .virtual && columns[6].generation == .stored)
            #expect(columns[7].columnType == "tinyint(1)")
            #expect(columns[8].exactSelection == "(`f` + 0E0) AS `f`" && id.exactSelection == "`id`")
            #expect(try connection.columns(of: "missing", in: database).isEmpty)
        }
    }

    @Test func `knows keys and indexes in their order`() async throws {
        try await onDatabase { connection in
            try connection.execute(
                "CREATE TABLE t (a INT, b INT, c INT, PRIMARY KEY (b, a), UNIQUE one (c), INDEX two (c, a))")
            try connection.execute("CREATE TABLE bare (a INT)")
            let database = connection.settings.database ?? ""
            #expect(try connection.primaryKey(of: "t", in: database) == ["b", "a"])
            #expect(try connection.primaryKey(of: "bare", in: database) == [])
            let indexes = try connection.indexes(of: "t", in: database)
            #expect(indexes.map(\.name) == ["PRIMARY", "one", "two"])
            #expect(indexes.map(\.isUnique) == [true, true, false])
            #expect(indexes.map(\.columns) == [["b", "a"], ["c"], ["c", "a"]])
        }
    }
}
