import Foundation
import Glibc
import MySQL
import Testing

extension SystemTests {
    @Suite struct `Adding a source` {
        @Test func `of MariaDB writes a file that runs, and no secret`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, Self.shopTables)
                let before = try lake.text("lake.yaml")
                let added = try await lake.add(server)
                #expect(added.code == 0, "\(added.all)")
                let text = try lake.text("sources/found.yaml")
                #expect(
                    text.contains("  customer:\n    mode: incremental\n    key: [id]\n    cursor: changed\n"))
                #expect(text.contains("moved by the server at every update, indexed, NOT NULL"))
                #expect(text.contains("  country: {}\n"))
                #expect(text.contains("  log: {}\n"))
                #expect(text.contains("It has no primary key"))
                #expect(text.contains("- { kind: view, reason: "))
                // Nothing of lake.yaml is touched but for one line that is new.
                let (old, new) = (before.lines, try lake.text("lake.yaml").lines)
                #expect(new.filter { !old.contains($0) }.count == 1)
                #expect(new.filter { old.contains($0) } == old)
                #expect(
                    new.contains {
                        $0.hasPrefix("      localhost: { kind: mysql, ") || $0.contains("127_0_0_1")
                    })
                #expect(try lake.text("lake.yaml").contains(#"password: "${FOUND_PASSWORD}""#))
                for said in [
                    added, try await lake.succeeds("validate"), try await lake.succeeds("source", "test"),
                    try await lake.succeeds("run"), try await lake.succeeds("source", "list"),
                    try await lake.succeeds("source", "preview", "found.customer"),
                ] {
                    #expect(!said.all.contains(server.password))
                }
                try expectNoSecret(server.password, in: lake)
                #expect(try await lake.rows("SELECT count(*) FROM bronze_found.customer") == ["150000"])
                let again = try await lake.statesOfNewestRun()
                #expect(again["bronze_found.log"] == "succeeded")
            }
        }

        @Test func `is answered in JSON as the manual says`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, Self.shopTables)
                let answer = try await lake.add(server, ["--json", "--dry-run"]).json()
                #expect(try answer.text("source") == "found")
                #expect(try answer.get("connection").text("kind") == "mysql")
                #expect(try answer.get("connection").get("is_new").bool == true)
                let tables = try answer.list("tables")
                #expect(try tables.map { try $0.text("table") } == ["country", "customer", "log"])
                let candidates = try tables[1].list("cursor_candidates")
                #expect(try candidates.map { try $0.text("column") } == ["changed", "id", "made"])
                #expect(try tables[1].number("rows_estimate") > 50_000)
                #expect(try answer.list("left_out").map { try $0.text("table") } == ["people"])
            }
        }

        @Test func `only for show writes nothing`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, "CREATE TABLE t (id INT PRIMARY KEY)")
                let before = try lake.bytes(below: ".")
                let shown = try await lake.add(server, ["--dry-run"])
                #expect(shown.code == 0, "\(shown.all)")
                #expect(shown.output.contains("would write sources/found.yaml"))
                #expect(shown.output.contains("would add to lake.yaml"))
                #expect(try lake.bytes(below: ".") == before)
            }
        }

        @Test func `with a wrong password tells no secret and changes nothing`() async throws {
            try await Lake.withServer { lake, server in
                let before = try lake.bytes(below: ".")
                var wrong = lake
                wrong.environment["FOUND_PASSWORD"] = "open-sesame-4711"
                for more in [[], ["--json"]] {
                    let refused = try await wrong.add(server, more)
                    #expect(refused.code == 1)
                    #expect(refused.errors.contains("[source.access-denied]"), "\(refused.all)")
                    #expect(!refused.all.contains("open-sesame-4711"))
                }
                let url = "mysql://\(server.user):open-sesame-4711@127.0.0.1:\(server.port)/found"
                let seen = try await lake.tarn("source", "add", url)
                #expect(seen.code == 1)
                #expect(seen.errors.contains("warning: the password stands on the command line"))
                #expect(!seen.all.contains("open-sesame-4711"))
                #expect(try lake.bytes(below: ".") == before)
            }
        }

        @Test func `with the password in the address warns, and keeps it out of all files`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, "CREATE TABLE t (id INT PRIMARY KEY)")
                var bare = lake
                bare.environment["FOUND_PASSWORD"] = nil
                let url =
                    "mariadb://\(server.user):\(server.password)@127.0.0.1:\(server.port)/\(server.database ?? "")"
                let added = try await bare.tarn(
                    "source", "add", url, "--name", "found", "--connection", "my-shop")
                #expect(added.code == 0, "\(added.all)")
                #expect(added.errors.contains("shell's history"))
                #expect(added.output.contains("export MY_SHOP_PASSWORD="))
                try expectNoSecret(server.password, in: bare)
                // Without the variable the lake says which one is missing.
                let tested = try await bare.tarn("source", "test", "found")
                #expect(tested.code == 2)
                #expect(tested.errors.contains("MY_SHOP_PASSWORD is not set"))
                bare.environment["MY_SHOP_PASSWORD"] = server.password
                try await bare.succeeds("source", "test", "found")
            }
        }

        @Test func `asks for the password without showing it`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, "CREATE TABLE t (id INT PRIMARY KEY)")
                var bare = lake
                bare.environment["FOUND_PASSWORD"] = nil
                let terminal = try Terminal()
                let url = "mysql://\(server.user)@127.0.0.1:\(server.port)/\(server.database ?? "")"
                let adding = try bare.start(
                    ["source", "add", url, "--name", "found"], terminal: terminal.path)
                try terminal.expect("password of \(server.user) at 127.0.0.1: ")
                terminal.type(server.password + "x\u{7f}\r")
                try terminal.expect("wrote sources/found.yaml")
                #expect(try await adding.end().code == 0)
                #expect(!terminal.everything.contains(server.password))
                try expectNoSecret(server.password, in: bare)
                // Without a terminal nobody can be asked.
                let silent = try await bare.tarn("source", "add", url, "--name", "other", "--connection", "b")
                #expect(silent.code == 2)
                #expect(silent.errors.contains("--password-env"), "\(silent.all)")
            }
        }

        @Test func `that cannot be reached changes nothing`() async throws {
            try await Lake.withServer { lake, server in
                let before = try lake.bytes(below: ".")
                var nobody = server
                nobody.port = 7
                let ended = try await lake.add(nobody)
                #expect(ended.code == 1)
                #expect(ended.errors.contains("[source.unreachable]"), "\(ended.all)")
                #expect(ended.seconds < 30)
                #expect(try lake.bytes(below: ".") == before)
                var elsewhere = server
                elsewhere.database = "no_such_database"
                #expect(try await lake.add(elsewhere).errors.contains("[source.unknown-database]"))
                #expect(try await lake.tarn("source", "add", "sqlite:missing.db").code == 1)
                #expect(try lake.bytes(below: ".") == before)
            }
        }

        @Test(arguments: [
            "mysql://h/d", "mysql://u@h", "mysql://u@h/", "mysql:u@h/d", "oracle://u@h/d", "nonsense",
            "mysql://u@h:0/d", "mysql://u@h:port/d", "mysql://u:se%ZZcret@h/d", "sqlite:", "sqlite:{x}.db",
            "mysql://u@h/d?charset=latin1",
        ])
        func `refuses an address that it does not understand`(url: String) async throws {
            try await Lake.inEmptyFolder { lake in
                try await lake.succeeds("init", lake.folder)
                let ended = try await lake.tarn("source", "add", url)
                #expect(ended.code == 2, "\(ended.all)")
                #expect(ended.errors.contains("[usage.source-address]"), "\(ended.all)")
                #expect(!ended.all.contains("cret"))
            }
        }

        @Test func `of a database of views has nothing to write`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, "CREATE VIEW a AS SELECT 1 AS x; CREATE VIEW b AS SELECT 2 AS y")
                let before = try lake.bytes(below: ".")
                let ended = try await lake.add(server)
                #expect(ended.code == 1)
                #expect(ended.errors.contains("[source.nothing-to-extract]"), "\(ended.all)")
                #expect(ended.errors.contains("a (a view), b (a view)"))
                #expect(try lake.bytes(below: ".") == before)
            }
        }

        @Test func `takes the names of tables as they are`() async throws {
            try await Lake.withServer { lake, server in
                let names = [
                    "two words", "quo'ted", #"quo"ted"#, "Größe", "注文", "true", "1984", "- dash", "a: b",
                    "a/b",
                    "{brace}", "${HOME}", "#hash", "_hidden", "null", "Umbau", "a&b", "[x]", "!bang", "@at",
                    "it's, all",
                ]
                for name in names {
                    try await lake.ask(server, "CREATE TABLE `\(name)` (`id of \(name)` INT PRIMARY KEY)")
                }
                let added = try await lake.add(server)
                #expect(added.code == 0, "\(added.all)")
                let refused = [#"quo"ted"#, "a: b", "a/b", "#hash", "_hidden"]
                for name in refused {
                    #expect(added.output.contains("\(name)"), "\(added.output)")
                    #expect(try lake.text("sources/found.yaml").contains("#   \(name): its name cannot be"))
                }
                try await lake.succeeds("source", "test", "found")
                try await lake.succeeds("run")
                let states = try await lake.statesOfNewestRun()
                #expect(
                    Set(states.keys)
                        == Set(names.filter { !refused.contains($0) }.map { "bronze_found.\($0)" }))
                #expect(states.values.allSatisfy { $0 == "succeeded" })
                try await lake.succeeds("source", "preview", "found.two words")
            }
        }

        @Test func `leaves out names that SQL does not tell apart`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(
                    server, "CREATE TABLE Item (id INT PRIMARY KEY); CREATE TABLE item (id INT PRIMARY KEY)")
                let added = try await lake.add(server)
                #expect(added.output.contains("differs from 'Item' in capitals only"), "\(added.all)")
                try await lake.succeeds("validate")
            }
        }

        @Test func `with two hundred tables, some of which are left out`() async throws {
            try await Lake.withServer { lake, server in
                let statements = (1...200).map { number in
                    "CREATE TABLE \(number % 10 == 0 ? "tmp" : "t")_\(number) (id INT PRIMARY KEY, v INT)"
                }
                try await lake.ask(server, statements.joined(separator: ";"))
                let added = try await lake.add(server, ["--exclude", "tmp_*", "--tables", "t*"])
                #expect(added.code == 0, "\(added.all)")
                #expect(added.seconds < 20)
                let text = try lake.text("sources/found.yaml")
                #expect(text.lines.count { $0.hasSuffix(": {}") } == 180)
                #expect(text.contains("- { table: \"tmp_*\", reason: "))
                try await lake.succeeds("validate")
                // The exclusion holds for what comes later, too.
                try await lake.ask(server, "CREATE TABLE tmp_201 (id INT); CREATE TABLE t_201 (id INT)")
                let updated = try await lake.tarn("source", "add", "--update", "--name", "found", "--json")
                let answer = try updated.json()
                #expect(try answer.list("tables").map { try $0.text("table") } == ["t_201"])
            }
        }

        @Test func `keeps a file that is there, or appends what is new`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, Self.shopTables)
                #expect(try await lake.add(server).code == 0)
                let own = """
                    # My own remark.
                    connection: \(try await lake.connectionName())
                    database: \(server.database ?? "")
                    tables:
                        country:        # stays as it is
                            columns:
                                code: { description: "ISO" }   # and so does this
                    exclude: [{ kind: view, reason: "No." }, { table: log, reason: "Too much." }]

                    """
                try lake.write(own, to: "sources/found.yaml")
                let refused = try await lake.add(server)
                #expect(refused.code == 2)
                #expect(refused.errors.contains("[usage.source-exists]"))
                #expect(try lake.text("sources/found.yaml") == own)

                let shown = try await lake.tarn(
                    "source", "add", "--update", "--name", "found", "--dry-run", "--json")
                #expect(try shown.json().list("tables").map { try $0.text("table") } == ["customer"])
                #expect(try lake.text("sources/found.yaml") == own)

                try await lake.succeeds("source", "add", "--update", "--name", "found")
                let grown = try lake.text("sources/found.yaml")
                let added = grown.lines.filter { !own.lines.contains($0) }
                #expect(added.contains("    customer:"))
                #expect(grown.lines.filter { own.lines.contains($0) } == own.lines)
                try await lake.succeeds("validate")
                let nothing = try await lake.succeeds("source", "add", "--update", "--name", "found")
                #expect(nothing.output.contains("nothing new"))
                try await lake.ask(server, "DROP TABLE country")
                let gone = try await lake.succeeds("source", "add", "--update", "--name", "found")
                #expect(gone.output.contains("country is declared, but gone"))

                #expect(try await lake.add(server, ["--force"]).code == 0)
                #expect(try lake.text("sources/found.yaml").hasPrefix("# Made by tarn source add"))
            }
        }

        @Test func `to a lake.yaml that cannot grow says what to write there`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, "CREATE TABLE t (id INT PRIMARY KEY)")
                let flow = """
                    name: flow
                    store: ./lake
                    environments: { local: { connections: { files: { kind: sqlite, path: "x/{database}.db" } } } }

                    """
                try lake.write(flow, to: "lake.yaml")
                let ended = try await lake.add(server)
                #expect(ended.code == 2)
                #expect(ended.errors.contains("[usage.uneditable-file]"), "\(ended.all)")
                #expect(ended.errors.contains("{ kind: mysql, host: 127.0.0.1"))
                #expect(ended.errors.contains(#"password: "${FOUND_PASSWORD}""#))
                #expect(try lake.text("lake.yaml") == flow)
                #expect(try lake.files(below: "sources") == ["README.md"])
            }
        }

        @Test(.enabled(if: SmallDisk.canMount, "mounting a tmpfs needs root"))
        func `in a folder that may not be written fails whole`() async throws {
            try await Lake.inEmptyFolder { parent in
                let lake = Lake(folder: parent.path("small"))
                for folder in [lake.folder, parent.path("elsewhere")] {
                    try FileManager.default.createDirectory(
                        atPath: folder, withIntermediateDirectories: true)
                }
                _ = try await SourceDatabases.sqlite(folder: parent.path("elsewhere")).rows(
                    "CREATE TABLE t (id INTEGER PRIMARY KEY)", in: "shop")
                try await SmallDisk.with(at: lake.folder) { disk in
                    try await lake.succeeds("init", lake.folder)
                    // The sources can be written, lake.yaml cannot: neither is.
                    try await SmallDisk.with(at: lake.path("sources")) { _ in
                        try await disk.forbidWriting()
                        let before = try lake.bytes(below: ".")
                        let command = ["source", "add", "sqlite:../elsewhere/shop.db"]
                        let ended = try await lake.tarn(command)
                        #expect(ended.code == 1, "\(ended.all)")
                        #expect(ended.errors.contains("[lake.unwritable-file]"), "\(ended.all)")
                        #expect(ended.errors.contains("lake.yaml cannot be written: Read-only file system"))
                        #expect(try lake.bytes(below: ".") == before)
                        let shown = try await lake.tarn(command + ["--dry-run"])
                        #expect(shown.code == 0, "\(shown.all)")
                    }
                }
            }
        }

        static let shopTables = """
            CREATE TABLE customer (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), born DATE,
                made DATETIME NOT NULL DEFAULT NOW(),
                changed TIMESTAMP NOT NULL DEFAULT NOW() ON UPDATE NOW(), KEY (changed));
            INSERT INTO customer (name, made, changed) SELECT CONCAT('c', seq), NOW(), NOW() - INTERVAL 1 HOUR
                FROM seq_1_to_150000;
            CREATE TABLE country (code CHAR(2) PRIMARY KEY, name VARCHAR(40));
            INSERT INTO country VALUES ('GB', 'Britain'), ('IE', 'Ireland');
            CREATE TABLE log (line TEXT);
            CREATE VIEW people AS SELECT name FROM customer;
            ANALYZE TABLE customer, country, log;
            """
    }
}

