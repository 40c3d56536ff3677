import Foundation
import TarnTesting
import Testing

extension SystemTests {
    /// In processes of their own, because the memory of the tests' own process says nothing.
    @Suite struct `The memory of an extraction` {
        /// In kilobytes. Kept in memory, the rows of each table here would take more.
        private static let peakMax = 320_000

        @Test func `from MariaDB does not grow with the table`() async throws {
            try await Lake.shop(in: .mariaDB) { lake in
                // Half a gigabyte that the server makes up.
                try await lake.changeShop(
                    """
                    CREATE TABLE big (k INT PRIMARY KEY, text LONGTEXT AS (REPEAT(CHAR(65 + k % 26), 5000)) VIRTUAL);
                    INSERT INTO big (k) SELECT seq FROM seq_1_to_100000;
                    """)
                try lake.edit("sources/shop.yaml", "  country: {}", "  country: {}\n  big: {}")
                let run = try await lake.succeeds("run", "bronze_shop.big")
                #expect(run.peakKilobytes < Self.peakMax, "\(run.all)")
                #expect(
                    try await lake.rows("SELECT count(*) || ' ' || sum(length(text)) FROM bronze_shop.big")
                        == ["100000 500000000"])
            }
        }

        @Test func `from PostgreSQL does not grow with the table`() async throws {
            try await Lake.shop { lake in
                var lake = lake
                try await PostgreSQLServer.shared().withDatabase { settings in
                    _ = try await Program.output(
                        ["psql", "-qX", "-v", "ON_ERROR_STOP=1", settings.connectionString],
                        input: """
                            CREATE VIEW big AS SELECT n AS k, repeat(chr(65 + n % 26), 5000) AS text
                            FROM generate_series(1, 100000) AS n
                            """)
                    lake.environment["PG_SECRET"] = settings.password
                    try lake.edit(
                        "lake.yaml", "    connections:",
                        """
                            connections:
                              pg: { kind: postgres, host: \(settings.host), port: \(settings.port), \
                        user: \(settings.user), password: "${PG_SECRET}" }
                        """)
                    try lake.edit(
                        "lake.yaml", #"  - { kind: view, reason: "Views are rebuilt in silver." }"#, "")
                    try lake.write(
                        "connection: pg\ndatabase: \(settings.database)\ntables:\n  big: {}\n",
                        to: "sources/pg.yaml")
                    let run = try await lake.succeeds("run", "bronze_pg.big")
                    #expect(run.peakKilobytes < Self.peakMax, "\(run.all)")
                    #expect(
                        try await lake.rows("SELECT count(*) || ' ' || sum(length(text)) FROM bronze_pg.big")
                            == ["100000 500000000"])
                }
            }
        }
    }
}
