package import LakeModel
package import Metadata
internal import Testing

/// What every ``MetadataStore`` does, as claims that are each tried on an empty store.
///
///     @Test(arguments: MetadataConformance.claims)
///     func `keeps the promise`(claim: MetadataConformance.Claim) async throws { try await
///     claim.body(emptyStore) }
package enum MetadataConformance {
    /// One promise in words, and what tries to break it.
    package struct Claim: Sendable, CustomTestStringConvertible {
        package let sentence: String
        package let body: @Sendable (any MetadataStore) async throws -> Void

        init(_ sentence: String, _ body: @escaping @Sendable (any MetadataStore) async throws -> Void) {
            self.sentence = sentence
            self.body = body
        }

        package var testDescription: String { sentence }
    }

    package static let claims: [Claim] =
        runs + steps + leases + reclaims + events + assets + partitions + backfills + triggers + upkeep
        + watching

    static let noon = Timestamp(microseconds: 1_790_000_000_000_000)

    static func run(_ text: String) -> RunID {
        guard let run = RunID(text) else { preconditionFailure("'\(text)' is no run's id.") }
        return run
    }

    static func asset(_ text: String) -> AssetKey {
        guard let asset = AssetKey(text) else { preconditionFailure("'\(text)' is no asset's key.") }
        return asset
    }

    static let someone = WorkerID("etl-1-4711-a")
    static let another = WorkerID("etl-2-42-b")
}

extension MetadataStore {
    func createRun(_ run: NewRun, steps: [StepID]) async throws {
        _ = try await createRun(run, steps: steps.map { PlannedStep($0) })
    }

    /// Begins the next step of a run.
    func begin(
        _ run: RunID, at now: Timestamp, as owner: WorkerID = MetadataConformance.someone,
        for lease: Duration = .seconds(30)
    ) async throws -> Attempt {
        let claims = try await claim(
            ClaimRequest(owner: owner, run: run, stepsMax: 1, leaseFor: lease, now: now))
        return try #require(claims.first).attempt
    }

    /// Begins steps of all runs that are bound to no process.
    func claim(
        _ stepsMax: Int = 100, at now: Timestamp, as owner: WorkerID = MetadataConformance.someone,
        pools: [String: Int] = [:], for lease: Duration = .seconds(30)
    ) async throws -> [Claim] {
        try await claim(
            ClaimRequest(owner: owner, stepsMax: stepsMax, pools: pools, leaseFor: lease, now: now))
    }
}

extension NewRun {
    /// A run of this machine's process 4711 that begins at noon.
    package static func sample(
        _ id: String = "r1", selection: String = "all assets", trigger: RunTrigger = .manual,
        pid: Int32? = 4711, priority: Int = 0, tags: [String] = [], key: String? = nil,
        settings: RunSettings = RunSettings(), at start: Timestamp? = nil
    ) -> NewRun {
        NewRun(
            id: MetadataConformance.run(id), selection: selection, trigger: trigger,
            process: pid.map { ProcessIdentity(host: "etl-1", bootID: "boot", pid: $0, startTicks: 7) },
            createdAt: start ?? MetadataConformance.noon, settings: settings, priority: priority, tags: tags,
            idempotencyKey: key)
    }
}

extension Materialization {
    /// 5,100,000 rows of one column, read from a bronze table.
    package static func sample(
        _ asset: String = "silver.fact_invoice", run: String = "r1", partition: PartitionKey? = nil,
        version: String = "v1",
        at end: Timestamp? = nil
    ) -> Materialization {
        let end = end ?? MetadataConformance.noon
        return Materialization(
            asset: MetadataConformance.asset(asset), run: MetadataConformance.run(run), partition: partition,
            version: version, codeHash: "c0de", rows: 5_100_000, bytes: ByteCount(123_456_789),
            schema: [ColumnSchema(name: "id \"quoted\" ü", type: "DECIMAL(18,4)")],
            inputs: [.init(asset: MetadataConformance.asset("bronze_v3_order.invoice"), version: "b1")],
            startedAt: end - .milliseconds(1_500), finishedAt: end)
    }
}

extension StepFailure {
    package static func sample(_ category: FailureCategory = .transient) -> StepFailure {
        StepFailure(
            code: "source.unreachable", problem: "v3_order did not answer.", remedy: "Wait.",
            category: category)
    }
}
