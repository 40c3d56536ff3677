import MySQL
import Testing

@Suite struct `Candidates for a cursor` {
    private func candidates(_ columns: String) async throws -> [CursorCandidate] {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (\(columns))")
            let database = connection.settings.database ?? ""
            return CursorCandidate.rank(
                try connection.columns(of: "t", in: database),
                indexes: try connection.indexes(of: "t", in: database))
        }
    }

    @Test func `begin with what every update moves`() async throws {
        let found = try await candidates(
            """
            id INT AUTO_INCREMENT PRIMARY KEY, created_at DATETIME NOT NULL, lastModified DATETIME, \
            changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, \
            birthday DATE, expires_at DATETIME, price DECIMAL(9,2), name VARCHAR(9), INDEX (lastModified)
            """)
        #expect(found.map(\.column) == ["changed", "lastModified", "id", "created_at"])
        #expect(found.map(\.kind) == [.updated, .updated, .counter, .created])
        #expect(found[0].isTouchedByUpdates && !found[0].isIndexed && !found[0].isNullable)
        #expect(found[1].isIndexed && found[1].isNullable && !found[1].isTouchedByUpdates)
    }

    @Test(arguments: ["updated_at", "UpdatedOn", "last_update", "dtModified", "row_changed", "mtime"])
    func `know the names of changes`(name: String) async throws {
        let found = try await candidates("id INT PRIMARY KEY, \(name) DATETIME NOT NULL")
        #expect(found.map(\.column) == [name] && found[0].kind == .updated)
    }

    @Test func `are none where nothing grows`() async throws {
        let found = try await candidates(
            "id CHAR(36) PRIMARY KEY, n INT, valid_until DATE, deletedAt DATETIME")
        #expect(found.isEmpty)
    }

    @Test func `come with the sizes of the tables`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (id INT PRIMARY KEY, v CHAR(100), INDEX (v))")
            try connection.execute("INSERT INTO t SELECT seq, seq FROM seq_1_to_5000")
            try connection.execute("ANALYZE TABLE t")
            let sizes = try connection.statistics(in: connection.settings.database ?? "")
            let size = try #require(sizes.first)
            #expect(sizes.count == 1 && size.name == "t" && size.rows > 4_000 && size.rows < 6_000)
            #expect(size.dataBytes > 100_000 && size.indexBytes > 0)
        }
    }
}
