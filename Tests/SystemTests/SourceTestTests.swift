import Foundation
import MySQL
import Testing

extension SystemTests {
    @Suite struct `Looking into a source` {
        private func findings(_ ended: Ended, of source: Int = 0) throws -> [String: JSON] {
            let found = try ended.json().list("sources")[source].list("findings")
            return Dictionary(try found.map { (try $0.text("subject"), $0) }, uniquingKeysWith: { $1 })
        }

        @Test func `that is well says so, and what would be better`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(
                    server,
                    """
                    CREATE TABLE good (id INT PRIMARY KEY, at DATETIME NOT NULL, KEY (at));
                    CREATE TABLE loose (id INT PRIMARY KEY, other INT, at DATETIME);
                    CREATE USER reader_\(server.port)@'%' IDENTIFIED BY 'readers-secret';
                    GRANT SELECT ON \(server.database ?? "").* TO reader_\(server.port)@'%';
                    """)
                #expect(try await lake.add(server).code == 0)
                try lake.edit(
                    "sources/found.yaml", "  good: {}", "  good: { mode: incremental, cursor: at }")
                try lake.edit(
                    "sources/found.yaml", "  loose: {}",
                    "  loose: { mode: incremental, key: other, cursor: at }")
                let well = try await lake.tarn("source", "test", "found", "--json")
                #expect(well.code == 0, "\(well.all)")
                let all = try findings(well)
                #expect(try all["connection"]?.text("finding").contains("mariadb") == true)
                for subject in [
                    "encryption", "clock", "right: open transactions", "right: shared snapshot", "good",
                ] {
                    #expect(try all[subject]?.text("verdict") == "fine", "\(subject): \(well.output)")
                }
                #expect(try all["clock"]?.text("finding").contains("time zone SYSTEM") == true)
                #expect(try all["loose"]?.text("verdict") == "remark")

