/// What a public table promises: no column that is published goes, changes its type to one that does not hold
/// its values, or becomes NULL where it could not.
package enum Contract {
    /// The changes that break who reads the table; in words.
    ///
    /// - Parameter notNull: The columns of which the definition lets no NULL pass.
    package static func breaks(
        of published: TableManifest, by columns: [ColumnSchema], notNull: Set<String>
    ) -> [String] {
        let changes = SchemaDrift.changes(from: published.schema, to: columns).filter(\.isBreaking)
        let known = Set(columns.map { $0.name.lowercased() })
        let strict = Set(notNull.map { $0.lowercased() })
        let loosened = published.schema.map(\.name).filter { name in
            known.contains(name.lowercased()) && !strict.contains(name.lowercased())
                && published.checks.contains {
                    $0.severity == .block
                        && $0.check.lowercased() == "not_null(\(name.lowercased()))"
                }
        }
        return changes.map(\.inWords) + loosened.map { "column '\($0)' may be NULL now" }
    }

    /// Whether `reason` is one for changes to come. One that stood there when the table was published has
    /// been used up by the changes of that time: the next ones need their own.
    package static func isCovered(by reason: String?, of published: TableManifest) -> Bool {
        guard let reason else { return false }
        return reason != published.breaking?.reason
    }

    /// What the next manifest says of breaking changes.
    package static func record(
        of changes: [String], _ reason: String?, after published: TableManifest?, run: RunID
    ) -> TableManifest.Breaking? {
        guard let reason else { return nil }
        if let earlier = published?.breaking, earlier.reason == reason { return earlier }
        return changes.isEmpty ? nil : TableManifest.Breaking(reason: reason, changes: changes, run: run)
    }
}

extension SchemaChange {
    /// Whether SQL that reads the column may fail, or read other values.
    package var isBreaking: Bool {
        switch kind {
        case .added, .widened: false
        case .removed, .narrowed, .retyped, .renamed: true
        }
    }
}
