/// A step of a run that begins, with what it waits for.
package struct PlannedStep: Hashable, Sendable {
    package let step: StepID
    /// Steps of the same run that must be built or skipped before it starts.
    package let inputs: [StepKey]
    /// What it takes while it runs.
    package let pools: [PoolUse]

    package init(_ step: StepID, after inputs: [StepKey] = [], pools: [PoolUse] = []) {
        self.step = step
        self.inputs = inputs
        self.pools = pools
    }
}

/// A step within its run.
package struct StepKey: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let asset: AssetKey
    package let partition: PartitionKey?

    package init(_ asset: AssetKey, _ partition: PartitionKey? = nil) {
        self.asset = asset
        self.partition = partition
    }

    package func of(_ run: RunID) -> StepID { StepID(run: run, asset: asset, partition: partition) }

    package var description: String { partition.map { "\(asset) of \($0)" } ?? asset.description }

    package static func < (left: StepKey, right: StepKey) -> Bool {
        left.asset != right.asset
            ? left.asset < right.asset : (left.partition?.text ?? "") < (right.partition?.text ?? "")
    }
}

extension StepID {
    package var key: StepKey { StepKey(asset, partition) }
}
