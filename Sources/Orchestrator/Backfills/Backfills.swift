package import LakeModel
internal import Metadata
internal import Project
internal import Transform

/// Creates backfills and brings them forward: it begins their runs, and sees how they ended.
///
/// Nothing is kept in memory. Every step is one transaction, so that any number of processes may do this at
/// once, and each may die at any instant.
package struct Backfills: Sendable {
    let lake: Lake
    /// The only process that works on the runs; `nil` lets every worker.
    let process: ProcessIdentity?
    private let leaseFor: Duration

    package init(_ lake: Lake, boundTo process: ProcessIdentity? = nil, leaseFor: Duration = .seconds(60)) {
        self.lake = lake
        self.process = process
        self.leaseFor = leaseFor
    }

    // MARK: What somebody wants

    /// Creates a backfill of those of the partitions that are not built, or out of date.
    /// - Throws: ``SelectionMistake``, ``PartitionMistake``, ``NothingToBackfill``, ``BackfillRefusal``.
    package func create(_ definition: BackfillDefinition, at now: Timestamp) async throws -> Backfill {
        let backfill = Backfill(
            BackfillID(at: now, random: .random(in: 0...UInt32.max)), try await plan(definition, at: now),
            createdAt: now)
        try await lake.metadata.createBackfill(backfill)
        return backfill
    }

    /// What a backfill would build.
    package func plan(_ definition: BackfillDefinition, at now: Timestamp) async throws -> BackfillPlan {
        let selected = try lake.graph.resolve(definition.selection)
        let order = lake.graph.assets.order.filter(selected.contains)
        let chosen = try await ScopePartitions(
            .written(definition.partitions), of: order, in: lake, at: now)
        guard let asset = order.first(where: chosen.named.contains), let set = chosen.sets[asset] else {
            throw PartitionMistake.unpartitioned("\(definition.selection) has no partitions.")
        }
        guard !definition.isRebuild else { return try plan(definition, asset, set, of: set.count) }
        var statuses: [PartitionStatuses] = []
        for other in order where chosen.named.contains(other) {
            guard other == asset || chosen.scheme(of: other).rule == set.scheme.rule else { continue }
            statuses.append(try await lake.partitionStatuses(of: other, at: now).statuses)
        }
        let left = set.oldestFirst.filter { key in
            statuses.contains { $0.status(of: key).kind != .built }
        }
        return try plan(definition, asset, PartitionSet(set.scheme, keys: left), of: set.count)
    }

    private func plan(
        _ definition: BackfillDefinition, _ asset: AssetKey, _ set: PartitionSet, of count: Int
    ) throws -> BackfillPlan {
        guard !set.isEmpty else {
            throw NothingToBackfill(asset: asset, partitions: definition.partitions, count: count)
        }
        return BackfillPlan(definition, asset: asset, partitions: set.selection, count: set.count)
    }

    package func pause(_ id: BackfillID, at now: Timestamp) async throws -> Backfill {
        try await change(id, at: now) { backfill, _ in backfill.pause() }
    }

    package func resume(_ id: BackfillID, at now: Timestamp) async throws -> Backfill {
        try await change(id, at: now) { backfill, _ in backfill.resume() }
    }

    /// Ends it, and the runs that are going on.
    package func cancel(_ id: BackfillID, at now: Timestamp) async throws -> Backfill {
        try await change(id, at: now) { backfill, effects in
            effects.cancelled = backfill.cancel(at: now)
        }
    }

    /// Chunks that have failed are tried again.
    package func retry(_ id: BackfillID, at now: Timestamp) async throws -> Backfill {
        try await change(id, at: now) { backfill, _ in _ = backfill.retry(at: now) }
    }

    /// The process that works on `runs` ends: their chunks are for whoever goes on.
    func handBack(_ id: BackfillID, _ runs: Set<RunID>, at now: Timestamp) async throws {
        _ = try await change(id, at: now) { backfill, _ in
            backfill.handBack(runs, "it was stopped (Ctrl-C)", at: now)
        }
    }

    private func change(
        _ id: BackfillID, at now: Timestamp,
        _ change: @escaping @Sendable (inout Backfill, inout BackfillEffects) -> Void
    ) async throws -> Backfill {
        try await lake.metadata.changeBackfill(id, leaseFor: leaseFor) { backfill in
            var effects = BackfillEffects(at: now)
            change(&backfill, &effects)
            return effects
        }
    }

    // MARK: Going on

    /// What was begun, and when to come back unless something happens before.
    package struct Advance: Hashable, Sendable {
        package var started: [RunID] = []
        package var wakesAt: Timestamp?
    }

    /// Brings all backfills that are not over forward. Costs one question if there are none.
    package func advance(at now: Timestamp) async throws -> Advance {
        var all = Advance()
        let open = try await lake.metadata.backfills(openOnly: true, limit: MetadataLimits.rowsPerQueryMax)
        for backfill in open {
            let one = try await advance(backfill, at: now)
            all.started += one.started
            all.wakesAt = [all.wakesAt, one.wakesAt].compactMap(\.self).min()
        }
        return all
    }

    /// - Throws: ``BackfillRefusal`` if there is none.
    package func advance(_ id: BackfillID, at now: Timestamp) async throws -> Advance {
        guard let backfill = try await lake.metadata.backfill(id) else {
            throw BackfillRefusal(name: nil, kind: .unknown(id))
        }
        return try await advance(backfill, at: now)
    }

    private func advance(_ stored: Backfill, at now: Timestamp) async throws -> Advance {
        var backfill = try await settle(stored, at: now)
        var advance = Advance()
        while true {
            switch backfill.next(at: now, in: lake.definition.zone) {
            case .nothing: return advance
            case .wait(let until, _):
                advance.wakesAt = until
                return advance
            case .conclude:
                backfill = try await change(backfill.id, at: now) { backfill, _ in
                    if backfill.next(at: now, in: .utc) == .conclude { backfill.conclude(at: now) }
                }
            case .begin(let number):
                let run: RunID?
                (backfill, run) = try await begin(number, of: backfill, at: now)
                if let run { advance.started.append(run) }
            }
        }
    }

    /// - Returns: The run, unless there was nothing to do, or somebody else was quicker.
    private func begin(
        _ number: Int, of backfill: Backfill, at now: Timestamp
    ) async throws -> (Backfill, RunID?) {
        let (plan, key) = (backfill.plan, backfill.idempotencyKey(ofChunk: number))
        let request: RunRequest
        let selection: String
        do {
            selection = try chunk(number, of: backfill, at: now)
            var scope = RunScope(
                try Selection(plan.included, excluding: plan.excluded),
                partitions: .written(selection, unlessBuiltSince: backfill.createdAt),
                settings: RunSettings(isForced: plan.isRebuild), trigger: .backfill,
                priority: plan.priority, tags: plan.tags + ["backfill:\(plan.name)"], idempotencyKey: key)
            scope.partitionsPerStepMax = plan.pace.chunk
            request = try await RunRequest(scope, in: lake, at: now)
        } catch let mistake as any Diagnostic where !mistake.isTransient {
            // What is declared has changed: a person must look at it.
            let why = "chunk \(number + 1) cannot begin: \(mistake.problem)"
            return (try await change(backfill.id, at: now) { backfill, _ in backfill.pause(why) }, nil)
        }
        let id = RunID(at: now, random: .random(in: 0...UInt32.max))
        let (run, steps) = (request.newRun(id, boundTo: process, at: now), request.steps(of: id))
        let count = plan.size(ofChunk: number)
        let after = try await change(backfill.id, at: now) { backfill, effects in
            guard backfill.mayBegin(number, under: key) else { return }
            if steps.isEmpty {
                backfill.pass(number, count: count)
            } else {
                backfill.begin(number, selection, count: count, run: id, at: now)
                effects.runs.append((run, steps))
            }
        }
        return (after, after.chunks[number]?.run == id ? id : nil)
    }

    /// The partitions of a chunk, as they are written.
    private func chunk(_ number: Int, of backfill: Backfill, at now: Timestamp) throws -> String {
        if let begun = backfill.chunks[number] { return begun.selection }
        let plan = backfill.plan
        let set = try read(plan.partitions, of: plan.asset, at: now)
        guard set.count == plan.count,
            let group = set.group(
                number, of: plan.pace.chunk, newestFirst: plan.pace.order == .newest)
        else {
            throw BackfillChanged(asset: plan.asset, before: plan.count, now: set.count)
        }
        return group.selection
    }

    private func read(_ text: String, of asset: AssetKey, at now: Timestamp) throws -> PartitionSet {
        let scheme = lake.graph.partitions.scheme(of: asset)
        return try PartitionSelection(of: asset, scheme, at: now, takesUnknownKeys: true).read(text)
    }

    // MARK: How runs have ended

    private func settle(_ stored: Backfill, at now: Timestamp) async throws -> Backfill {
        var backfill = stored
        for chunk in stored.chunks.values.sorted(by: { $0.number < $1.number }) {
            guard chunk.state == .running, let run = chunk.run else { continue }
            guard let outcome = try await outcome(of: run, chunk, stored.plan, at: now) else { continue }
            backfill = try await change(backfill.id, at: now) { backfill, _ in
                backfill.settle(run, outcome, at: now)
            }
        }
        return backfill
    }

    /// `nil` while the run is going on.
    private func outcome(
        of run: RunID, _ chunk: Backfill.Chunk, _ plan: BackfillPlan, at now: Timestamp
    ) async throws -> Backfill.Outcome? {
        let state: RunState
        do {
            state = try await lake.metadata.pulse(of: run).state
        } catch is UnknownRun {
            return .lost
        }
        guard state.isFinal else { return nil }
        if state == .lost { return .lost }
        guard let report = try await lake.metadata.run(run) else { return .lost }
        if state == .succeeded { return try await succeeded(report, chunk, plan, at: now) }
        if let failed = report.steps.first(where: { $0.failure != nil }), let failure = failed.failure {
            return .failed("\(failed.name): \(failure.problem) [\(failure.code)]")
        }
        return .failed("run \(run) was \(state.rawValue)")
    }

    /// A run may have succeeded without building, because it was not the time to read its source.
    private func succeeded(
        _ report: RunReport, _ chunk: Backfill.Chunk, _ plan: BackfillPlan, at now: Timestamp
    ) async throws -> Backfill.Outcome {
        // Of a table that is divided otherwise now nobody can tell.
        guard let set = try? read(chunk.selection, of: plan.asset, at: now) else { return .built }
        let keys = Array(set.oldestFirst)
        let builds = try await lake.metadata.partitionBuilds(of: plan.asset, among: keys)
        guard let left = keys.first(where: { builds[$0] == nil }) else { return .built }
        let reason = report.steps.first { $0.step.asset == plan.asset }?.skipReason
        return .postponed("\(plan.asset) of \(left) was not built: \(reason ?? "its run did not say why")")
    }
}

/// Everything is built already.
package struct NothingToBackfill: Diagnostic {
    package let asset: AssetKey
    let partitions: String
    let count: Int

    package var code: String { "backfill.nothing" }
    package var problem: String {
        count == 0
            ? "\(asset) has no partition '\(partitions)' yet."
            : "All \(count) partitions '\(partitions)' of \(asset) are built, and none is out of date."
    }
    package var remedy: String {
        count == 0
            ? "See those that there are with: tarn partitions \(asset)"
            : "With --rebuild they are built again."
    }
}

/// What is declared of partitions has changed since the backfill was created.
struct BackfillChanged: Diagnostic {
    let asset: AssetKey
    let before: Int
    let now: Int

    var code: String { "backfill.changed" }
    var problem: String {
        "\(asset) is divided otherwise than when the backfill was created: its \(before) partitions are now \(now)."
    }
    var remedy: String { "Cancel it and create another one." }
}
