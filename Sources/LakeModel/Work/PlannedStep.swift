/// A step of a run that begins, with what it waits for.
package struct PlannedStep: Hashable, Sendable {
    package let step: StepID
    /// Steps of the same run that must be built or skipped before it starts.
    package let inputs: [StepKey]
    /// What it takes while it runs.
    package let pools: [PoolUse]
    /// Which partitions it builds; `nil` of an asset without partitions.
    package let partitions: StepPartitions?

    package init(
        _ step: StepID, after inputs: [StepKey] = [], pools: [PoolUse] = [],
        partitions: StepPartitions? = nil
    ) {
        self.step = step
        self.inputs = inputs
        self.pools = pools
        self.partitions = partitions
    }
}

/// The partitions that one step builds together. The first of them is part of the step's name.
package struct StepPartitions: Hashable, Sendable {
    /// As it is written after `--partition`.
    package let selection: String
    package let count: Int
    /// Whether somebody named them: then it is a failure if the partitions that they are made from were never
    /// built. Others wait for a run that comes after these.
    package let areNamed: Bool

    package init(selection: String, count: Int, areNamed: Bool) {
        self.selection = selection
        self.count = count
        self.areNamed = areNamed
    }
}

/// A step within its run.
package struct StepKey: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let asset: AssetKey
    package let partition: PartitionKey?
    package let task: StepTask

    package init(_ asset: AssetKey, _ partition: PartitionKey? = nil, task: StepTask = .build) {
        self.asset = asset
        self.partition = partition
        self.task = task
    }

    package func of(_ run: RunID) -> StepID {
        StepID(run: run, asset: asset, partition: partition, task: task)
    }

    package var description: String {
        let what = partition.map { "\(asset) of \($0)" } ?? asset.description
        return task == .build ? what : "\(task.rawValue) \(what)"
    }

    package static func < (left: StepKey, right: StepKey) -> Bool {
        if left.asset != right.asset { return left.asset < right.asset }
        if left.task != right.task { return left.task == .build }
        return (left.partition?.text ?? "") < (right.partition?.text ?? "")
    }
}

extension StepID {
    package var key: StepKey { StepKey(asset, partition, task: task) }
}
