import Glibc
import SQLite
import Testing

@Suite struct `A SQLite fingerprint` {
    /// Opens, runs, closes: as an application that uses the file now and then.
    private func run(_ sql: String, _ path: String) throws {
        try SQLiteConnection(path: path, access: .create).execute(sql)
    }

    private func fingerprint(_ path: String) throws -> SQLiteFingerprint {
        try SQLiteConnection(path: path, access: .readOnly).fingerprint()
    }

    @Test(arguments: ["delete", "truncate", "persist", "wal"])
    func `differs after every commit of a connection that stays open`(mode: String) throws {
        try withDatabasePath { path in
            let writer = try SQLiteConnection(path: path, access: .create)
            try writer.execute(
                """
                PRAGMA journal_mode = \(mode); PRAGMA synchronous = off;
                CREATE TABLE t (id INTEGER PRIMARY KEY, v)
                """
            )
            try writer.execute("INSERT INTO t VALUES (1, 0)")
            var seen: Set = [try fingerprint(path)]
            for round in 1...60 {
                // The same page and the same size every time; the WAL starts over now and then.
                try writer.execute("UPDATE t SET v = \(round % 2)")
                if mode == "wal", round % 7 == 0 { try writer.execute("PRAGMA wal_checkpoint(RESTART)") }
                if mode == "wal", round % 20 == 0 { try writer.execute("PRAGMA wal_checkpoint(TRUNCATE)") }
                #expect(seen.insert(try fingerprint(path)).inserted, "after commit \(round)")
            }
        }
    }

    @Test(arguments: ["delete", "wal"])
    func `differs after every commit of a connection that comes and goes`(mode: String) throws {
        try withDatabasePath { path in
            try run("PRAGMA journal_mode = \(mode); CREATE TABLE t (id INTEGER PRIMARY KEY, v)", path)
            try run("INSERT INTO t VALUES (1, 0)", path)
            var seen: Set = [try fingerprint(path)]
            for round in 1...30 {
                // Closing checkpoints and removes the WAL: neither its salts nor the header's counter tell.
                try run("PRAGMA synchronous = off; UPDATE t SET v = \(round % 2)", path)
                #expect(seen.insert(try fingerprint(path)).inserted, "after commit \(round)")
            }
        }
    }

    @Test func `of a checkpointed WAL database is older than a tick of the file system's clock`() throws {
        try withDatabasePath { path in
            try run("PRAGMA journal_mode = wal; CREATE TABLE t (v)", path)
            for round in 1...5 {
                try run("PRAGMA synchronous = off; INSERT INTO t VALUES (\(round))", path)
                _ = try fingerprint(path)
                var (now, status) = (timespec(), stat())
                #expect(stat(path, &status) == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0)
                let nanoseconds = now.tv_nsec - status.st_ctim.tv_nsec
                // Younger, the next commit could leave the same time of change, which is all that tells it.
                #expect((now.tv_sec - status.st_ctim.tv_sec) * 1_000_000_000 + nanoseconds >= 15_000_000)
            }
        }
    }

    @Test(arguments: ["delete", "wal"])
    func `is not changed by reading, nor by a transaction that is rolled back`(mode: String) throws {
        try withDatabasePath { path in
            let writer = try SQLiteConnection(path: path, access: .create)
            try writer.execute("PRAGMA journal_mode = \(mode); PRAGMA cache_size = 2; CREATE TABLE t (v)")
            try writer.execute("INSERT INTO t VALUES (1)")
            let before = try fingerprint(path)
            for _ in 0..<5 {
                let reader = try SQLiteConnection(path: path, access: .readOnly)
                try reader.withSnapshot { reader in
                    let (values, during) = (try rows("SELECT v FROM t", reader), try reader.fingerprint())
                    #expect(values == [[.integer(1)]] && during == before)
                }
            }
            if mode == "wal" {
                // With a cache of two pages this spills uncommitted frames into the log.
                try writer.execute(
                    """
                    BEGIN; WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 500)
                    INSERT INTO t SELECT randomblob(500) FROM c; ROLLBACK
                    """)
            } else {
                try writer.execute("BEGIN; INSERT INTO t VALUES (2); ROLLBACK")
            }
            #expect(try fingerprint(path) == before)
        }
    }

    @Test func `of a closed WAL database is not changed by a read-only connection`() throws {
        try withDatabasePath { path in
            try run("PRAGMA journal_mode = wal; CREATE TABLE t AS SELECT 1 AS v", path)
            let before = try fingerprint(path)
            for _ in 0..<3 {
                let reader = try SQLiteConnection(path: path, access: .readOnly)
                #expect(try rows("SELECT v FROM t", reader) == [[.integer(1)]])
            }
            #expect(try fingerprint(path) == before)
        }
    }

    @Test func `of a log whose last commit was torn by a crash still tells the next commit`() throws {
        try withDatabasePath { path in
            let writer = try SQLiteConnection(path: path, access: .create)
            try writer.execute("PRAGMA journal_mode = wal; CREATE TABLE t (v); INSERT INTO t VALUES (1)")
            let before = try fingerprint(path)
            try writer.execute("INSERT INTO t VALUES (2)")
            // What a crash between the frame's header and its page leaves: the header says commit, the page
            // is old.
            let log = open(path + "-wal", O_RDWR)
            defer { close(log) }
            let end = lseek(log, 0, SEEK_END)
            var last = [UInt8](repeating: 0, count: 4096)
            #expect(pread(log, &last, 4096, end - 4096) == 4096)
            let zeros = [UInt8](repeating: 0, count: 4096)
            #expect(pwrite(log, zeros, 4096, end - 4096) == 4096)
            #expect(try fingerprint(path) == before)
            #expect(pwrite(log, last, 4096, end - 4096) == 4096)
            #expect(try fingerprint(path) != before)
        }
    }

    @Test func `leaves the locks of this process alone`() throws {
        try withDatabasePath { path in
            let writer = try SQLiteConnection(path: path, access: .create)
            try writer.execute("CREATE TABLE t (v); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
            _ = try writer.fingerprint()
            // The lock table of another process: had the fingerprint opened the file by itself, it would be
            // empty.
            #expect(hasForeignLock(path))
            try writer.execute("COMMIT")
            #expect(!hasForeignLock(path))
        }
    }

    /// Whether a child process finds the file locked by somebody else.
    private func hasForeignLock(_ path: String) -> Bool {
        let script = "sqlite3 -cmd '.timeout 0' \"$1\" 'BEGIN IMMEDIATE; ROLLBACK' >/dev/null 2>&1"
        let words = ["/bin/sh", "-c", script, "sh", path]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var id = pid_t()
        guard posix_spawn(&id, "/bin/sh", nil, nil, &arguments, environ) == 0 else { return false }
        var status: Int32 = 0
        waitpid(id, &status, 0)
        return status != 0
    }
}
