internal import LakeModel

/// What the generator remembers in the databases themselves: how each table was made and how far it has got.
///
/// It is one table of one database, which the lake excludes by name.
struct GeneratorState {
    static let database = "v3_audit"
    static let table = "tarn_demo_state"

    struct Entry: Hashable {
        let seed: UInt64
        let scale: Double
        let baseDay: Day
        /// Business days after the base date.
        let day: Int
        /// False while rows are being written, and for ever if that was cut off.
        let isFinished: Bool
    }

    /// By the table's qualified name.
    private(set) var entries: [String: Entry] = [:]

    /// Nothing, where the state's table is not there.
    init(from writer: some SampleWriter) throws {
        guard try writer.hasTable(Self.table) else { return }
        for row in try writer.strings("SELECT tbl, seed, scale, base_day, day_no, done FROM \(Self.table)") {
            guard let seed = UInt64(row[1]), let scale = Double(row[2]), let baseDay = Day(row[3]),
                let day = Int(row[4])
            else { throw SampleDataError(reason: .unfinished(table: row[0])) }
            entries[row[0]] = Entry(
                seed: seed, scale: scale, baseDay: baseDay, day: day, isFinished: row[5] == "1")
        }
    }

    /// The business day of these tables: nil if none of them is there yet.
    /// - Throws: ``SampleDataError`` if they cannot be continued by `plan`.
    func day(of tables: [SampleTable], under plan: SamplePlan) throws -> Int? {
        var days: Set<Int> = []
        for table in tables {
            guard let entry = entries[table.qualifiedName] else {
                days.insert(-1)
                continue
            }
            guard entry.isFinished else {
                throw SampleDataError(reason: .unfinished(table: table.qualifiedName))
            }
            guard entry.seed == plan.seed, entry.scale == plan.scale, entry.baseDay == plan.baseDay else {
                throw SampleDataError(reason: .differentPlan(table: table.qualifiedName))
            }
            days.insert(entry.day)
        }
        guard days.count <= 1 else { throw SampleDataError(reason: .differentDays) }
        return days.first.flatMap { $0 < 0 ? nil : $0 }
    }

    /// Writes down that these tables are on their way to `day`, or have arrived.
    static func record(
        _ tables: [SampleTable], under plan: SamplePlan, day: Int, isFinished: Bool,
        in writer: some SampleWriter
    ) throws {
        try writer.execute(
            """
            CREATE TABLE IF NOT EXISTS \(table) (
            tbl VARCHAR(100) NOT NULL PRIMARY KEY, seed VARCHAR(20) NOT NULL, scale VARCHAR(40) NOT NULL,
            base_day VARCHAR(10) NOT NULL, day_no INT NOT NULL, done INT NOT NULL)
            """)
        let values = "'\(plan.seed)', '\(plan.scale)', '\(plan.baseDay)', \(day), \(isFinished ? 1 : 0)"
        let rows = tables.map {
            "('\($0.qualifiedName)', \(values))"
        }
        try writer.execute("REPLACE INTO \(table) VALUES \(rows.joined(separator: ", "))")
    }
}
