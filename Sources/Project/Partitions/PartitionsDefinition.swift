package import LakeModel

/// How a table or model is divided into partitions, and by which of its columns.
package struct PartitionsDefinition: Hashable, Sendable {
    /// Never `none`. Dynamic keys are not in it.
    package let scheme: PartitionScheme
    /// The column whose time decides; `nil` if there are no partitions of time.
    package let timeColumn: String?
    /// The column whose value is the key; `nil` if there are no keys.
    package let keyColumn: String?
    package let place: Place

    package init(scheme: PartitionScheme, timeColumn: String?, keyColumn: String?, place: Place) {
        precondition(
            (scheme.times == nil) == (timeColumn == nil) && (scheme.keys == nil) == (keyColumn == nil),
            "Each dimension has a column.")
        self.scheme = scheme
        self.timeColumn = timeColumn
        self.keyColumn = keyColumn
        self.place = place
    }

    /// In the order of a partition's name.
    package var columns: [String] { [timeColumn, keyColumn].compactMap { $0 } }
}

/// Which partitions of an input a model needs, where the rule of its scheme is not meant.
package struct InputDefinition: Hashable, Sendable {
    package let asset: AssetKey
    package let mapping: PartitionMapping
    package let place: Place

    package init(asset: AssetKey, mapping: PartitionMapping, place: Place) {
        self.asset = asset
        self.mapping = mapping
        self.place = place
    }
}
