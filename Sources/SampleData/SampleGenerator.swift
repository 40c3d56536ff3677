internal import Blocking
internal import LakeModel

/// Makes or advances the legacy databases of the telecom example.
///
/// The same seed, scale, base date and number of days give the same rows on every machine, whether the days
/// came at once or one by one. `progress` is called once for each table, from several threads, as tables are
/// finished.
///
/// If it fails or is cancelled, the databases are unfinished: the next advance refuses them, and a generation
/// without days makes them anew.
/// - Throws: ``SampleDataError``; an engine's error; `CancellationError`.
package func generateSampleData(
    _ request: SampleDataRequest, progress: @escaping @Sendable (GeneratedTable) -> Void = { _ in }
) async throws -> SampleDataSummary {
    try request.validate()
    switch request.target {
    case .sqlite(let folder):
        return try await SampleGenerator<SQLiteSampleWriter>(request, folder).run(progress)
    case .mysql(let server):
        return try await SampleGenerator<MySQLSampleWriter>(request, server).run(progress)
    }
}

struct SampleGenerator<Writer: SampleWriter>: Sendable {
    private let request: SampleDataRequest
    private let target: Writer.Target
    private let plan: SamplePlan
    private let tables: [SampleTable]

    init(_ request: SampleDataRequest, _ target: Writer.Target) {
        self.request = request
        self.target = target
        plan = SamplePlan(seed: request.seed, scale: request.scale, baseDay: request.baseDay)
        tables = SampleCatalog.tables.filter { request.tables?.contains($0.qualifiedName) ?? true }
    }

    func run(_ progress: @escaping @Sendable (GeneratedTable) -> Void) async throws -> SampleDataSummary {
        let started = ContinuousClock.now
        let day = try await BlockingPool.shared.run { try begin() }
        let end = (day ?? 0) + request.advanceDays
        let made = try await generate(after: day, through: end, progress)
        try await BlockingPool.shared.run {
            let writer = try Writer(database: GeneratorState.database, of: target, isAnew: false)
            try GeneratorState.record(tables, under: plan, day: end, isFinished: true, in: writer)
        }
        return SampleDataSummary(
            tables: tables.compactMap { made[$0.qualifiedName] }, businessDay: plan.baseDay + end,
            duration: started.duration(to: .now))
    }

    /// Finds out on which business day the tables stand (nil: they are to be made) and marks them unfinished.
    ///
    /// Databases of the same names that hold somebody's own tables are left alone: those without our state.
    private func begin() throws -> Int? {
        let isAnew = request.advanceDays == 0
        let inUse = try Writer.inUse(SampleCatalog.databases, of: target)
        if let foreign = inUse.first, try !hasState(inUse) {
            throw SampleDataError(reason: .foreign(database: foreign))
        }
        let writer = try Writer(
            database: GeneratorState.database, of: target, isAnew: isAnew && request.tables == nil)
        let day = isAnew ? nil : try GeneratorState(from: writer).day(of: tables, under: plan)
        try GeneratorState.record(
            tables, under: plan, day: (day ?? 0) + request.advanceDays, isFinished: false, in: writer)
        return day
    }

    private func hasState(_ inUse: [String]) throws -> Bool {
        guard inUse.contains(GeneratorState.database) else { return false }
        let writer = try Writer(database: GeneratorState.database, of: target, isAnew: false)
        return try writer.hasTable(GeneratorState.table)
    }

    /// Two databases at a time, the largest first, so that none is left over at the end.
    private func generate(
        after day: Int?, through end: Int, _ progress: @escaping @Sendable (GeneratedTable) -> Void
    ) async throws -> [String: GeneratedTable] {
        let size = { (database: String) in
            tables.filter { $0.database == database }.reduce(0) {
                $0 + $1.size.rows(at: plan.scale) * $1.columns.count
            }
        }
        let names = SampleCatalog.databases.filter { name in tables.contains { $0.database == name } }
        let cancellation = Cancellation()
        let functions = try await BlockingPool.shared.run { try RowSource.makeDatabase(plan) }
        var waiting = names.sorted { size($0) > size($1) }[...]
        return try await withThrowingTaskGroup(of: [GeneratedTable].self) { group in
            var made: [String: GeneratedTable] = [:]
            func startNext() {
                guard let name = waiting.popFirst() else { return }
                group.addTask {
                    try await BlockingPool.shared.run(onCancel: cancellation.cancel) {
                        let source = try RowSource(functions, cancellation)
                        return try generate(name, after: day, through: end, from: source, progress)
                    }
                }
            }
            startNext()
            startNext()
            while let tables = try await group.next() {
                for table in tables { made["\(table.database).\(table.table)"] = table }
                startNext()
            }
            return made
        }
    }

    private func generate(
        _ database: String, after day: Int?, through end: Int, from source: RowSource,
        _ progress: @Sendable (GeneratedTable) -> Void
    ) throws -> [GeneratedTable] {
        let holdsState = database == GeneratorState.database
        let writer = try Writer(
            database: database, of: target, isAnew: day == nil && request.tables == nil && !holdsState)
        var made: [GeneratedTable] = []
        for table in tables where table.database == database {
            let generated = try generate(table, after: day, through: end, from: source, into: writer)
            progress(generated)
            made.append(generated)
        }
        if request.tables == nil, day == nil {
            for view in SampleCatalog.views where view.database == database { try writer.create(view) }
        }
        return made
    }

    private func generate(
        _ table: SampleTable, after day: Int?, through end: Int, from source: RowSource, into writer: Writer
    ) throws -> GeneratedTable {
        let started = ContinuousClock.now
        let query = RowQuery(table: table, plan: plan)
        var stored = 0
        var inserted = 0
        if day == nil {
            try writer.create(table)
            stored += try writer.store(query.initialSlices(), of: table, from: source)
            inserted = stored
        }
        let changes = query.changeSlices(after: day ?? 0, through: end)
        if query.moves, !changes.isEmpty {
            let changed = try writer.store(changes, of: table, from: source)
            inserted += table.key.isEmpty ? changed : query.rowsOn(day: end) - query.rowsOn(day: day ?? 0)
            stored += changed
        }
        return GeneratedTable(
            database: table.database, table: table.name, rowsInserted: inserted,
            rowsUpdated: stored - inserted,
            duration: started.duration(to: .now))
    }
}

extension SampleDataRequest {
    fileprivate func validate() throws {
        guard scale > 0, scale <= 10 else {
            throw SampleDataError(reason: .invalidRequest("The scale \(scale) is out of range."))
        }
        guard (0...3_650).contains(advanceDays) else {
            throw SampleDataError(reason: .invalidRequest("\(advanceDays) days are out of range."))
        }
        let known = Set(SampleCatalog.tables.map(\.qualifiedName))
        let unknown = (tables ?? []).subtracting(known).sorted()
        guard unknown.isEmpty else { throw SampleDataError(reason: .unknownTables(unknown)) }
    }
}
