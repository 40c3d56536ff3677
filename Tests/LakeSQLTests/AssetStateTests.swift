import LakeModel
import LakeSQL
import LakeStore
import Testing

@Suite struct `The current rows of a bronze table` {
    @Test func `are those of the newest snapshot, without the folder's date`() async throws {
        let lake = try LittleLake()
        try await lake.commit("SELECT 1 AS id", run: "r1", mode: .full)
        lake.passMidnight()
        let state = try await lake.commit("SELECT 2 AS id UNION ALL SELECT 3", run: "r2", mode: .full)
        #expect(try await lake.query("FROM bronze_s.t ORDER BY id", defining: [state]) == ["2", "3"])
        #expect(state.files == 1 && state.storedRows == 2 && state.run.text == "r2")
        #expect(state.schema == [ColumnSchema(name: "id", type: "INTEGER")])
    }

    @Test func `of one incremental file with a unique key are all of its rows`() async throws {
        let lake = try LittleLake()
        let state = try await lake.commit("SELECT i AS id, i AS ts FROM range(3) r(i)", run: "r1")
        #expect(state.select.hasPrefix("SELECT * FROM read_parquet("))
        #expect(
            try await lake.query("SELECT id FROM bronze_s.t ORDER BY id", defining: [state]) == [
                "0", "1", "2",
            ])
    }

    @Test func `of several files are the newest file's row of each key, whatever the cursor says`()
        async throws
    {
        let lake = try LittleLake()
        try await lake.commit(
            "FROM (VALUES (1, 10, 'a'), (2, 10, 'b'), (3, 10, 'c')) v(id, ts, x)", run: "r1")
        try await lake.commit("FROM (VALUES (2, 20, 'B'), (4, 20, 'd')) v(id, ts, x)", run: "r2")
        lake.passMidnight()
        let state = try await lake.commit(
            "FROM (VALUES (2, 5, NULL), (5, 30, 'e'), (1, 30, 'A')) v(id, ts, x)", run: "r3")
        #expect(
            try await lake.query("FROM bronze_s.t ORDER BY id", defining: [state])
                == ["1 30 A", "2 5 NULL", "3 10 c", "4 20 d", "5 30 e"])
        #expect(state.storedRows == 8 && state.files == 3)
    }

    @Test func `of several files have the columns of all of them`() async throws {
        let lake = try LittleLake()
        try await lake.commit("FROM (VALUES (1, 10), (2, 10)) v(id, ts)", run: "r1")
        try await lake.commit("FROM (VALUES (2, 20, 'new')) v(id, ts, extra)", run: "r2")
        let state = try await lake.commit("FROM (VALUES (3, 30::BIGINT, 'x')) v(id, ts, extra)", run: "r3")
        #expect(
            try await lake.query("SELECT id, ts, extra FROM bronze_s.t ORDER BY id", defining: [state])
                == ["1 10 NULL", "2 20 new", "3 30 x"])
    }

    @Test func `are told apart by all columns of a composite key`() async throws {
        let lake = try LittleLake()
        let key = ["a", "b c"]
        try await lake.commit(
            "FROM (VALUES (1, 'x', 10), (1, 'y', 10)) v(a, \"b c\", ts)", run: "r1", key: key)
        let state = try await lake.commit(
            "FROM (VALUES (1, 'y', 20), (2, 'x', 20)) v(a, \"b c\", ts)", run: "r2", key: key)
        #expect(
            try await lake.query("FROM bronze_s.t ORDER BY ALL", defining: [state]) == [
                "1 x 10", "1 y 20", "2 x 20",
            ])
    }

    @Test func `of a key that the source does not keep unique are the newest by file, cursor and row`()
        async throws
    {
        let lake = try LittleLake()
        let first = try await lake.commit(
            "FROM (VALUES (1, 10, 'old'), (1, 30, 'newest'), (1, 20, 'mid'), (2, NULL, 'null'), (2, 5, 'five'), (3, 7, 'p'), (3, 7, 'q')) v(id, ts, x)",
            run: "r1", isKeyUnique: false)
        #expect(
            try await lake.query("SELECT id, x FROM bronze_s.t ORDER BY id", defining: [first]) == [
                "1 newest", "2 five", "3 q",
            ])
        let second = try await lake.commit(
            "FROM (VALUES (1, 1, 'later file'), (4, 1, 'z')) v(id, ts, x)", run: "r2", isKeyUnique: false)
        #expect(
            try await lake.query("SELECT id, x FROM bronze_s.t ORDER BY id", defining: [second])
                == ["1 later file", "2 five", "3 q", "4 z"])
    }

    @Test func `stay whole on many rows and many files`() async throws {
        let lake = try LittleLake()
        var state: AssetState?
        for file in 0..<5 {
            state = try await lake.commit(
                "SELECT i AS id, \(file) AS ts, i * \(file) AS x FROM range(\(file * 1_000), 20000) r(i)",
                run: "r\(file)")
        }
        let rows = try await lake.query(
            "SELECT count(*), count(DISTINCT id), sum(ts) FROM bronze_s.t", defining: [try #require(state)])
        // Rows below 4000 stop at the file number of their thousand; the rest is of file 4.
        #expect(rows == ["20000 20000 70000"])
    }

    @Test func `have beside them every row of every partition with its date`() async throws {
        let lake = try LittleLake()
        try await lake.commit("SELECT 1 AS id, 10 AS ts", run: "r1")
        lake.passMidnight()
        let state = try await lake.commit("SELECT 1 AS id, 20 AS ts", run: "r2")
        #expect(
            try await lake.query(
                "SELECT id, ts, ingestion_date FROM bronze_s.t__all ORDER BY ts", defining: [state])
                == ["1 10 2024-10-04", "1 20 2024-10-05"])
        #expect(try await lake.query("FROM bronze_s.t") == ["1 20"])
        let dates = "SELECT min(ingestion_date), max(ingestion_date) FROM bronze_s.t__all"
        #expect(try await lake.query(dates) == ["2024-10-04 2024-10-05"])
    }

    @Test func `do not change while a reader has the name, only when it is defined again`() async throws {
        let lake = try LittleLake()
        let first = try await lake.commit("SELECT 1 AS id, 10 AS ts", run: "r1")
        #expect(try await lake.query("SELECT ts FROM bronze_s.t", defining: [first]) == ["10"])
        let second = try await lake.commit("SELECT 1 AS id, 20 AS ts", run: "r2")
        #expect(second.version != first.version)
        #expect(try await lake.query("SELECT ts FROM bronze_s.t") == ["10"])
        #expect(try await lake.query("SELECT ts FROM bronze_s.t", defining: [second]) == ["20"])
    }
}

