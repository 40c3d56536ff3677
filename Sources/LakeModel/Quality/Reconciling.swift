extension ReconciliationRecord {
    /// Compares row counts: bronze must have the source's rows, give or take `tolerance` as a share of them.
    ///
    /// Any rows beside an empty source are a drift of one hundred percent.
    package static func ofRowCounts(
        asset: AssetKey, run: RunID?, comparedAt: Timestamp, sourceRows: Int64, bronzeRows: Int64,
        tolerance: Double
    ) -> ReconciliationRecord {
        let drift =
            sourceRows == bronzeRows ? 0 : Double(abs(sourceRows - bronzeRows)) / Double(max(sourceRows, 1))
        let isWithin = drift <= tolerance
        let difference = bronzeRows - sourceRows
        let detail =
            difference == 0
            ? "Bronze has every row of the source."
            : "Bronze has \(abs(difference)) \(difference < 0 ? "fewer" : "more") rows than the source"
                + (isWithin ? ", within the tolerance." : ", beyond the tolerance.")
        return ReconciliationRecord(
            asset: asset, run: run, comparedAt: comparedAt, measure: .rowCount, source: sourceRows,
            lake: bronzeRows,
            tolerance: tolerance, drift: drift, verdict: isWithin ? .passed : .failed, detail: detail)
    }
}

/// Whether a table is compared with its source in each run that builds it.
package enum ReconcilePolicy: String, Hashable, Sendable, CaseIterable {
    /// Only when somebody asks for it.
    case off
    /// After it was built. What is made from it does not wait, and a drift is a remark.
    case warn
    /// After it was built. What is made from it waits, and is not built if the table drifts.
    case gate
}
