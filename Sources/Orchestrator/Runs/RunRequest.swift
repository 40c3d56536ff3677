package import LakeModel
package import Metadata
internal import Project
internal import Transform

/// The steps of a run that is to begin.
///
/// A partitioned asset has a step for each few of its partitions: they are read in one snapshot of the
/// source, or computed by one statement, and published together. Steps of one asset run one after the other,
/// as its epochs want it; a step waits for those that build what its partitions are made from.
package struct RunRequest: Sendable {
    package let scope: RunScope
    /// The selected assets in building order.
    package let order: [AssetKey]
    /// In building order.
    package let steps: [Step]
    /// Selected assets of which no partition is to be built.
    package let idle: [AssetKey]
    private let lake: Lake

    package struct Step: Sendable {
        package let asset: AssetKey
        /// `nil` of an asset without partitions.
        package let partitions: PartitionGroup?
        package let areNamed: Bool
        package var task = StepTask.build
        fileprivate let inputs: [StepKey]

        fileprivate var key: StepKey { StepKey(asset, partitions?.keys.first, task: task) }
    }

    /// Steps of partitions; more are a backfill's.
    package static let partitionStepsMax = 2_000

    /// - Throws: ``SelectionMistake``, ``PartitionMistake``, and what the metadata throws.
    package init(_ scope: RunScope, in lake: Lake, at now: Timestamp) async throws {
        self.scope = scope
        self.lake = lake
        let selected = try lake.graph.resolve(scope.selection)
        order = lake.graph.assets.order.filter(selected.contains)
        let chosen = try await ScopePartitions(
            scope.partitions, of: order, isForced: scope.settings.isForced, in: lake, at: now)
        let planning = StepPlanning(order, chosen, lake.graph, size: scope.partitionsPerStepMax, at: now)
        guard planning.partitionSteps <= RunRequest.partitionStepsMax else {
            throw PartitionMistake.tooMany(planning.partitionSteps, max: RunRequest.partitionStepsMax)
        }
        steps = planning.steps
        idle = order.filter { asset in chosen.sets[asset]?.isEmpty ?? false }
    }

    package func steps(of run: RunID) -> [PlannedStep] {
        steps.map { step in
            PlannedStep(
                step.key.of(run), after: step.inputs, pools: lake.poolUses(of: step.asset),
                partitions: step.partitions.map {
                    StepPartitions(selection: $0.selection, count: $0.keys.count, areNamed: step.areNamed)
                })
        }
    }

    /// - Parameter process: The only one that works on it; `nil` lets every worker.
    package func newRun(
        _ id: RunID, boundTo process: ProcessIdentity? = nil, at now: Timestamp
    ) -> NewRun {
        NewRun(
            id: id, selection: scope.inWords, trigger: scope.trigger, process: process, createdAt: now,
            settings: scope.settings, priority: scope.priority, tags: scope.tags,
            idempotencyKey: scope.idempotencyKey)
    }

    /// Begins the run.
    /// - Parameter process: The only one that works on it; `nil` lets every worker.
    /// - Returns: The run; an earlier one if the idempotency key is known.
    package func create(
        boundTo process: ProcessIdentity? = nil, leaseFor: Duration = .seconds(60), at now: Timestamp
    ) async throws -> RunID {
        let id = RunID(at: now, random: .random(in: 0...UInt32.max))
        return try await lake.metadata.createRun(
            newRun(id, boundTo: process, at: now), steps: steps(of: id), leaseFor: leaseFor)
    }
}

/// Divides the partitions of assets into steps, and finds which step waits for which.
private struct StepPlanning {
    private(set) var steps: [RunRequest.Step] = []
    private(set) var partitionSteps = 0
    /// Of each asset the first partition of the step that builds a partition.
    private var owners: [AssetKey: [PartitionKey: PartitionKey]] = [:]
    private var keys: [AssetKey: [StepKey]] = [:]
    /// Comparisons that have to end well before anything is made from their assets.
    private var gates: [AssetKey: StepKey] = [:]
    private let chosen: ScopePartitions
    private let graph: LakeGraph
    private let now: Timestamp

    /// - Parameter order: Each after its inputs.
    init(_ order: [AssetKey], _ chosen: ScopePartitions, _ graph: LakeGraph, size: Int, at now: Timestamp) {
        self.chosen = chosen
        self.graph = graph
        self.now = now
        for asset in order {
            guard let set = chosen.sets[asset] else {
                steps.append(
                    RunRequest.Step(
                        asset: asset, partitions: nil, areNamed: false, inputs: allSteps(ofInputsOf: asset)))
                keys[asset] = [StepKey(asset)]
                compare(asset)
                continue
            }
            let steps = (set.count + size - 1) / size
            partitionSteps += steps
            // Whoever asks for far too many is not kept waiting until all are planned.
            guard partitionSteps <= RunRequest.partitionStepsMax else { continue }
            for group in set.groups(of: size) {
                self.steps.append(
                    RunRequest.Step(
                        asset: asset, partitions: group, areNamed: chosen.named.contains(asset),
                        inputs: inputs(of: group, asset) + gates(before: asset)))
                keys[asset, default: []].append(StepKey(asset, group.keys[0]))
                for key in group.keys { owners[asset, default: [:]][key] = group.keys[0] }
            }
            compare(asset)
        }
        publishGroups()
    }

    /// Plans the publication of each group of which all tables are built.
    private mutating func publishGroups() {
        for (_, assets) in graph.groups.sorted(by: { $0.key < $1.key }) {
            guard assets.allSatisfy({ keys[$0] != nil }) else { continue }
            steps.append(
                RunRequest.Step(
                    asset: assets[0], partitions: nil, areNamed: false, task: .publish,
                    inputs: assets.flatMap { keys[$0] ?? [] }))
        }
    }

    /// Plans a comparison of a table with its source after all steps that build it.
    private mutating func compare(_ asset: AssetKey) {
        guard let built = keys[asset], let policy = graph.tables[asset]?.definition.reconciling,
            policy != .off
        else { return }
        steps.append(
            RunRequest.Step(
                asset: asset, partitions: nil, areNamed: false, task: .reconcile, inputs: built))
        if policy == .gate { gates[asset] = StepKey(asset, task: .reconcile) }
    }

    /// What `asset` waits for besides the building of its inputs.
    private func gates(before asset: AssetKey) -> [StepKey] {
        graph.assets.inputs(of: asset).sorted().compactMap { gates[$0] }
    }

    private func allSteps(ofInputsOf asset: AssetKey) -> [StepKey] {
        graph.assets.inputs(of: asset).sorted().flatMap { keys[$0] ?? [] } + gates(before: asset)
    }

    private func inputs(of group: PartitionGroup, _ asset: AssetKey) -> [StepKey] {
        graph.assets.inputs(of: asset).sorted().flatMap { input -> [StepKey] in
            guard let owners = owners[input], let relation = chosen.relation(of: asset, to: input) else {
                // An input without partitions, or one that only a check looks at.
                return keys[input] ?? []
            }
            var firsts: Set<PartitionKey> = []
            for key in group.keys {
                guard let needs = relation.upstream(of: key, at: now)?.partitions else {
                    return keys[input] ?? []
                }
                // Whichever is shorter to go through.
                if needs.count <= owners.count {
                    for need in needs.oldestFirst { if let first = owners[need] { firsts.insert(first) } }
                } else {
                    for (need, first) in owners where needs.contains(need) { firsts.insert(first) }
                }
            }
            return firsts.sorted().map { StepKey(input, $0) }
        }
    }
}
