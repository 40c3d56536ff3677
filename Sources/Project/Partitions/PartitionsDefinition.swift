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

/// What a model's header says of one of its inputs.
package struct InputDefinition: Hashable, Sendable {
    package let asset: AssetKey
    /// Which partitions of the input one of the model's is made from; `nil` if the rule of its scheme is
    /// meant.
    package let mapping: PartitionMapping?
    /// A column of an input without partitions: a row of a partition of the model is made only from rows
    /// whose value lies in the partition. `nil` if the input's changes are not followed.
    package let column: String?
    package let place: Place

    package init(asset: AssetKey, mapping: PartitionMapping?, column: String? = nil, place: Place) {
        self.asset = asset
        self.mapping = mapping
        self.column = column
        self.place = place
    }
}
