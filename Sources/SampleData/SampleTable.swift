/// One legacy table: its columns as MySQL declares them, and an SQL expression for each column's value.
///
/// A row is a pure function of the seed, the table, the row's number and the day of its last update. The
/// expressions see `n` (the row's number, from 0), `u` (the business day of its last update; 0 is none, -1 is
/// the older twin of a duplicate), `b` (the business day of its birth; 0 is history), `day` and `sec` (when
/// it was created: days from the base date and seconds of that day), the names in ``steps``, and the macros
/// of ``samplePrelude(_:)``.
package struct SampleTable: Sendable {
    package let database: String
    package let name: String
    package let columns: [SampleColumn]
    /// Empty for a table without a primary key: there an update adds another row.
    package let key: [String]
    package let size: SampleSize
    /// The column that says when a row changed; MySQL gets an index on it.
    package let cursor: String?
    /// Overrides the day of creation.
    let createdOn: String?
    /// Named intermediate values, each list one level of subquery.
    let steps: [[(name: String, value: String)]]
    /// Every so many rows one has an older twin; only without a primary key.
    let duplicateEvery: Int?

    init(
        _ database: String, _ name: String, _ size: SampleSize, key: [String], cursor: String? = nil,
        createdOn: String? = nil, steps: [[(name: String, value: String)]] = [], duplicateEvery: Int? = nil,
        columns: [SampleColumn]
    ) {
        precondition(
            duplicateEvery == nil || key.isEmpty, "Only a table without a primary key has duplicates.")
        self.database = database
        self.name = name
        self.columns = columns
        self.key = key
        self.size = size
        self.cursor = cursor
        self.createdOn = createdOn
        self.steps = steps
        self.duplicateEvery = duplicateEvery
    }

    /// `v3_invoice.invoice`.
    package var qualifiedName: String { "\(database).\(name)" }
}

package struct SampleColumn: Sendable {
    package let name: String
    /// As MySQL's CREATE TABLE spells it.
    package let mySQLType: String
    let value: String

    init(_ name: String, _ mySQLType: String, _ value: String) {
        self.name = name
        self.mySQLType = mySQLType
        self.value = value
    }

    /// How its values leave DuckDB and enter a database.
    enum Kind { case integer, double, text, bytes }

    var kind: Kind {
        if mySQLType.contains("latin1") { return .bytes }
        switch mySQLType.prefix(while: { $0.isLetter }) {
        case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "BIT", "YEAR": return .integer
        case "DECIMAL", "DOUBLE", "FLOAT": return .double
        default: return .text
        }
    }

    /// The same type where SQLite has none of its own: the names that stay are those that extraction knows.
    var sqliteType: String {
        let rule = mySQLType.hasSuffix(" NOT NULL") ? " NOT NULL" : ""
        switch mySQLType.prefix(while: { $0.isLetter }) {
        case "ENUM", "SET": return "VARCHAR(40)" + rule
        case "BIT": return "TINYINT" + rule
        case "YEAR": return "SMALLINT" + rule
        case "TIME": return "VARCHAR(12)" + rule
        default:
            guard kind == .bytes else { return mySQLType }
            return mySQLType.prefix { $0 != " " } + rule
        }
    }
}

/// How many rows a table has, and how it moves from day to day, at scale 1.
package enum SampleSize: Sendable {
    /// A lookup table: the same at every scale, and it never changes.
    case fixed(Int)
    /// Grows and changes in proportion to the scale.
    case scaled(Int, perDay: Int = 0, updates: Int = 0)

    /// The rows of day 0, at least one.
    package func rows(at scale: Double) -> Int {
        switch self {
        case .fixed(let rows): rows
        case .scaled(let rows, _, _): max(1, Int((Double(rows) * scale).rounded()))
        }
    }

    /// New rows a day: none, or at least one.
    package func rowsPerDay(at scale: Double) -> Int { daily(scale) { $0.perDay } }

    /// Updates a day: none, or at least one. A row that is chosen twice on a day changes once.
    package func updatesPerDay(at scale: Double) -> Int { daily(scale) { $0.updates } }

    private func daily(_ scale: Double, _ part: ((perDay: Int, updates: Int)) -> Int) -> Int {
        guard case .scaled(_, let perDay, let updates) = self else { return 0 }
        let count = part((perDay, updates))
        return count == 0 ? 0 : max(1, Int((Double(count) * scale).rounded()))
    }
}
