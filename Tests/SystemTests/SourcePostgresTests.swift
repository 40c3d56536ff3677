import Foundation
import TarnTesting
import Testing

extension SystemTests {
    @Suite struct `A source in PostgreSQL` {
        @Test func `is added, tested, previewed and run`() async throws {
            try await Lake.inEmptyFolder { lake in
                var lake = lake
                try await lake.succeeds("init", lake.folder)
                let server = try await PostgreSQLServer.shared()
                try await server.withDatabase { settings in
                    _ = try await Program.output(
                        ["psql", "-qX", "-v", "ON_ERROR_STOP=1", settings.connectionString],
                        input: """
                            CREATE TABLE customer (id serial PRIMARY KEY, name text, born date, credit numeric(12,2),
                                updated_at timestamptz NOT NULL);
                            CREATE INDEX ON customer (updated_at);
                            INSERT INTO customer (name, born, credit, updated_at)
                                SELECT 'c' || n, 'infinity', n / 100.0, now() - interval '1 day' + n * interval '1 ms'
                                FROM generate_series(1, 120000) AS n;
                            CREATE SCHEMA sales;
                            CREATE TABLE sales."Order Line" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
                            CREATE VIEW v AS SELECT 1 AS x;
                            CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x;
                            ANALYZE;
                            """)
                    lake.environment["PG_SECRET"] = settings.password
                    let url =
                        "postgres://\(settings.user)@\(settings.host):\(settings.port)/\(settings.database)"
                    let added = try await lake.succeeds(
                        "source", "add", url, "--name", "pg", "--password-env", "PG_SECRET")
                    #expect(added.output.contains("a materialized view"))
                    let text = try lake.text("sources/pg.yaml")
                    #expect(text.contains("    cursor: updated_at\n"), "\(text)")
                    #expect(text.contains(#"  "sales.Order Line": {}"#), "\(text)")
                    let tested = try await lake.tarn("source", "test", "pg")
                    #expect(tested.code == 0, "\(tested.all)")
                    #expect(tested.output.contains("✓ clock"))
                    let preview = try await lake.succeeds(
                        "source", "preview", "pg.customer", "--limit", "3", "--json")
                    #expect(try preview.json().list("rows").count == 3)
                    try await lake.succeeds("run")
                    #expect(try await lake.rows("SELECT count(*) FROM bronze_pg.customer") == ["120000"])
                    for said in [added, tested, preview] { #expect(!said.all.contains(settings.password)) }
                    if settings.password.count > 8 { try expectNoSecret(settings.password, in: lake) }
                    lake.environment["PG_SECRET"] = "open-sesame-4711"
                    let denied = try await lake.tarn("source", "test", "pg")
                    #expect(denied.code == 1)
                    #expect(denied.output.contains("[source.access-denied]"), "\(denied.all)")
                    #expect(!denied.all.contains("open-sesame-4711"))
                }
            }
        }
    }
}
