/// One file of a source that a data file was made from, and what tells its content from any other.
package struct InputFile: Hashable, Sendable, Codable {
    /// Relative to the folder of the source; what the rows have in `_file`.
    package let path: String
    package let bytes: ByteCount
    package let modifiedAt: Timestamp
    /// When anything of it last changed, as the file system has it (`ctime`), which no user can set; `nil` if
    /// that is not known.
    package let changedAt: Timestamp?
    /// Of its bytes as they stand on the disk, in hexadecimal.
    package let sha256: String
    /// The rows that it has in the data file.
    package let rows: Int64
    /// Whether the rows of earlier versions of it no longer count; `nil` is no.
    package let supersedes: Bool?

    package init(
        path: String, bytes: ByteCount, modifiedAt: Timestamp, changedAt: Timestamp? = nil, sha256: String,
        rows: Int64, supersedes: Bool = false
    ) {
        self.path = path
        self.bytes = bytes
        self.modifiedAt = modifiedAt
        self.changedAt = changedAt
        self.sha256 = sha256
        self.rows = rows
        self.supersedes = supersedes ? true : nil
    }

    /// The column with the path of the file that a row comes from.
    package static let pathColumn = "_file"
    /// The column with the line on which a row begins, counted from 1; of formats that have lines.
    package static let lineColumn = "_line"
}

/// Lines of input files that are no rows: where they are kept.
package struct Quarantine: Hashable, Sendable, Codable {
    /// A Parquet file below the lake's root with the columns `file`, `line`, `column`, `error` and `raw`.
    package let path: String
    package let rows: Int64

    package init(path: String, rows: Int64) {
        self.path = path
        self.rows = rows
    }
}
