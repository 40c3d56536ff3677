import LakeModel
import Project
import Testing

@Suite struct `How work is carried out, in a lake's files` {
    private static let connections = """
        name: little
        store: store
        environments:
          local:
            connections:
              v3: { kind: sqlite, path: "{database}.db" }
              meta: { kind: postgres, host: db.internal, user: tarn, password: "${META_PASSWORD}" }
        """

    private static func lake(_ lines: String, _ mistake: String) -> WrongFile {
        WrongFile("lake.yaml", "\(connections)\n\(lines)\n", "lake.yaml:\(mistake)")
    }

    private func load(_ lines: String, source: String, model: String) throws -> LakeDefinition {
        let loaded = try LakeFiles(
            [
                "lake.yaml": "\(Self.connections)\n\(lines)\n",
                "sources/v3_billing.yaml": "connection: v3\n\(source)\n",
                "models/gold/totals.sql": "/*---\n\(model)\n---*/\nSELECT 1 AS n",
            ], variables: ["META_PASSWORD": "hunter2"]
        ).load()
        try #require(loaded.mistakes.isEmpty, "\(loaded.mistakes)")
        return try #require(loaded.definition)
    }

    @Test func `is what lake.yaml says, and of a table what its source says unless it does`() throws {
        let lake = try load(
            """
            retry: { attempts: 5, backoff: 2s, backoff_max: 1m, jitter: 10% }
            leases: { ttl: 10s, stall: 2m }
            timeout: 6h
            pools: { global: 8, duckdb: 2, heavy: 3 }
            workers: { slots: 6, grace: 45s }
            metadata: { connection: meta, database: coordination, schema: night }
            """,
            source:
                "timeout: 1h\npools: heavy\ntables:\n  invoice:\n  item: { timeout: 2h, pools: [heavy=2, global] }",
            model: "description: x\npools: []")
        #expect(
            lake.work.retry
                == RetryPolicy(
                    attemptsMax: 5, backoff: .seconds(2), backoffMax: .seconds(60), jitter: 0.1))
        #expect(lake.work.leaseFor == .seconds(10) && lake.work.stallMax == .seconds(120))
        #expect(lake.work.pools == ["global": 8, "duckdb": 2, "heavy": 3])
        #expect(lake.work.slots == 6 && lake.work.grace == .seconds(45))
        #expect(lake.work.timeout == .seconds(21_600))
        let rules = lake.rules
        #expect(
            rules[.bronze(SourceName("v3_billing")!, TableName("invoice")!)]
                == AssetRules(timeout: .seconds(3_600), pools: [PoolUse(pool: "heavy")]))
        #expect(
            rules[.bronze(SourceName("v3_billing")!, TableName("item")!)]
                == AssetRules(
                    timeout: .seconds(7_200),
                    pools: [PoolUse(pool: "heavy", units: 2), PoolUse(pool: "global")]))
        #expect(rules[.gold(TableName("totals")!)] == AssetRules())
        guard case .postgres(let address, let database, let schema) = lake.metadata else {
            Issue.record("not in PostgreSQL")
            return
        }
        #expect(address.host == "db.internal" && address.password.reveal() == "hunter2")
        #expect(database == "coordination" && schema == "night")
    }

    @Test func `has defaults`() throws {
        let lake = try load("", source: "tables:\n  invoice:", model: "description: x")
        #expect(lake.work == WorkDefinition())
        guard case .sqlite = lake.metadata else {
            Issue.record("not in a file")
            return
        }
    }

    @Test(arguments: [
        lake(
            "metadata: { connection: v3, database: x }",
            "8:25: 'v3' is not a connection to PostgreSQL. [project.conflict]"),
        lake(
            "metadata: { connection: mta, database: x }",
            "8:25: there is no connection 'mta': did you mean 'meta'? [project.unknown-connection]"),
        lake(
            "metadata: { connection: meta }", "8:11: metadata needs the key 'database'. [project.missing-key]"
        ),
        lake(
            "metadata: { connection: meta, database: x, schema: \"My Schema\" }",
            "8:52: 'My Schema' cannot be the name of the schema. [project.bad-value]"),
        lake(
            "leases: { ttl: 2s }", "8:16: 'ttl' cannot be shorter than 5s. [project.bad-value]"),
        lake(
            "retry: { backoff: 10m, backoff_max: 1m }",
            "8:24: 'backoff_max' is shorter than 'backoff'. [project.conflict]"),
        lake(
            "pools: { source/v3: 2 }",
            "8:10: 'source/v3' cannot be the name of a pool. [project.bad-value]"),
        lake(
            "pools: { heavy: 0 }",
            "8:17: expected a whole number from 1 to 10000, found the number 0. [project.wrong-type]"),
        lake("timeout: 0s", "8:10: 'timeout' cannot be shorter than 1s. [project.bad-value]"),
    ])
    func `that is wrong is told in words with its place and nothing else`(wrong: WrongFile) throws {
        let found = try LakeFiles(
            [wrong.file: wrong.text], variables: ["META_PASSWORD": "hunter2"]
        ).mistakes()
        #expect(found == [wrong.mistake])
    }

    @Test func `a pool that the lake does not have is told where it is used`() throws {
        let found = try LakeFiles(
            [
                "lake.yaml": "\(Self.connections)\npools: { heavy: 2 }\n",
                "sources/v3_billing.yaml": "connection: v3\ntables:\n  invoice: { pools: hevy }\n",
            ], variables: ["META_PASSWORD": "x"]
        ).mistakes()
        #expect(
            found == [
                "sources/v3_billing.yaml:3:21: the lake has no pool 'hevy': did you mean 'heavy'? [project.bad-value]"
            ])
    }
}
