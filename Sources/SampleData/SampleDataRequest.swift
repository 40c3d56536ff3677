package import LakeModel
package import MySQL

/// What to generate, and where.
package struct SampleDataRequest: Sendable {
    package enum Target: Sendable {
        /// One file `<database>.db` for each database in this folder, which is made if it is missing.
        case sqlite(folder: String)
        /// Databases on this server under the sources' names, whose user may create and drop them. Local
        /// data is switched on by itself.
        case mysql(MySQLSettings)
    }

    /// 1 is the real size: 5.1 million invoices, 27.9 million invoice items. More than 0, at most 10.
    package var scale: Double
    package var seed: UInt64
    package var target: Target
    /// 0 makes everything anew, as it is on the base date. Otherwise what is there grows and changes by so
    /// many business days; where nothing is there, the base date is made first.
    package var advanceDays: Int
    /// Business day 0; the three years before it are history.
    package var baseDay: Day
    /// Only these (`v3_invoice.invoice`); nil for all.
    package var tables: Set<String>?

    package init(
        scale: Double, seed: UInt64 = 42, target: Target, advanceDays: Int = 0,
        baseDay: Day = SampleDataRequest.usualBaseDay, tables: Set<String>? = nil
    ) {
        (self.scale, self.seed, self.target) = (scale, seed, target)
        (self.advanceDays, self.baseDay, self.tables) = (advanceDays, baseDay, tables)
    }

    /// 2026-06-30.
    package static let usualBaseDay = Day(daysSinceEpoch: 20_634)
}

/// One table that is finished.
package struct GeneratedTable: Hashable, Sendable {
    package let database: String
    package let table: String
    package let rowsInserted: Int
    package let rowsUpdated: Int
    package let duration: Duration
}

package struct SampleDataSummary: Sendable {
    /// In the catalog's order.
    package let tables: [GeneratedTable]
    /// The day up to which the databases have grown.
    package let businessDay: Day
    package let duration: Duration

    package var rowsInserted: Int { tables.reduce(0) { $0 + $1.rowsInserted } }
    package var rowsUpdated: Int { tables.reduce(0) { $0 + $1.rowsUpdated } }
}

/// A request that cannot be carried out.
package struct SampleDataError: Diagnostic, Hashable {
    package enum Reason: Hashable, Sendable {
        /// The scale or the number of days is out of range.
        case invalidRequest(String)
        case unknownTables([String])
        /// The database is there, but this generator has not made it.
        case foreign(database: String)
        /// The tables were made with another seed, scale or base date.
        case differentPlan(table: String)
        /// An earlier generation or advance was cut off.
        case unfinished(table: String)
        /// The tables stand on different business days, because only some of them were advanced.
        case differentDays
        /// The server stored other values than it was given.
        case altered(table: String, values: Int)
        case folder(String)
    }

    package let reason: Reason

    package var code: String {
        switch reason {
        case .invalidRequest: "sample.invalid-request"
        case .unknownTables: "sample.unknown-tables"
        case .foreign: "sample.foreign-database"
        case .differentPlan: "sample.different-plan"
        case .unfinished: "sample.unfinished"
        case .differentDays: "sample.different-days"
        case .altered: "sample.altered"
        case .folder: "sample.folder"
        }
    }

    package var problem: String {
        switch reason {
        case .invalidRequest(let detail): detail
        case .unknownTables(let names): "The sample has no such tables: \(names.joined(separator: ", "))."
        case .foreign(let database):
            "There is a database \(database) already, and no sample generator made it."
        case .differentPlan(let table): "\(table) was generated with another seed, scale or base date."
        case .unfinished(let table): "The last generation of \(table) did not finish."
        case .differentDays: "The tables stand on different business days, so they cannot advance together."
        case .altered(let table, let values):
            "The server changed \(values) values of \(table) while loading them."
        case .folder(let detail): "The folder for the sample databases cannot be made: \(detail)."
        }
    }

    package var remedy: String {
        switch reason {
        case .invalidRequest: "Choose a scale above 0 and up to 10, and between 0 and 3650 days."
        case .unknownTables: "Name tables as <database>.<table>, as in v3_invoice.invoice."
        case .foreign:
            "Choose another folder or server, or remove that database yourself: nothing was changed."
        case .differentPlan, .unfinished, .differentDays: "Generate the data anew, without advancing."
        case .altered: "Report the server's version; SHOW WARNINGS after a load by hand names the columns."
        case .folder: "Check the path and its permissions."
        }
    }
}
