internal import DuckDB
package import LakeModel

/// One SELECT whose columns are to be traced.
package struct LineageRequest: Sendable {
    package let sql: String
    package let inputs: [LineageInput]

    package init(sql: String, inputs: [LineageInput]) {
        self.sql = sql
        self.inputs = inputs
    }

    /// Digest of everything that the answer depends on.
    package var digest: String {
        var parts = [LineageAnalyzer.version, sql]
        for input in inputs.sorted(by: { ($0.asset, $0.table) < ($1.asset, $1.table) }) {
            let columns = input.columns?.map { "\(quotedIdentifier($0.name)) \($0.type)" }.joined(separator: ",")
            parts.append("\(input.asset).\(input.table): \(columns ?? "?")")
        }
        return hexadecimalDigest(of: parts.joined(separator: "\n"))
    }
}

/// Traces the columns of statements, with DuckDB's parser and binder; nothing is run and no row is read.
///
/// It works in a DuckDB of its own in which each input is an empty table, so it needs no files.
package final class LineageAnalyzer {
    private let connection: Connection
    private let questions: BinderQuestions

    /// Part of every digest: another engine, or another way to resolve, must not find old answers.
    static let version = "1 duckdb \(Database.libraryVersion)"

    /// Blocks.
    package init() throws {
        connection = try Database().connect()
        questions = BinderQuestions(connection)
    }

    /// What decides each column. Blocks.
    ///
    /// Of SQL that does not parse, or that the binder refuses, the answer is incomplete and says why.
    package func lineage(of request: LineageRequest) throws -> StatementLineage {
        let tree: SyntaxTree
        switch try syntaxTree(of: request.sql, on: connection) {
        case .failure(let mistake):
            return StatementLineage(columns: [], rows: Dependencies(), gaps: [mistake.message])
        case .success(let statement): tree = statement["node"] ?? .null
        }
        var gaps: [String] = []
        for input in request.inputs { gaps += define(input) }
        let resolver = LineageResolver(inputs: request.inputs, questions: questions)
        let relation = resolver.relation(ofNode: tree, in: LineageResolver.Surroundings())
        gaps += resolver.gaps
        let bound: [ResultColumn]?
        do {
            bound = try connection.prepare(request.sql).columns
        } catch {
            bound = nil
            // Without the inputs' columns nothing can be bound; that is a gap already.
            if gaps.isEmpty { gaps.append("DuckDB's binder refuses the SQL: \(error.message)") }
        }
        let columns = relation.columns
        if let bound { gaps += disagreements(of: columns, with: bound) }
        let isAgreed = bound?.count == columns.count
        return StatementLineage(
            columns: columns.enumerated().map { index, column in
                let known = isAgreed ? bound?[index] : nil
                return ColumnLineage(
                    name: known?.name ?? column.name ?? "column \(index + 1)",
                    type: known?.type.description ?? "", dependencies: column.dependencies,
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
            return "column \(index + 1) was traced as '\(name)', but DuckDB's binder calls it '\(pair.1.name)'"
        }
    }

    /// Makes an empty table of an input; a type that cannot be written becomes text.
    private func define(_ input: LineageInput) -> [String] {
        guard let columns = input.columns, !columns.isEmpty else { return [] }
        let schema = quotedIdentifier(input.asset.schema)
        let name = "\(schema).\(quotedIdentifier(input.table))"
        let list = columns.map { "\(quotedIdentifier($0.name)) \($0.type)" }.joined(separator: ", ")
        do {
            try connection.execute(
                "CREATE SCHEMA IF NOT EXISTS \(schema); CREATE OR REPLACE TABLE \(name) (\(list))")
            return []
        } catch {
            return ["a table like \(input.asset) cannot be made: \(error.message)"]
        }
    }
}
