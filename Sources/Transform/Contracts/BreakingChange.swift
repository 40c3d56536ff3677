package import LakeModel
internal import LakeStore
internal import Project

/// A public model whose columns would no longer be what is published.
package struct BreakingChange: Diagnostic {
    package let model: AssetKey
    package let changes: [String]
    /// Models that read it.
    package let readers: [AssetKey]
    package let place: Place?
    /// The reason that its header gives, which was used up by an earlier change.
    let usedUp: TableManifest.Breaking?

    package var code: String { "model.breaking-change" }
    package var problem: String {
        "\(model) is public, and this breaks who reads it: \(changes.joined(separator: "; ")). "
            + (readers.isEmpty
                ? "No model of this lake reads it."
                : "It is read by \(readers.map(\.description).joined(separator: ", ")).")
    }
    package var remedy: String {
        let remedy = "Keep the columns, or say in the header why they change: breaking: \"reason\"."
        guard let usedUp else { return remedy }
        return remedy
            + " The reason that stands there was used by run \(usedUp.run) "
            + "(\(usedUp.changes.joined(separator: "; "))): give a new one."
    }
}

extension LakeGraph.Model {
    /// What is published, if somebody relies on it.
    func published(in store: any ObjectStore) async throws -> TableManifest? {
        guard definition.access == .public else { return nil }
        return try await ManifestStore(store).manifest(of: definition.key)?.manifest
    }

    /// What breaks by publishing `columns`, whether or not the header gives a reason; in words.
    package func breaks(of published: TableManifest, by columns: [ColumnSchema]) -> [String] {
        guard definition.access == .public else { return [] }
        let notNull = definition.checks.compactMap { check -> String? in
            if case .notNull(let column) = check.rule, check.severity == .block { column } else { nil }
        }
        return Contract.breaks(of: published, by: columns, notNull: Set(notNull))
    }

    /// What breaks by publishing `columns`, if the header gives no reason; otherwise `nil`.
    package func breakingChange(of published: TableManifest, by columns: [ColumnSchema]) -> BreakingChange? {
        let changes = breaks(of: published, by: columns)
        guard !changes.isEmpty, !Contract.isCovered(by: definition.breaking, of: published) else {
            return nil
        }
        let declared = definition.columns.first { column in
            changes.contains { $0.contains("'\(column.name)'") }
        }
        return BreakingChange(
            model: definition.key, changes: changes, readers: readers,
            place: declared?.place ?? definition.sqlPlace,
            usedUp: definition.breaking == nil ? nil : published.breaking)
    }

    /// - Returns: What the manifest is to say of breaking changes.
    /// - Throws: ``BreakingChange``.
    func keepContract(
        with published: TableManifest?, columns: [ColumnSchema], by run: RunID
    ) throws -> TableManifest.Breaking? {
        guard let published else { return nil }
        if let change = breakingChange(of: published, by: columns) { throw change }
        return Contract.record(
            of: breaks(of: published, by: columns), definition.breaking, after: published, run: run)
    }
}
