internal import DuckDB
internal import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Orchestrator
internal import Transform

/// SQL of a user over the tables of a lake.
struct LakeQueries: Sendable {
    let session: LakeSession
    private let store: any ObjectStore
    private let states: [AssetState]

    /// Every published table, as it is now.
    /// - Parameter hasHistory: Whether bronze gets its `__all` names too, which costs a look at every
    ///   partition.
    static func open(_ lake: Lake, hasHistory: Bool) async throws -> LakeQueries {
        let states = try await lake.states(
            of: lake.graph.assets.order, history: hasHistory ? Set(lake.graph.tables.keys) : [],
            visible: try await lake.visibleTables(), in: lake.queried)
        return LakeQueries(
            session: try await lake.querySession(), store: lake.queried,
            states: states.values.sorted { $0.key < $1.key })
    }

    /// The names that a statement can use.
    var names: [String] {
        states.flatMap { state in
            [state.key.description] + (state.selectAll == nil ? [] : ["\(state.key)__all"])
                + (state.selectBad == nil ? [] : ["\(state.key)__bad"])
        }
    }

    /// Runs the statements of `text` one after the other; Ctrl-C interrupts.
    func run(_ text: String, _ printer: ResultPrinter) async throws {
        try await store.prepare(states(for: text))
        try await session.database.withConnection { connection in
            try define(for: text, on: connection)
            do {
                try run(text, printer, on: connection)
            } catch let error as DuckDBError where !error.isInterrupt {
                throw QueryFailure(error)
            }
        }
    }

    func run(_ text: String, _ printer: ResultPrinter, on connection: Connection) throws {
        let statements = try connection.statements(in: text)
        for index in 0..<statements.count { try printer.print(try statements.prepare(index)) }
    }

    /// Gives the tables their names that `text` may mean: all that it mentions, or all if it asks which
    /// there are.
    func define(for text: String, on connection: Connection) throws {
        try session.define(states(for: text), on: connection)
    }

    private func states(for text: String) -> [AssetState] {
        let lowercased = text.lowercased()
        let asksForAll = ["show", "information_schema", "duckdb_", "describe", "pg_catalog", "summarize"]
            .contains { lowercased.contains($0) }
        return states.filter { asksForAll || lowercased.contains($0.key.table.text.lowercased()) }
    }

    /// Brings all tables within reach, as far as they are not read from where they are.
    func prepareAll() async throws { try await store.prepare(states) }
}

/// A statement of the user that DuckDB refuses.
struct QueryFailure: Diagnostic {
    private let error: DuckDBError

    init(_ error: DuckDBError) { self.error = error }

    var code: String { "sql.failed" }
    var problem: String {
        let place = error.position.map { " (line \($0.line), column \($0.column))" } ?? ""
        return "\(error.kind.name ?? "Error"): \(error.message)\(place)"
    }
    var remedy: String {
        switch error.kind {
        case .catalog, .binder:
            "See the tables with tarn assets, and the columns with: tarn sql 'DESCRIBE silver.…'"
        case .outOfMemory: "Raise resources.memory_limit in lake.yaml."
        default: "Correct the statement and try again."
        }
    }
}
