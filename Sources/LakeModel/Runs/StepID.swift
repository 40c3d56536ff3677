/// What is done with one asset, or with one partition of it, in one run.
package struct StepID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let run: RunID
    package let asset: AssetKey
    /// What of the asset the step builds; `nil` for the whole.
    package let partition: PartitionKey?
    package let task: StepTask

    package init(
        run: RunID, asset: AssetKey, partition: PartitionKey? = nil, task: StepTask = .build
    ) {
        self.run = run
        self.asset = asset
        self.partition = partition
        self.task = task
    }

    /// `silver.fact_invoice`, `gold.revenue of 2026-11-22` or `reconcile bronze_crm.customer`; the run is
    /// left out, because it is the context.
    package var description: String { key.description }

    package static func < (left: StepID, right: StepID) -> Bool {
        if left.run != right.run { return left.run < right.run }
        if left.asset != right.asset { return left.asset < right.asset }
        if left.task != right.task { return left.task == .build }
        switch (left.partition, right.partition) {
        case (let a?, let b?): return a < b
        case (nil, .some): return true
        case (_, nil): return false
        }
    }
}
