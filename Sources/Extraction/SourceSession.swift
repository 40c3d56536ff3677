internal import DuckDB
internal import LakeModel
internal import Project

/// One connection to a source: it describes tables and reads them.
///
/// A kind of source is one type that conforms to this, and a line in ``SourceConnector``. Used by one
/// thread at a time, which may block.
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

    /// All tables and views with their columns, keys, sizes and candidates for a cursor, in any order.
    func discover() throws -> [DiscoveredTable]

    /// How the connection is protected and what the account may do; `nil` if there is nothing to say.
    func inspect() throws -> SourceInspection?

    /// What time it is there, and since when something may be written that nobody sees yet.
    func clock() throws -> SourceClock

    /// How busy the source is, besides this session and the `readers` that stream meanwhile.
    func load(besides readers: [any SourceSession]) throws -> SourceLoad

    /// Begins the transaction in which all later reads of this session see one state, with up to `readers`
    /// sessions in all that see the same state, or that say why they do not.
    func beginSnapshot(of table: SourceTable, readers: Int) throws -> SourceSnapshot

    /// Cuts `reading` into about `pieces` that share no row and together have all; one piece where it cannot
    /// be cut.
    func slices(of reading: TableReading, into pieces: Int) throws -> [Slice]

    /// `COUNT(*)` of the rows that `reading` means, in the snapshot if one was begun.
    func count(_ reading: TableReading) throws -> Int64

    /// How many different values of `key` the table has.
    func countDistinct(_ key: [String], of table: SourceTable) throws -> Int64

    /// The different values of a column of texts or whole numbers, as text; no more than `limit`, and no
    /// NULL.
    func values(of column: SourceColumn, in table: SourceTable, limit: Int) throws -> [String]

    /// The measures of ``ColumnChecksum`` over the rows that `reading` means, in the snapshot if one was
    /// begun; `nil` if the source cannot compute them.
    func checksums(of reading: TableReading) throws -> [ColumnChecksum]?

    /// Whether the table has rows beyond the upper bound of `reading`, which it leaves for the next time.
    func hasRowsBeyond(_ reading: TableReading) throws -> Bool

    /// The least and the greatest value of the leading cursor among the rows that `reading` means; `nil`
    /// if it has none. With an index on the cursor this reads two entries of it.
    func ends(ofCursorIn reading: TableReading) throws -> (least: CursorValue, greatest: CursorValue)?

    /// The rows that `reading` means, as they come. A kind of source has either this or
    /// ``relation(_:)``.
    func rows(_ reading: TableReading) throws -> any RowProducer

    /// The rows that `reading` means, as a query that DuckDB runs by itself; `nil` if they come by
    /// ``rows(_:)``.
    func relation(_ reading: TableReading) throws -> SourceRelation?

    /// Finds out whether `reading` could be read, without its rows.
    func probe(_ reading: TableReading) throws

    /// `name` as an identifier of the source's SQL.
    func quoted(_ name: String) -> String

    /// A condition that is true of a text column, given in the source's SQL, where it is exactly `literal`:
    /// the same letters in the same case, whatever its collation takes for equal.
    func condition(_ column: String, isExactly literal: String) -> String

    /// Ends the transaction, if there is one, and the connection.
    func close()
}

extension SourceSession {
    func inspect() throws -> SourceInspection? { nil }
    func quoted(_ name: String) -> String { quotedIdentifier(name) }
    func condition(_ column: String, isExactly literal: String) -> String { "\(column) = \(literal)" }
    func probe(_ reading: TableReading) throws { _ = try rows(reading) }
    func load(besides readers: [any SourceSession]) throws -> SourceLoad { SourceLoad() }
    func slices(of reading: TableReading, into pieces: Int) throws -> [Slice] { [.whole] }
    func checksums(of reading: TableReading) throws -> [ColumnChecksum]? { nil }
    func hasRowsBeyond(_ reading: TableReading) throws -> Bool { false }
    func relation(_ reading: TableReading) throws -> SourceRelation? { nil }
    func rows(_ reading: TableReading) throws -> any RowProducer {
        throw DuckDBError(.notImplemented, "\(system) gives its rows as a query.")
    }
}

/// Rows that DuckDB reads by itself, so that they need not be handed over value by value.
struct SourceRelation {
    /// Of the DuckDB that can read them; the session's own, which stops and closes it.
    let connection: Connection
    /// A SELECT of the table's columns in bronze, in their order.
    let select: String
    /// Makes a diagnostic of what goes wrong.
    let explain: (DuckDBError) -> any Error
}

/// Sessions that read one table together.
struct SourceSnapshot {
    /// The session that began it, then its siblings. Whoever began it closes the siblings.
    let readers: [any SourceSession]
    let consistency: Consistency

    enum Consistency: Hashable, Sendable {
        /// All readers see one state; how that was reached.
        case shared(String)
        /// Each reader sees a state of its own; why.
        case perReader(String)
        /// Rows may change while they are read; why.
        case none(String)
    }
}

/// A part of a table that one reader reads at a time.
struct Slice: Hashable, Sendable {
    /// A condition in the source's SQL; `nil` is everything.
    let condition: String?
    /// What is read instead of the table, in the source's SQL: one of its partitions.
    var part: String?

    static let whole = Slice(condition: nil)
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
