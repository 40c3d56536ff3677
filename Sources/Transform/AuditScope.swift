internal import LakeModel
internal import LakeSQL

/// The rows that an audit looks at.
package struct AuditScope: Sendable {
    /// An SQL expression that stands for the rows, such as `read_parquet('…')`.
    package let relation: String
    /// The one Parquet file that they are, if they are one.
    package let file: String?
    /// Where only changed rows are looked at, an expression for all rows, for the checks that need them.
    package let whole: String?
    /// The column by whose values changed rows replaced others, with ``whole``.
    package let changedBy: [String]

    /// All rows are in one file.
    package init(file: String) {
        relation = "read_parquet(\(quotedPath(file)), hive_partitioning = false)"
        self.file = file
        whole = nil
        changedBy = []
    }

    /// All rows are those of a SELECT.
    package init(select: String) {
        relation = "(\(select))"
        file = nil
        whole = nil
        changedBy = []
    }

    /// The rows of `file` take the place of those with the same key; `whole` is a SELECT of all.
    package init(changed file: String, key: [String], whole: String) {
        relation = "read_parquet(\(quotedPath(file)), hive_partitioning = false)"
        self.file = file
        self.whole = "(\(whole))"
        changedBy = key
    }
}
