internal import DuckDB
package import LakeModel
internal import Synchronization

/// One SELECT whose columns are to be traced.
package struct LineageRequest: Sendable {
    package let sql: String
    package let inputs: [LineageInput]

    package init(sql: String, inputs: [LineageInput]) {
        self.sql = sql
        self.inputs = inputs
    }

    /// Digest of everything that the answer depends on.
    var digest: String {
        var parts = [LineageAnalyzer.version, sql]
        for input in inputs.sorted(by: { ($0.asset, $0.table) < ($1.asset, $1.table) }) {
            let columns = input.columns?.map { "\(quotedIdentifier($0.name)) \($0.type)" }.joined(
                separator: ",")
            parts.append("\(input.asset).\(input.table): \(columns ?? "?")")
        }
        return hexadecimalDigest(of: parts.joined(separator: "\n"))
    }
}

/// Traces the columns of statements, with DuckDB's parser and binder; nothing is run and no row is read.
///
/// It works in a DuckDB of its own in which each input is an empty table, so it needs no files. Answers are
/// pure functions of the request and the engine's version, so they are remembered in `cache`: of a lake that
/// did not change DuckDB is not even started.
package final class LineageAnalyzer: Sendable {
    private let cache: any LineageCache
    private let engine = Mutex<Database?>(nil)

    /// Part of every digest: another engine, or another way to resolve, must not find old answers.
    static let version = "1 duckdb \(Database.libraryVersion)"

    package init(cache: any LineageCache) { self.cache = cache }

    /// What decides each column.
    ///
    /// Of SQL that does not parse, or that the binder refuses, the answer is incomplete and says why.
    package func lineage(of request: LineageRequest) async throws -> StatementLineage {
        let digest = request.digest
        if let known = try await cache.lineage(digest) { return known }
        let lineage = try await database().withConnection { try LineageTracing(request, on: $0).lineage() }
        try await cache.remember(lineage, digest)
        return lineage
    }

    private func database() throws -> Database {
        try engine.withLock { engine in
            if let engine { return engine }
            let database = try Database(configuration: [
                "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
            ])
            engine = database
            return database
        }
    }
}

/// Remembers lineage by the digest of what it was asked. It may forget at any time.
package protocol LineageCache: Sendable {
    func lineage(_ digest: String) async throws -> StatementLineage?
    func remember(_ lineage: StatementLineage, _ digest: String) async throws
}

/// The tracing of one statement on a connection.
private struct LineageTracing {
    let request: LineageRequest
    let connection: Connection
    let questions: BinderQuestions

    init(_ request: LineageRequest, on connection: Connection) {
        self.request = request
        self.connection = connection
        questions = BinderQuestions(connection)
    }

    func lineage() throws -> StatementLineage {
        let tree: SyntaxTree
        switch try syntaxTree(of: request.sql, on: connection) {
        case .failure(let mistake):
            return StatementLineage(columns: [], rows: Dependencies(), gaps: [mistake.message])
        case .success(let statement): tree = statement["node"] ?? .null
        }
        let unknown = try request.inputs.flatMap(define)
        let resolver = LineageResolver(inputs: request.inputs, questions: questions)
        let relation = resolver.relation(ofNode: tree, in: LineageResolver.Surroundings())
        var gaps = unknown + resolver.gaps
        let columns = relation.columns
        var bound: [ResultColumn]?
        do {
            let answer = try connection.prepare(request.sql).columns
            gaps += disagreements(of: columns, with: answer)
            bound = answer.count == columns.count ? answer : nil
        } catch  where unknown.isEmpty {
            gaps.append("DuckDB's binder refuses the SQL: \(error.message)")
        } catch {
            // Without its inputs nothing can be bound; that is a gap already.
        }
        return StatementLineage(
            columns: columns.enumerated().map { index, column in
                ColumnLineage(
                    name: bound?[index].name ?? column.name ?? "column \(index + 1)",
                    type: bound?[index].type.description ?? "", dependencies: column.dependencies,
                    expression: column.expression.flatMap {
                        questions.text(of: $0.with(["alias": .text("")]))
                    })
            }, rows: relation.rows, gaps: gaps)
    }

    private func disagreements(of columns: [RelationColumn], with bound: [ResultColumn]) -> [String] {
        guard columns.count == bound.count else {
            return ["\(columns.count) columns were traced, but DuckDB's binder gives \(bound.count)"]
        }
        return zip(columns, bound).enumerated().compactMap { index, pair in
            guard let name = pair.0.name, name.lowercased() != pair.1.name.lowercased() else { return nil }
            return
                "column \(index + 1) was traced as '\(name)', but DuckDB's binder calls it '\(pair.1.name)'"
        }
    }

    /// Makes an empty table of an input.
    /// - Returns: why there is none.
    private func define(_ input: LineageInput) throws -> [String] {
        let schema = quotedIdentifier(input.asset.schema)
        let name = "\(schema).\(quotedIdentifier(input.table))"
        try connection.execute("CREATE SCHEMA IF NOT EXISTS \(schema); DROP TABLE IF EXISTS \(name)")
        guard let columns = input.columns else {
            return ["the columns of \(input.asset) are not known before it is built"]
        }
        guard columns.allSatisfy({ !$0.type.isEmpty }) else {
            return ["it is not checked with DuckDB's binder before what \(input.asset) is made from is built"]
        }
        let list = columns.map { "\(quotedIdentifier($0.name)) \($0.type)" }.joined(separator: ", ")
        do {
            try connection.execute("CREATE TABLE \(name) (\(list))")
            return []
        } catch {
            return ["a table like \(input.asset) cannot be made: \(error.message)"]
        }
    }
}
