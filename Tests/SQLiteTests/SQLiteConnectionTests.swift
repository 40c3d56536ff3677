import Dispatch
import Glibc
import SQLite
import Testing

@Suite struct `A SQLite connection` {
    @Test func `gives back every value as it was bound`() throws {
        try withDatabasePath { path in
            let connection = try SQLiteConnection(path: path, access: .create)
            try connection.execute("CREATE TABLE t (v)")
            let insert = try connection.prepare("INSERT INTO t VALUES (?1)")
            func store(_ bind: (SQLiteStatement) throws -> Void) throws {
                try bind(insert)
                #expect(try !insert.step())
            }
            for value in [Int64.min, 0, .max] { try store { try $0.bind(value, at: 1) } }
            for value in [-0.0, 2.5e-308, .infinity, 0.1] { try store { try $0.bind(value, at: 1) } }
            for value in ["", "日本 👍", "a\0b"] { try store { try $0.bind(value, at: 1) } }
            for value: [UInt8] in [[], [0, 255]] {
                try store { statement in try value.withUnsafeBytes { try statement.bind($0, at: 1) } }
            }
            try store { try $0.bindNull(at: 1) }
            #expect(
                try rows("SELECT v FROM t ORDER BY rowid", connection).map { $0[0] } == [
                    .integer(.min), .integer(0), .integer(.max), .real(-0.0), .real(2.5e-308),
                    .real(.infinity),
                    .real(0.1), .text(""), .text("日本 👍"), .text("a\0b"), .blob([]), .blob([0, 255]), .null,
                ])
            #expect(connection.changedRows == 1)
        }
    }

    @Test func `tells the type of a value, whatever its column declares`() throws {
        try withDatabasePath { path in
            let connection = try SQLiteConnection(path: path, access: .create)
            try connection.execute("CREATE TABLE t (n INTEGER, s TEXT, r REAL, b BLOB, d DATE)")
            try connection.execute(
                "INSERT INTO t VALUES ('12', 12, 12, '12', '2024-01-01'), ('x', x'41', 'y', 1, 1.0)")
            #expect(
                try rows("SELECT * FROM t", connection) == [
                    [.integer(12), .text("12"), .real(12), .text("12"), .text("2024-01-01")],
                    [.text("x"), .blob([0x41]), .text("y"), .integer(1), .integer(1)],
                ])
            let statement = try connection.prepare("SELECT n, d, n + 1 FROM t")
            #expect(statement.declaredTypes == ["INTEGER", "DATE", nil])
            #expect(statement.columnNames == ["n", "d", "n + 1"])
        }
    }

    @Test func `reads text of a UTF-16 database as UTF-8, and bytes that are no text as they are`() throws {
        try withDatabasePath { path in
            let connection = try SQLiteConnection(path: path, access: .create)
            try connection.execute("PRAGMA encoding = 'UTF-16le'")
            try connection.execute("CREATE TABLE t AS SELECT '日本 👍' AS v")
            #expect(try rows("SELECT v FROM t", connection) == [[.text("日本 👍")]])
        }
        try withDatabasePath { path in
            let connection = try SQLiteConnection(path: path, access: .create)
            let statement = try connection.prepare("SELECT CAST(x'ff41' AS TEXT)")
            #expect(try statement.step())
            #expect([UInt8](statement.bytes(0)) == [0xFF, 0x41])
            #expect(statement.text(0) == "\u{FFFD}A")
        }
    }

    @Test func `that is read-only or query-only writes nothing`() throws {
        try withDatabasePath { path in
            try SQLiteConnection(path: path, access: .create).execute("CREATE TABLE t (v)")
            for connection in [
                try SQLiteConnection(path: path, access: .readOnly),
                try SQLiteConnection(path: path, access: .readWrite, isQueryOnly: true),
            ] {
                let error = #expect(throws: SQLiteError.self) {
                    try connection.execute("INSERT INTO t VALUES (1)")
                }
                #expect(error?.kind == .readOnly && error?.isTransient == false)
            }
        }
    }

    @Test func `that waits too long for a lock throws busy`() throws {
        try withDatabasePath { path in
            let writer = try SQLiteConnection(path: path, access: .create)
            try writer.execute("CREATE TABLE t (v); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
            let other = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .milliseconds(10))
            let error = #expect(throws: SQLiteError.self) { try other.execute("INSERT INTO t VALUES (2)") }
            #expect(error?.kind == .busy && error?.isTransient == true)
            #expect(error?.sql == "INSERT INTO t VALUES (2)")
            try writer.execute("COMMIT")
            try other.execute("INSERT INTO t VALUES (2)")
        }
    }

    @Test func `is interrupted from another thread in the middle of a statement`() throws {
        try withDatabasePath { path in
            let connection = try SQLiteConnection(path: path, access: .create)
            let statement = try connection.prepare(
                "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c WHERE n < 3")
            #expect(try statement.step())
            let interrupter = connection.interrupter
            let started = DispatchSemaphore(value: 0)
            let stopped = DispatchSemaphore(value: 0)
            DispatchQueue.global().async {
                started.wait()
                interrupter.interrupt()
                stopped.signal()
            }
            started.signal()
            // After the second row it would search for ever.
            let error = #expect(throws: SQLiteError.self) { while try statement.step() {} }
            #expect(error?.kind == .interrupted)
            stopped.wait()
            #expect(try rows("SELECT 1", connection) == [[.integer(1)]])
        }
    }

    @Test func `that is gone is not interrupted`() throws {
        try withDatabasePath { path in
            let interrupter = try SQLiteConnection(path: path, access: .create).interrupter
            interrupter.interrupt()
        }
    }

    @Test func `lives as long as its statements`() throws {
        try withDatabasePath { path in
            let statement = try SQLiteConnection(path: path, access: .create).prepare("SELECT 1")
            #expect(try rows(statement) == [[.integer(1)]])
            #expect(try rows(statement) == [[.integer(1)]])
        }
    }

    @Test(arguments: ["delete", "wal"])
    func `sees one state in a snapshot`(mode: String) throws {
        try withDatabasePath { path in
            let writer = try SQLiteConnection(path: path, access: .create, busyTimeout: .milliseconds(1))
            try writer.execute("PRAGMA journal_mode = \(mode); CREATE TABLE t (v)")
            let reader = try SQLiteConnection(path: path, access: .readOnly)
            try reader.withSnapshot { reader in
                if mode == "wal" {
                    try writer.execute("INSERT INTO t VALUES (1)")
                } else {
                    #expect(throws: SQLiteError.self) { try writer.execute("INSERT INTO t VALUES (1)") }
                }
                #expect(try rows("SELECT count(*) FROM t", reader) == [[.integer(0)]])
            }
            struct Failed: Error {}
            #expect(throws: Failed.self) { try reader.withSnapshot { _ in throw Failed() } }
            try writer.execute("INSERT INTO t VALUES (1)")
            #expect(try rows("SELECT count(*) FROM t", reader) == [[.integer(mode == "wal" ? 2 : 1)]])
        }
    }

    @Test func `refuses what is no database, no file, or not one statement`() throws {
        try withDatabasePath { path in
            let missing = #expect(throws: SQLiteError.self) {
                try SQLiteConnection(path: path, access: .readWrite)
            }
            #expect(missing?.kind == .cannotOpen)
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            let text = String(repeating: "this is no database. ", count: 100)
            #expect(write(file, text, text.utf8.count) == text.utf8.count)
            close(file)
            let other = #expect(throws: SQLiteError.self) {
                try SQLiteConnection(path: path, access: .readOnly)
            }
            #expect(other?.kind == .notADatabase)
            unlink(path)
            let connection = try SQLiteConnection(path: path, access: .create)
            #expect(throws: SQLiteError.self) { try connection.prepare("SELECT 1; SELECT 2") }
            #expect(throws: SQLiteError.self) { try connection.prepare(" ") }
            _ = try connection.prepare("SELECT 1 ; \n")
            let syntax = #expect(throws: SQLiteError.self) { try connection.prepare("SELEC 1") }
            #expect(syntax?.code == 1 && syntax?.sql == "SELEC 1")
        }
    }

    @Test func `describes tables, views and columns`() throws {
        try withDatabasePath { path in
            let connection = try SQLiteConnection(path: path, access: .create)
            try connection.execute(
                """
                CREATE TABLE t (a INTEGER NOT NULL, [b "c"] varchar(10) DEFAULT 'x', d,
                    v INT AS (a * 2) VIRTUAL, s INT AS (a * 3) STORED, PRIMARY KEY (d, a)) WITHOUT ROWID;
                CREATE VIEW w AS SELECT a FROM t;
                CREATE TABLE "sqliteX" (id INTEGER PRIMARY KEY AUTOINCREMENT);
                """)
            #expect(try connection.tables().map(\.name) == ["sqliteX", "t", "w"])
            #expect(try connection.tables().map(\.kind) == [.table, .table, .view])
            let columns = try connection.columns(of: "t")
            #expect(columns.map(\.name) == ["a", "b \"c\"", "d", "v", "s"])
            #expect(columns.map(\.declaredType) == ["INTEGER", "varchar(10)", "", "INT", "INT"])
            #expect(columns.map(\.isNotNull) == [true, false, true, false, false])
            #expect(columns.map(\.primaryKeyPosition) == [2, nil, 1, nil, nil])
            #expect(
                columns.map(\.visibility) == [.normal, .normal, .normal, .generatedVirtual, .generatedStored])
            #expect(columns[1].defaultText == "'x'")
            #expect(try connection.primaryKey(of: "t") == ["d", "a"])
            #expect(try connection.columns(of: "missing").isEmpty)
            let name = SQLiteConnection.quoteIdentifier("b \"c\"")
            #expect(try rows("SELECT \(name) FROM t", connection).isEmpty)
        }
    }
}
