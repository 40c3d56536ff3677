internal import Blocking
internal import DuckDB

/// Reads statements with DuckDB's own parser; never with a regular expression.
///
/// Analyses are pure functions of the text and the engine's version, so they are remembered in `cache`: a
/// lake whose models did not change is planned without starting DuckDB.
package struct StatementAnalyzer: Sendable {
    private let cache: any AnalysisCache

    package init(cache: any AnalysisCache) { self.cache = cache }

    /// One result for every statement, in their order.
    package func analyze(_ statements: [String]) async throws -> [Result<StatementAnalysis, StatementMistake>]
    {
        let keys = mapOnAllProcessors(statements) {
            hexadecimalDigest(of: "\(StatementAnalyzer.version)\n\($0)")
        }
        var known = try await cache.analyses(for: keys)
        let missing = zip(keys, statements).filter { known[$0.0] == nil }
        var mistakes: [String: StatementMistake] = [:]
        if !missing.isEmpty {
            let results = try await Database().withConnection { connection in
                try missing.map { try parse($0.1, on: connection) }
            }
            var fresh: [String: StatementAnalysis] = [:]
            for ((key, _), result) in zip(missing, results) {
                switch result {
                case .success(let analysis): fresh[key] = analysis
                case .failure(let mistake): mistakes[key] = mistake
                }
            }
            try await cache.remember(fresh)
            known.merge(fresh) { _, new in new }
        }
        return keys.map { key in
            if let analysis = known[key] { return .success(analysis) }
            return .failure(
                mistakes[key] ?? StatementMistake(message: "the statement could not be read", position: nil))
        }
    }

    /// Part of every cache key: another engine or another way to digest must not find old analyses.
    private static let version = "2 duckdb \(Database.libraryVersion)"
}

/// Remembers analyses by the digest of their text. It may forget at any time.
package protocol AnalysisCache: Sendable {
    func analyses(for keys: [String]) async throws -> [String: StatementAnalysis]
    func remember(_ analyses: [String: StatementAnalysis]) async throws
}

/// Why DuckDB's parser refused a statement.
package struct StatementMistake: Error, Sendable {
    package let message: String
    /// Bytes from the statement's beginning.
    package let position: Int?
}

private func parse(
    _ sql: String, on connection: Connection
) throws -> Result<StatementAnalysis, StatementMistake> {
    try syntaxTree(of: sql, on: connection).map { StatementAnalysis($0) }
}

/// The tree of the one SELECT that `sql` is.
func syntaxTree(
    of sql: String, on connection: Connection
) throws -> Result<SyntaxTree, StatementMistake> {
    let answer = try connection.query(
        "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", [.text(sql)])
    guard case .text(let json)? = answer.rows.first?.first else {
        return .failure(StatementMistake(message: "DuckDB gave no syntax tree", position: nil))
    }
    let tree = try SyntaxTree(json: json)
    if case .boolean(true)? = tree["error"] {
        return .failure(
            StatementMistake(
                message: tree["error_message"]?.text ?? "it cannot be parsed",
                position: tree["position"]?.text.flatMap(Int.init)))
    }
    let statements = tree["statements"]?.elements ?? []
    guard statements.count == 1, let statement = statements.first else {
        return .failure(
            StatementMistake(
                message: "there are \(statements.count) statements where one SELECT is wanted", position: nil)
        )
    }
    return .success(statement)
}
