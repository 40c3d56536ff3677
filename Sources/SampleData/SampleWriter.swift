/// Where generated rows go: one connection to one kind of database, used by one thread at a time.
protocol SampleWriter: SendableMetatype {
    /// What the databases are reached by.
    associatedtype Target: Sendable

    /// Which of these databases are there and are not empty.
    static func inUse(_ names: [String], of target: Target) throws -> [String]

    /// Opens or creates the database `name`; with `isAnew`, without anything that was in it.
    init(database name: String, of target: Target, isAnew: Bool) throws

    /// Replaces the table by an empty one.
    func create(_ table: SampleTable) throws

    /// Stores the rows of all `slices` in one transaction. Rows whose key is there already replace those.
    /// - Returns: How many rows the slices had.
    func store(_ slices: [String], of table: SampleTable, from source: RowSource) throws -> Int

    /// Replaces the views of the database.
    func create(_ view: SampleView) throws

    /// Runs statements of the generator's own, such as those of its state.
    func execute(_ sql: String) throws
    /// The rows of a small result, of text and integers; NULL is empty.
    func strings(_ sql: String) throws -> [[String]]
    func hasTable(_ name: String) throws -> Bool
}
