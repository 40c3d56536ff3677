/// One way in which a table at the source differs from what bronze has of it.
package struct SchemaChange: Hashable, Sendable, Codable {
    package let kind: Kind
    package let column: String
    /// The type in bronze, or the name for a renamed column; `nil` for an added column.
    package let before: String?
    /// The type now; `nil` for a removed column.
    package let now: String?

    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case added, removed, widened, narrowed, retyped, renamed
    }

    package init(_ kind: Kind, column: String, before: String? = nil, now: String? = nil) {
        self.kind = kind
        self.column = column
        self.before = before
        self.now = now
    }
}

extension SchemaChange {
    /// `column 'vat' is new (DECIMAL(10,2))`.
    package var inWords: String {
        switch kind {
        case .added: "column '\(column)' is new\(now.map { " (\($0))" } ?? "")"
        case .removed: "column '\(column)' is gone\(before.map { " (\($0))" } ?? "")"
        case .renamed: "column '\(before ?? "?")' is gone, perhaps renamed to '\(column)'"
        case .widened, .narrowed, .retyped:
            "column '\(column)' was \(kind.rawValue): \(before ?? "?") to \(now ?? "?")"
        }
    }

    /// `+ vat DECIMAL(10,2)`.
    package var sign: String {
        switch kind {
        case .added: "+ \(column)\(now.map { " \($0)" } ?? "")"
        case .removed: "- \(column)\(before.map { " \($0)" } ?? "")"
        case .renamed: "\(before ?? "?") → \(column) (a rename, it seems)"
        case .widened, .narrowed, .retyped: "\(column) \(before ?? "?") → \(now ?? "?")"
        }
    }
}

extension [SchemaChange] {
    /// `2 schema changes: + email VARCHAR, amount DECIMAL(10,2) → DECIMAL(12,2)`.
    package var summary: String {
        "\(count) schema \(count == 1 ? "change" : "changes"): \(map(\.sign).joined(separator: ", "))"
    }
}
