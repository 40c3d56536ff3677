internal import LakeModel
internal import Terminal

/// The fidelity ledger for people: what was changed on the way into bronze, with samples.
enum FidelityLedger {
    static func table(_ conversions: [Conversion], rows: Int64? = nil) -> String {
        var table = TextTable(columns: [
            .init("changed on the way in"), .init("why"), .init("in bronze"),
            .init("values", alignment: .right), .init("samples (key: value)"),
        ])
        for conversion in conversions.sorted() {
            table.append([
                conversion.column, conversion.reason.rawValue, conversion.reason.inBronze,
                countText(conversion.values),
                conversion.samples.prefix(3).map {
                    $0.key.isEmpty ? "'\($0.value)'" : "\($0.key): '\($0.value)'"
                }.joined(separator: ", "),
            ])
        }
        return table.plain(widthMax: Output.width, style: Output.style)
    }
}

extension Conversion.Reason {
    /// What became of the value, unless the table declares another policy.
    fileprivate var inBronze: String {
        switch self {
        case .zeroDate, .partialDate, .outOfRange, .notFinite, .wrongType: "NULL"
        case .invalidText: "U+FFFD"
        case .rounded: "rounded"
        case .futureCursor: "kept"
        case .badRow: "no row"
        }
    }
}

/// One line of the ledger in `--json` answers.
struct ConversionJSON: Encodable {
    let column: String
    let reason: String
    let values: Int64
    let samples: [Sample]

    struct Sample: Encodable {
        let key: String
        let value: String
    }

    init(_ conversion: Conversion) {
        column = conversion.column
        reason = conversion.reason.rawValue
        values = conversion.values
        samples = conversion.samples.map { Sample(key: $0.key, value: $0.value) }
    }
}
