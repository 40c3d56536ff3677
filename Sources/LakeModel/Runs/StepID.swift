/// One asset, and one partition of it if it has partitions, in one run.
package struct StepID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let run: RunID
    package let asset: AssetKey
    /// What of the asset the step builds; `nil` for the whole.
    package let partition: PartitionKey?

    package init(run: RunID, asset: AssetKey, partition: PartitionKey? = nil) {
        self.run = run
        self.asset = asset
        self.partition = partition
    }

    /// `silver.fact_invoice` or `gold.revenue of 2026-11-22`; the run is left out, because it is the context.
    package var description: String { partition.map { "\(asset) of \($0)" } ?? asset.description }

    package static func < (left: StepID, right: StepID) -> Bool {
        if left.run != right.run { return left.run < right.run }
        if left.asset != right.asset { return left.asset < right.asset }
        switch (left.partition, right.partition) {
        case (let a?, let b?): return a < b
        case (nil, .some): return true
        case (_, nil): return false
        }
    }
}
