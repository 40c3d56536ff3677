package import LakeModel

/// What was counted while rows were read.
package struct ExtractionLedger: Hashable, Sendable {
    package var rows: Int64 = 0
    /// Of the values as they came.
    package var bytes: Int64 = 0
    /// The greatest value of the cursor that is not of the future; `nil` if no row had one.
    package var cursorMax: CursorValue?
    package var conversions: [Conversion] = []

    package init() {}

    /// What several readers counted together.
    init(merging ledgers: [ExtractionLedger]) {
        rows = ledgers.reduce(0) { $0 + $1.rows }
        bytes = ledgers.reduce(0) { $0 + $1.bytes }
        cursorMax = ledgers.compactMap(\.cursorMax).max()
        conversions = Conversion.merged(ledgers.map(\.conversions))
    }
}
