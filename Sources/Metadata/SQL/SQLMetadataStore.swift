package import LakeModel

/// A metadata store over a database that speaks SQL: the database gives transactions, the rest is here.
package protocol SQLMetadataStore: MetadataStore {
    /// Runs `body` in one transaction that writes, whether or not the task is cancelled. It may be run again
    /// if the database asks for that.
    func write<T: Sendable>(_ body: @escaping @Sendable (MetadataTables) throws -> T) async throws -> T

    /// Runs `body` in one transaction that reads one state of the database.
    func read<T: Sendable>(_ body: @escaping @Sendable (MetadataTables) throws -> T) async throws -> T
}

extension SQLMetadataStore {
    package func commit(_ changes: [MetadataChange]) async throws {
        try await write { tables in for change in changes { try tables.apply(change) } }
    }

    package func createRun(_ run: NewRun, steps: [PlannedStep], leaseFor: Duration) async throws -> RunID {
        try await write { try $0.create(run, steps: steps, leaseFor: leaseFor) }
    }

    package func claim(_ request: ClaimRequest) async throws -> [Claim] {
        guard request.stepsMax > 0 else { return [] }
        return try await write { try $0.claim(request) }
    }

    package func raise(_ attempt: Attempt, beyond published: LeaseEpoch) async throws -> Attempt {
        try await write { try $0.raise(attempt, beyond: published) }
    }

    package func renew(
        _ leases: [LeaseRenewal], runs: [RunID], by owner: WorkerID, for duration: Duration, at now: Timestamp
    ) async throws -> (leases: [LeaseAnswer], runs: Set<RunID>) {
        guard !leases.isEmpty || !runs.isEmpty else { return ([], []) }
        return try await write { try $0.renew(leases, runs: runs, by: owner, for: duration, at: now) }
    }

    package func reclaim(
        at now: Timestamp, isAlive: @escaping @Sendable (ProcessIdentity) -> Bool
    ) async throws -> [Reclaimed] {
        // Mostly there is nothing, and a look costs no lock.
        guard try await read({ try $0.mayReclaim(at: now, isAlive: isAlive) }) else { return [] }
        return try await write { try $0.reclaim(at: now, isAlive: isAlive) }
    }

    package func cancel(_ run: RunID, at now: Timestamp) async throws -> Bool {
        try await write { try $0.cancel(run, at: now) }
    }

    package func pulse(of run: RunID) async throws -> RunPulse { try await read { try $0.pulse(of: run) } }

    package func registerNode(_ node: NodeRecord) async throws { try await write { try $0.register(node) } }
    package func nodes() async throws -> [NodeRecord] { try await read { try $0.nodes() } }

    package func lead(
        _ office: String, as owner: WorkerID, for duration: Duration, at now: Timestamp
    ) async throws -> LeaseEpoch? {
        try await write { try $0.lead(office, as: owner, for: duration, at: now) }
    }

    package func resign(_ office: String, as owner: WorkerID) async throws {
        try await write { try $0.resign(office, as: owner) }
    }

    package func triggers() async throws -> [TriggerRecord] { try await read { try $0.triggers() } }
    package func pauses() async throws -> [TriggerPause] { try await read { try $0.pauses() } }

    package func pause(_ trigger: TriggerID, _ isPaused: Bool?, at now: Timestamp) async throws {
        try await write { try $0.pause(trigger, isPaused, at: now) }
    }

    package func runs(_ filter: RunFilter) async throws -> [RunSummary] {
        try await read { try $0.runs(filter) }
    }

    package func run(_ id: RunID) async throws -> RunReport? { try await read { try $0.run(id) } }

    package func events(of run: RunID, after sequence: Int64, limit: Int) async throws -> [RunEvent] {
        try await read { try $0.events(of: run, after: sequence, limit: MetadataLimits.bounded(limit)) }
    }

    package func activity(since: Timestamp, of runs: [RunID]) async throws -> [RunActivity] {
        try await read { try $0.activity(since: since, of: runs) }
    }

    package func workload(at now: Timestamp, endedSince: Timestamp) async throws -> Workload {
        try await read { try $0.workload(at: now, endedSince: endedSince) }
    }

    package func lastProofs() async throws -> [AssetKey: Timestamp] {
        try await read { try $0.lastProofs() }
    }

    package func latestMaterializations() async throws -> [AssetKey: Materialization] {
        try await read { try $0.latestMaterializations() }
    }

    package func materializations(of asset: AssetKey, limit: Int) async throws -> [Materialization] {
        try await read { try $0.materializations(of: asset, limit: MetadataLimits.bounded(limit)) }
    }

    package func partitionBuilds(
        of asset: AssetKey, among keys: [PartitionKey]?
    ) async throws -> [PartitionKey: PartitionBuild] {
        try await read { try $0.partitionBuilds(of: asset, among: keys) }
    }

    package func partitionAttempts(of asset: AssetKey, limit: Int) async throws -> [PartitionAttempt] {
        try await read { try $0.partitionAttempts(of: asset, limit: MetadataLimits.bounded(limit)) }
    }

    package func latestVerifications() async throws -> [AssetKey: Verification] {
        try await read { try $0.latestVerifications() }
    }

    package func latestReconciliations() async throws -> [ReconciliationRecord] {
        try await read { try $0.latestReconciliations() }
    }

    package func reconciliations(of asset: AssetKey, limit: Int) async throws -> [ReconciliationRecord] {
        try await read { try $0.reconciliations(of: asset, limit: MetadataLimits.bounded(limit)) }
    }

    package func facts(_ namespace: FactNamespace, keys: [String]) async throws -> [String: String] {
        guard !keys.isEmpty else { return [:] }
        return try await read { try $0.facts(namespace, keys: keys) }
    }

    package func storeFacts(
        _ namespace: FactNamespace, _ values: [String: String], at now: Timestamp
    ) async throws {
        guard !values.isEmpty else { return }
        try await write { try $0.storeFacts(namespace, values, at: now) }
    }

    package func compact(_ retention: Retention, now: Timestamp) async throws -> Compaction {
        try await write { try $0.compact(retention, now: now) }
    }
}
