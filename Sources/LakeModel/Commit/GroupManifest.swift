/// What readers see of tables that are published together; `_tarn/groups/{name}.json`. Replacing it makes all
/// of them visible at one instant.
package struct GroupManifest: Hashable, Sendable, Codable {
    package static let currentFormat = 1

    package var format = GroupManifest.currentFormat
    package let group: String
    package let run: RunID
    package let publishedAt: Timestamp
    /// The manifests of its tables as they were then, in the order of names.
    package let tables: [TableManifest]

    package init(group: String, run: RunID, publishedAt: Timestamp, tables: [TableManifest]) {
        self.group = group
        self.run = run
        self.publishedAt = publishedAt
        self.tables = tables
    }

    /// Its tables by their names.
    package var byAsset: [AssetKey: TableManifest] {
        Dictionary(tables.map { ($0.asset, $0) }) { first, _ in first }
    }
}
