/// A table that Swift code produces: `SELECT … FROM name(arguments)`.
///
/// DuckDB binds once per use in a query, starts a scan (``start(_:columns:)``), gives each thread its own
/// ``Local``, and asks threads for chunks until each has produced one of 0 rows. What any of these throws
/// fails the query, whose ``DuckDBError/underlying`` is that very error.
package protocol TableFunction: Sendable {
    /// What the arguments mean; shared by all threads.
    associatedtype Bound: Sendable
    /// The state of one scan; shared by all its threads.
    associatedtype Scan: Sendable
    /// The state of one thread of a scan; used by one thread at a time.
    associatedtype Local

    var name: String { get }
    var parameters: [LogicalType] { get }
    var namedParameters: [LogicalType.Field] { get }
    /// Whether ``produce(_:scan:local:into:)`` writes only the columns that the query needs. Then a chunk has
    /// the columns that ``start(_:columns:)`` was told, in that order.
    var projectsColumns: Bool { get }

    func bind(_ arguments: BindArguments) throws -> TableBinding<Bound>
    func start(_ bound: Bound, columns: [Int]) throws -> TableScan<Scan>
    func makeLocal(_ bound: Bound, scan: Scan) throws -> Local
    /// Writes the next rows and sets the chunk's count; 0 ends the thread's part.
    func produce(_ bound: Bound, scan: Scan, local: inout Local, into chunk: inout OutputChunk) throws
}

extension TableFunction {
    package var parameters: [LogicalType] { [] }
    package var namedParameters: [LogicalType.Field] { [] }
    package var projectsColumns: Bool { false }
}

/// The arguments of one use of a table function.
package struct BindArguments: Sendable {
    package var positional: [Value]
    /// Only those that were given.
    package var named: [String: Value]
}

/// What binding a table function found out.
package struct TableBinding<Bound: Sendable>: Sendable {
    package var columns: [ResultColumn]
    package var bound: Bound
    /// How many rows to expect, if that is known; DuckDB plans and shows progress with it.
    package var cardinality: Int?
    package var isCardinalityExact: Bool

    package init(
        columns: [ResultColumn], bound: Bound, cardinality: Int? = nil, isCardinalityExact: Bool = false
    ) {
        self.columns = columns
        self.bound = bound
        self.cardinality = cardinality
        self.isCardinalityExact = isCardinalityExact
    }
}

/// A scan that begins.
package struct TableScan<Scan: Sendable>: Sendable {
    package var scan: Scan
    /// How many threads can produce at once.
    package var threadsMax: Int

    package init(_ scan: Scan, threadsMax: Int = 1) {
        self.scan = scan
        self.threadsMax = threadsMax
    }
}