extension String {
    var lines: [String] { components(separatedBy: "\n") }
}

extension Lake {
    /// Lends an empty lake and a new database of the server, whose password is in FOUND_PASSWORD.
    static func withServer<T>(_ body: (Lake, MySQLSettings) async throws -> T) async throws -> T {
        try await inEmptyFolder { lake in
            var lake = lake
            try await lake.succeeds("init", lake.folder)
            var server = try await SystemTestServer.settings()
            server.database = "found_\(UInt32.random(in: 0...UInt32.max))"
            lake.environment["FOUND_PASSWORD"] = server.password
            let databases = SourceDatabases.mariaDB(server)
            _ = try await databases.rows(
                "CREATE DATABASE \(server.database ?? "") CHARACTER SET utf8mb4", in: "information_schema")
            let result = try await body(lake, server)
            _ = try await databases.rows("DROP DATABASE \(server.database ?? "")", in: "information_schema")
            return result
        }
    }

    /// Runs statements in the server's database.
    func ask(_ server: MySQLSettings, _ sql: String) async throws {
        _ = try await SourceDatabases.mariaDB(server).rows(sql, in: server.database ?? "")
    }

    /// `tarn source add` of the server's database as the source `found`.
    func add(_ server: MySQLSettings, _ more: [String] = []) async throws -> Ended {
        let url = "mysql://\(server.user)@127.0.0.1:\(server.port)/\(server.database ?? "")"
        return try await tarn(
            ["source", "add", url, "--name", "found", "--password-env", "FOUND_PASSWORD"] + more)
    }

    /// The connection that the source `found` was given.
    func connectionName() async throws -> String {
        let sources = try await succeeds("source", "list", "--json").json().list()
        return try #require(sources.first).text("connection")
    }
}
