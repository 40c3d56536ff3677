internal import DuckDB
package import LakeModel
package import Project

/// One connection to a source: it describes tables and reads them in one consistent snapshot.
///
/// Used by one thread at a time, which may block.
protocol SourceSession: AnyObject {
    /// `mariadb 10.11.19`, `sqlite 3.40.1`.
    var system: String { get }

    /// Stops the call that is running, at the server too; safe from any thread.
    var cancel: @Sendable () -> Void { get }

    /// A text that is another one whenever a committed change may have happened since; `nil` if the source
    /// cannot promise that.
    func fingerprint() throws -> String?

    /// The table or view of that name, or `nil` if there is none.
    func describe(_ table: TableName) throws -> SourceTable?

    /// The names of all tables and views.
    func tableNames() throws -> [String]

    /// Begins the transaction in which all later reads see one state.
    func beginSnapshot() throws

    /// What the source's own clock says.
    func now() throws -> Timestamp

    /// `COUNT(*)`, in the snapshot if one was begun; with a `key` how many different ones there are.
    func countRows(of table: SourceTable, distinctBy key: [String]) throws -> Int64

    /// Whether the table has rows beyond the upper bound of `reading`, which it leaves for the next time.
    func hasRowsBeyond(_ reading: TableReading) throws -> Bool

    /// The rows that `reading` means, as they come.
    func rows(_ reading: TableReading) throws -> any RowProducer

    func close()
}

/// Rows on their way from a source into DuckDB's vectors.
protocol RowProducer: AnyObject {
    /// Writes the next rows and sets the chunk's count; a count of 0 is the end.
    func fill(_ chunk: inout OutputChunk) throws
    /// Rows and bytes so far.
    var counts: (rows: Int64, bytes: Int64) { get }
    /// What happened to values on the way, and how far the cursor got. Complete at the end.
    var ledger: ExtractionLedger { get }
}

/// A table of a source as the source describes it.
package struct SourceTable: Hashable, Sendable {
    package let name: TableName
    package let isView: Bool
    package let columns: [SourceColumn]
    /// The columns of the primary key, in its order; empty if there is none.
    package let primaryKey: [String]

    package init(name: TableName, isView: Bool, columns: [SourceColumn], primaryKey: [String]) {
        self.name = name
        self.isView = isView
        self.columns = columns
        self.primaryKey = primaryKey
    }

    package func column(_ name: String) -> SourceColumn? { columns.first { $0.name == name } }
}

/// A column of a source and its type in bronze.
package struct SourceColumn: Hashable, Sendable {
    package let name: String
    package let type: BronzeType
    /// The expression that selects it at the source.
    let selection: String

    init(name: String, type: BronzeType, selection: String) {
        self.name = name
        self.type = type
        self.selection = selection
    }
}

/// Which rows of a table are read.
struct TableReading: Sendable {
    let table: SourceTable
    let bounds: Bounds?

    /// `lower <= cursor < upper`. Without `lower` rows whose cursor is NULL are read too.
    struct Bounds: Hashable, Sendable {
        let cursor: SourceColumn
        let lower: CursorValue?
        /// Rows of the second that is still running are left for the next time, so that a row which gets
        /// the same time stamp after the snapshot is not missed. `nil` for a number, which has no clock.
        let upper: CursorValue?
    }

    init(table: SourceTable, bounds: Bounds? = nil) {
        self.table = table
        self.bounds = bounds
    }

    /// The position of the cursor among the columns.
    var cursorIndex: Int? {
        bounds.flatMap { bounds in table.columns.firstIndex { $0.name == bounds.cursor.name } }
    }
}

/// What was counted while rows were read.
package struct ExtractionLedger: Hashable, Sendable {
    package var rows: Int64 = 0
    /// Of the values as they came.
    package var bytes: Int64 = 0
    /// The greatest value of the cursor; `nil` if no row had one.
    package var cursorMax: CursorValue?
    package var conversions: [Conversion] = []

    package init() {}
}

/// Opens connections to the database of a source.
package struct SourceConnector: Sendable {
    private let source: SourceDefinition

    package init(_ source: SourceDefinition) { self.source = source }

    /// Connects. The caller closes the session.
    /// - Throws: a ``SourceUnavailable``.
    func connect() throws -> any SourceSession {
        switch source.connection.kind {
        case .sqlite(let path):
            return try SQLiteSession(source: source, path: SourceConnector.path(path, of: source))
        case .mysql(let address):
            return try MySQLSession(source: source, address: address)
        }
    }

    /// A text that is another one whenever a committed change may have happened; `nil` if the source cannot
    /// promise that, which is known without connecting. Blocks.
    package func fingerprint() throws -> String? {
        guard case .sqlite = source.connection.kind else { return nil }
        let session = try connect()
        defer { session.close() }
        return try session.fingerprint()
    }

    /// How many rows of a table its current state in bronze must have now: `COUNT(*)`, or the number of
    /// different keys if the source does not keep the declared key unique. Blocks.
    package func countRows(of table: TableDefinition) throws -> Int64 {
        let session = try connect()
        defer { session.close() }
        guard let shape = try session.describe(table.name) else {
            throw ExtractionMistake.missingTable(table, of: source, existing: try session.tableNames())
        }
        let isMerged = table.mode == .incremental && !table.key.isEmpty && table.key != shape.primaryKey
        return try session.countRows(of: shape, distinctBy: isMerged ? table.key : [])
    }

    /// The file of a source's database, in which `{database}` stands for the database's name.
    package static func path(_ template: String, of source: SourceDefinition) -> String {
        var path = ""
        var rest = Substring(template)
        while let found = rest.firstRange(of: "{database}") {
            path += rest[..<found.lowerBound] + source.database
            rest = rest[found.upperBound...]
        }
        return path + rest
    }
}
