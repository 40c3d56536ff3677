/// What becomes of a value that its type in bronze cannot hold.
package enum LossPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// NULL, counted in the ledger.
    case null
    /// The extraction fails and names the row.
    case fail
    /// NULL, counted, and the value as text in a column `<column>__text` beside it.
    case textSidecar = "text_sidecar"
}

/// What becomes of text that is not UTF-8.
package enum InvalidTextPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// Each invalid byte becomes U+FFFD, counted in the ledger.
    case replace
    /// The extraction fails and names the row.
    case reject
    /// The whole column is kept as bytes, exactly as the source sent them.
    case binary
}

/// How one column is read into bronze.
package struct ColumnRule: Hashable, Sendable {
    package var losses: LossPolicy
    package var invalidText: InvalidTextPolicy

    package init(losses: LossPolicy = .null, invalidText: InvalidTextPolicy = .replace) {
        self.losses = losses
        self.invalidText = invalidText
    }

    /// The name of the column that holds what did not fit.
    package static func sidecar(of column: String) -> String { "\(column)__text" }
}
