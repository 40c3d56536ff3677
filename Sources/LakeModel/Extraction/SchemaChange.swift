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