@Suite struct `A session` {
    @Test func `knows nothing of what was never published`() async throws {
        let lake = try LittleLake()
        for name in ["silver.t", "bronze_s.t"] {
            let asset = try #require(AssetKey(name))
            #expect(try await lake.session.state(of: asset) == nil)
        }
    }

    @Test func `gives a silver table its newest version`() async throws {
        let lake = try LittleLake()
        let first = try await lake.publish("SELECT 1 AS x", run: "r1")
        #expect(try await lake.query("FROM silver.t", defining: [first]) == ["1"])
        let second = try await lake.publish("SELECT 'text' AS x, 2 AS y", run: "r2")
        #expect(try await lake.query("FROM silver.t", defining: [second]) == ["text 2"])
        // The file of the version before is kept for readers in flight.
        #expect(try await lake.query("FROM silver.t", defining: [first]) == ["1"])
        #expect(second.selectAll == nil && second.version == "r2")
    }

    @Test func `defines from many connections at once without conflicts`() async throws {
        let lake = try LittleLake()
        let states = [
            try await lake.publish("SELECT 1 AS x", run: "r1"),
            try await lake.publish("SELECT 2 AS x", run: "r2"),
        ]
        let bronze = try await lake.commit("SELECT 1 AS id, 10 AS ts", run: "r3")
        try await withThrowingTaskGroup(of: [String].self) { group in
            for index in 0..<40 {
                group.addTask {
                    try await lake.query(
                        "SELECT count(*) FROM silver.t, bronze_s.t", defining: [states[index % 2], bronze])
                }
            }
            for try await rows in group { #expect(rows == ["1"]) }
        }
    }
}
