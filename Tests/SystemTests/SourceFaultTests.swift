import Foundation
import Testing

extension SystemTests {
    @Suite struct `A fault of a source` {
        /// Expects that the lake's first night fails with `code` at `place`, and gives what it said.
        private func expectFailure(
            _ lake: Lake, _ code: String, at place: String, says: [String],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> Ended {
            let ended = try await lake.tarn("run")
            #expect(ended.code == 1, "\(ended.all)", sourceLocation: sourceLocation)
            let text = ended.all
            for part in ["[\(code)]", place, "help: "] + says {
                #expect(text.contains(part), "\(ended.all)", sourceLocation: sourceLocation)
            }
            try await lake.expectStoreIsClean(sourceLocation: sourceLocation)
            return ended
        }

        @Test func `of the network: an unreachable server`() async throws {
            try await Lake.shop(in: .mariaDB) { lake in
                try await lake.succeeds("run")
                let (rows, password) = (
                    try await lake.rows("FROM silver.customer ORDER BY id"), lake.environment["SHOP_PASSWORD"]
                )
                var lake = lake
                // Nobody listens on the port of echo.
                lake.environment["SHOP_PORT"] = "7"
                let ended = try await expectFailure(
                    lake, "source.unreachable", at: "lake.yaml:9", says: [":7 ", "connection 'files'"])
                #expect(ended.seconds < 30)
                try expectNoSecret(password ?? "", in: lake)
                #expect(try await lake.rows("FROM silver.customer ORDER BY id") == rows)
                let reconciled = try await lake.tarn("reconcile", "--json")
                #expect(reconciled.code == 1)
                #expect(try reconciled.json().list().allSatisfy { try $0.text("verdict") == "unknown" })
            }
        }

        @Test func `of trust: a wrong password, which appears nowhere`() async throws {
            try await Lake.shop(in: .mariaDB) { lake in
                var wrong = lake
                wrong.environment["SHOP_PASSWORD"] = "open-sesame-4711"
                let ended = try await expectFailure(
                    wrong, "source.access-denied", at: "lake.yaml:9",
                    says: ["refused", "GRANT SELECT on shop.*"])
                let others = [
                    try await wrong.tarn("run", "--json"), try await wrong.tarn("reconcile"),
                    try await wrong.tarn("status"),
                    try await wrong.tarn("status", "--json"), try await wrong.tarn("validate"),
                ]
                for said in [ended] + others { #expect(!said.all.contains("open-sesame-4711")) }
                try expectNoSecret("open-sesame-4711", in: wrong)
                // With the right one the lake goes on, and keeps that to itself as well.
                let night = try await lake.succeeds("run")
                let password = lake.environment["SHOP_PASSWORD"] ?? ""
                #expect(!night.all.contains(password))
                try expectNoSecret(password, in: lake)
            }
        }

        @Test func `of trust: a password whose variable is not set`() async throws {
            try await Lake.shop(in: .mariaDB) { lake in
                var lake = lake
                lake.environment["SHOP_PASSWORD"] = nil
                let ended = try await lake.tarn("run")
                #expect(ended.code == 2)
                #expect(ended.errors.contains("SHOP_PASSWORD"))
                #expect(ended.errors.contains("--> lake.yaml:9:"))
            }
        }

        @Test(arguments: SourceSystem.allCases)
        func `of names: an unknown database`(system: SourceSystem) async throws {
            try await Lake.shop(in: system) { lake in
                try lake.edit("sources/shop.yaml", "database: shop", "database: shoop")
                _ = try await expectFailure(
                    lake, system == .sqlite ? "source.missing-file" : "source.unknown-database",
                    at: "sources/shop.yaml:1", says: ["shoop"])
            }
        }

        @Test(arguments: SourceSystem.allCases)
        func `of shape: a table that was dropped keeps what bronze has of it`(system: SourceSystem)
            async throws
        {
            try await Lake.shop(in: system) { lake in
                try await lake.succeeds("run")
                let before = try lake.bytes(below: "lake/bronze/shop/country")
                try await lake.changeShop("DROP TABLE country")
                let ended = try await expectFailure(
                    lake, "extraction.unknown-table", at: "sources/shop.yaml:9:", says: ["country", "bronze"])
                #expect(ended.output.contains("✗") || ended.output.contains("failed"))
                #expect(try lake.bytes(below: "lake/bronze/shop/country") == before)
                #expect(try await lake.rows("SELECT count(*) FROM bronze_shop.country") == ["2"])
            }
        }

        @Test(arguments: SourceSystem.allCases)
        func `of shape: a key or cursor column that was dropped`(system: SourceSystem) async throws {
            try await Lake.shop(in: system) { lake in
                try await lake.changeShop("ALTER TABLE customer DROP COLUMN updated_at")
                _ = try await expectFailure(
                    lake, "extraction.unknown-column", at: "sources/shop.yaml:5:",
                    says: ["'updated_at'", "cursor"])
                try await lake.changeShop(
                    """
                    DROP TABLE customer;
                    CREATE TABLE customer (no INTEGER PRIMARY KEY, name VARCHAR(40), country CHAR(2), updated_at DATETIME)
                    """)
                _ = try await expectFailure(
                    lake, "extraction.unknown-column", at: "sources/shop.yaml:5:",
                    says: ["'id'", "key", "no, name, country, updated_at"])
            }
        }

        @Test(arguments: SourceSystem.allCases)
        func `of shape: a column that vanished, until that is accepted`(system: SourceSystem) async throws {
            try await Lake.shop(in: system) { lake in
                try await lake.succeeds("run")
                try await lake.changeShop("ALTER TABLE country DROP COLUMN name")
                _ = try await expectFailure(
                    lake, "extraction.column-vanished", at: "sources/shop.yaml:9:",
                    says: ["name", "tarn run bronze_shop.country --accept-schema-change"])
                try await lake.succeeds("run", "bronze_shop.country", "--accept-schema-change")
                let broken = try await lake.tarn("validate")
                #expect(broken.code == 2, "a model reads the column that is gone")
                #expect(broken.errors.contains("models/silver/customer.sql:7:"), "\(broken.all)")
            }
        }

        @Test(arguments: SourceSystem.allCases)
        func `of policy: a view, which is excluded with its reason`(system: SourceSystem) async throws {
            try await Lake.shop(in: system) { lake in
                try await lake.changeShop("CREATE VIEW customer_names AS SELECT id, name FROM customer")
                try lake.write(
                    try lake.text("sources/shop.yaml") + "  customer_names: {}\n", to: "sources/shop.yaml")
                _ = try await expectFailure(
                    lake, "extraction.excluded-view", at: "sources/shop.yaml:10:",
                    says: ["Views are rebuilt in silver.", "lake.yaml:1"])
            }
        }

        @Test func `of policy: a source that is excluded is refused with its reason`() async throws {
            try await Lake.shop { lake in
                try lake.write(try lake.text("sources/shop.yaml"), to: "sources/old_shop.yaml")
                let ended = try await lake.tarn("run")
                #expect(ended.code == 2)
                #expect(ended.errors.contains("sources/old_shop.yaml:1"), "\(ended.all)")
                #expect(ended.errors.contains("Its rows are in shop."))
            }
        }

        @Test func `of the file: a database that is no database`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                try lake.write(
                    String(repeating: "this is no database\n", count: 500), to: "databases/shop.db")
                _ = try await expectFailure(
                    lake, "source.refused", at: "lake.yaml:9", says: ["databases/shop.db", "sqlite3"])
                #expect(try await lake.rows("SELECT count(*) FROM silver.customer") == ["3"])
            }
        }

        @Test(arguments: SourceSystem.allCases)
        func `blocks only what is made from it`(system: SourceSystem) async throws {
            try await Lake.shop(in: system) { lake in
                try await lake.changeShop("DROP TABLE country")
                let ended = try await lake.tarn("run")
                #expect(ended.code == 1)
                #expect(
                    try await lake.statesOfNewestRun() == [
                        "bronze_shop.customer": "succeeded", "bronze_shop.country": "failed",
                        "silver.customer": "blocked", "gold.customers_by_country": "blocked",
                    ])
            }
        }
    }
}