                // An account that may only read works, and is told what it misses.
                var reader = lake
                reader.environment["FOUND_PASSWORD"] = "readers-secret"
                try lake.edit("lake.yaml", "user: \(server.user)", "user: reader_\(server.port)")
                let poor = try await reader.tarn("source", "test", "found", "--json")
                #expect(poor.code == 0, "\(poor.all)")
                let rights = try findings(poor)
                #expect(
                    try rights["right: open transactions"]?.text("remedy")
                        == "GRANT PROCESS ON *.* TO reader_\(server.port)")
                #expect(try rights["right: shared snapshot"]?.text("verdict") == "remark")
                #expect(try rights["right: replica's lag"]?.text("verdict") == "remark")
                #expect(!poor.all.contains("readers-secret"))
                try await reader.succeeds("run")
                try await lake.ask(server, "DROP USER reader_\(server.port)@'%'")
            }
        }

        @Test func `that is broken says where and what to do`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(
                    server,
                    """
                    CREATE TABLE gone (id INT PRIMARY KEY); CREATE TABLE other (id INT PRIMARY KEY, v TEXT);
                    CREATE TABLE cut (id INT PRIMARY KEY, at DATETIME); CREATE TABLE fine (id INT PRIMARY KEY);
                    CREATE TABLE view_now (id INT PRIMARY KEY)
                    """)
                #expect(try await lake.add(server).code == 0)
                try lake.edit(
                    "sources/found.yaml", "  other: {}", "  other: { mode: incremental, cursor: v }")
                try lake.edit("sources/found.yaml", "  cut: {}", "  cut: { mode: incremental, cursor: at }")
                try lake.edit(
                    "sources/found.yaml", "tables:", "exclude: [{ kind: view, reason: \"No.\" }]\ntables:")
                try await lake.ask(
                    server,
                    """
                    DROP TABLE gone; ALTER TABLE cut DROP COLUMN at; DROP TABLE view_now;
                    CREATE VIEW view_now AS SELECT 1 AS id
                    """)
                let broken = try await lake.tarn("source", "test", "found", "--json")
                #expect(broken.code == 1)
                let all = try findings(broken)
                for (subject, code) in [
                    ("gone", "extraction.unknown-table"), ("cut", "extraction.unknown-column"),
                    ("other", "extraction.cursor-type"), ("view_now", "extraction.excluded-view"),
                ] {
                    #expect(try all[subject]?.text("verdict") == "broken")
                    #expect(try all[subject]?.text("code") == code)
                }
                #expect(try all["fine"]?.text("verdict") == "fine")
                let text = try await lake.tarn("source", "test", "--problems")
                #expect(text.code == 1)
                #expect(text.output.contains("✗ gone") && text.output.contains("help: "))
                #expect(!text.output.contains("✓"))
            }
        }

        @Test func `without the right password, or without an answer, is broken`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(server, "CREATE TABLE t (id INT PRIMARY KEY)")
                #expect(try await lake.add(server).code == 0)
                var wrong = lake
                wrong.environment["FOUND_PASSWORD"] = "open-sesame-4711"
                let denied = try await wrong.tarn("source", "test", "found")
                #expect(denied.code == 1)
                #expect(
                    denied.output.contains("✗ connection") && denied.output.contains("[source.access-denied]")
                )
                #expect(!denied.all.contains("open-sesame-4711"))
                try lake.edit("lake.yaml", "port: \(server.port)", "port: 7")
                let away = try await lake.tarn("source", "test", "found", "--json")
                #expect(away.code == 1)
                #expect(try findings(away)["connection"]?.text("code") == "source.unreachable")
            }
        }

        @Test func `shows rows as bronze would hold them, and reads no more`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(
                    server,
                    """
                    SET sql_mode = '';
                    CREATE TABLE many (custId BIGINT UNSIGNED PRIMARY KEY, born DATE, amount DECIMAL(20,4),
                        flag BIT(1), raw VARBINARY(4), t TIME, name VARCHAR(20));
                    INSERT INTO many SELECT 18446744073709000000 + seq, IF(seq % 2, '0000-00-00', '2000-02-29'),
                        1234567890123456.7891, 1, x'00FF', '-12:00:00', NULL FROM seq_1_to_300000
                    """)
                #expect(try await lake.add(server).code == 0)
                let before = try lake.bytes(below: ".")
                let text = try await lake.succeeds("source", "preview", "found.many")
                #expect(text.output.contains("bigint(20) unsigned  UBIGINT"), "\(text.output)")
                #expect(text.output.contains("zero_date"))
                #expect(text.output.contains("20 rows"))
                let answer = try await lake.succeeds(
                    "source", "preview", "bronze_found.many", "--limit", "3", "--json"
                ).json()
                let rows = try answer.list("rows")
                #expect(rows.count == 3)
                // Columns keep their names.
                #expect(rows[0].has("custId") && rows[0].has("born"))
                #expect(try answer.list("conversions").map { try $0.number("values") } == [2])
                #expect(try answer.list("columns").map { try $0.text("bronze_type") }.first == "UBIGINT")
                #expect(try lake.bytes(below: ".") == before)
                // A table that nobody declared is shown as well; one that is not there is not.
                try await lake.ask(server, "CREATE TABLE later (x INT)")
                try await lake.succeeds("source", "preview", "found.later")
                let missing = try await lake.tarn("source", "preview", "found.manny")
                #expect(missing.code == 1)
                #expect(missing.errors.contains("Did you mean 'many'?"), "\(missing.all)")
                #expect(
                    try await lake.tarn("source", "preview", "fund.many").errors.contains(
                        "Did you mean 'found'?"))
            }
        }

        @Test func `of SQLite works in the same way`() async throws {
            try await Lake.inEmptyFolder { lake in
                try await lake.succeeds("init", lake.folder)
                try FileManager.default.createDirectory(
                    atPath: lake.path("databases"), withIntermediateDirectories: true)
                let databases = SourceDatabases.sqlite(folder: lake.path("databases"))
                _ = try await databases.rows(
                    """
                    CREATE TABLE doc (id INTEGER PRIMARY KEY, day DATE, last_update DATETIME NOT NULL);
                    CREATE INDEX by_update ON doc (last_update);
                    WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 100001)
                    INSERT INTO doc SELECT n, '0000-00-00', '2026-01-01 00:00:00' FROM s;
                    CREATE TABLE small (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
                    CREATE VIEW v AS SELECT 1;
                    """, in: "shop")
                let added = try await lake.succeeds("source", "add", "sqlite:databases/shop.db")
                #expect(
                    added.output.contains("wrote sources/shop.yaml\n"),
                    "the connection is known: \(added.all)")
                #expect(try lake.text("sources/shop.yaml").contains("    cursor: last_update\n"))
                #expect(try await lake.succeeds("source").output.contains("never"))
                try await lake.succeeds("source", "test", "shop")
                let shown = try await lake.succeeds("source", "preview", "shop.doc", "--limit", "2")
                #expect(shown.output.contains("zero_date"))
                try await lake.succeeds("run")
                let listed = try await lake.succeeds("source", "list", "--json").json().list()
                #expect(try listed.first?.number("extracted_tables") == 2)
                #expect(listed.first?.has("last_extraction") == true)
                // Another folder is another connection.
                try FileManager.default.createDirectory(
                    atPath: lake.path("elsewhere"), withIntermediateDirectories: true)
                try FileManager.default.copyItem(
                    atPath: lake.path("databases/shop.db"), toPath: lake.path("elsewhere/shop.db"))
                try await lake.succeeds("source", "add", "sqlite:elsewhere/shop.db", "--name", "shop_two")
                #expect(
                    try lake.text("lake.yaml").contains(
                        #"files_2: { kind: sqlite, path: "elsewhere/{database}.db" }"#))
                try await lake.succeeds("source", "test")
            }
        }

        @Test func `after it was read shows the ledger, the range and every run`() async throws {
            try await Lake.withServer { lake, server in
                try await lake.ask(
                    server,
                    """
                    SET sql_mode = '';
                    CREATE TABLE person (id INT PRIMARY KEY, born DATE, at DATETIME NOT NULL);
                    INSERT INTO person VALUES (1, '0000-00-00', '2026-01-01'), (2, '1975-00-00', '2026-01-02'),
                        (3, '0000-00-00', '2026-01-03')
                    """)
                #expect(try await lake.add(server).code == 0)
                try lake.edit(
                    "sources/found.yaml", "  person: {}",
                    """
                      person:
                        mode: incremental
                        cursor: at
                        checksum: true
                        checks: [{ changed_values: { column: born, max: 1, severity: warn } }]
                    """)
                let validated = try await lake.tarn("validate")
                try #require(validated.code == 0, "\(validated.all)")
                let run = try await lake.succeeds("run")
                #expect(run.output.contains("changed_values(born) <= 1 warns: 3 values"), "\(run.output)")
                try await lake.ask(server, "INSERT INTO person VALUES (4, '0000-00-00', '2026-01-04')")
                try await lake.succeeds("run")
                let details = try await lake.succeeds(
                    "assets", "show", "bronze_found.person", "--history", "--json"
                ).json()
                let bronze = try details.get("bronze")
                #expect(try bronze.text("mode") == "incremental")
                #expect(try bronze.text("watermark").hasPrefix("2026-01-04 00:00:00"))
                #expect(try bronze.get("origin").text("system").hasPrefix("mariadb"))
                #expect(try details.list("conversions").map { try $0.text("reason") } == ["zero_date"])
                let history = try bronze.list("history")
                #expect(try history.map { try $0.number("rows") } == [2, 3])
                let first = try history[1].list("conversions")
                #expect(
                    Set(try first.map { "\(try $0.text("reason")) \(Int(try $0.number("values")))" })
                        == ["zero_date 2", "partial_date 1"])
                let text = try await lake.succeeds("assets", "show", "bronze_found.person", "--history")
                #expect(text.output.contains("cursor    at, read up to 2026-01-04 00:00:00"))
                #expect(text.output.contains("the source counted 2 rows in the snapshot"), "\(text.output)")
                #expect(
                    !(try await lake.succeeds("assets", "show", "bronze_found.person")).output.contains(
                        "cursor up to"))
            }
        }
    }
}
