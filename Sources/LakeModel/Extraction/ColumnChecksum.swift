/// A figure that both the source and the lake can compute of a column, so that a value that was lost or
/// changed between them shows.
package struct ColumnChecksum: Hashable, Sendable, Codable {
    package let column: String
    /// Values that are not NULL.
    package let values: Int64
    /// The sum of the values' measures in decimal, exact; what the measure is depends on the column's type
    /// (`docs/extraction.md`). `nil` for a column that is only counted.
    package let sum: String?

    package init(column: String, values: Int64, sum: String?) {
        self.column = column
        self.values = values
        self.sum = sum
    }
}
