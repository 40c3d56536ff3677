internal import DuckDB
package import LakeModel
package import Project

/// Something in a test that must be mended in its file.
package struct ModelTestMistake: Diagnostic, Hashable {
    package let code: String
    package let place: Place?
    package let problem: String
    package let remedy: String

    /// A given table that the model does not read.
    init(unread asset: AssetKey, at place: Place, by model: LakeGraph.Model) {
        (code, self.place) = ("test.unread-table", place)
        let reads = model.reads.map(\.description)
        let meant = nearestName(to: asset.description, among: reads)
        problem =
            "The SQL of \(model.definition.key) does not read \(asset)"
            + (meant.map { ": did you mean '\($0)'?" } ?? ".")
        remedy =
            reads.isEmpty
            ? "It reads no table: remove this." : "It reads \(reads.joined(separator: ", "))."
    }

    init(unknown column: String, at place: Place, of table: AssetKey, known: [String]) {
        (code, self.place) = ("test.unknown-column", place)
        let meant = nearestName(to: column, among: known)
        problem =
            "\(table) has no column '\(column)'" + (meant.map { ": did you mean '\($0)'?" } ?? ".")
        remedy =
            "It has: \(known.joined(separator: ", ")). A column that is still to come needs a type under 'types'."
    }

    init(unexpected column: String, at place: Place, of model: AssetKey, gives: [String]) {
        (code, self.place) = ("test.unknown-column", place)
        let meant = nearestName(to: column, among: gives)
        problem =
            "The SQL of \(model) does not give a column '\(column)'"
            + (meant.map { ": did you mean '\($0)'?" } ?? ".")
        remedy = "It gives: \(gives.joined(separator: ", "))."
    }

    init(value place: Place, of column: String, type: String) {
        (code, self.place) = ("test.bad-value", place)
        problem = "The value of '\(column)' is no \(type)."
        remedy = "Correct it, or give the column another type under 'types'."
    }

    init(type: String, at place: Place, of column: String, reason: String) {
        (code, self.place) = ("test.bad-type", place)
        problem = "'\(column)' cannot be of the type \(type): \(reason)"
        remedy = "Write a type as DuckDB spells it, such as DECIMAL(18,4)."
    }

    init(sql error: DuckDBError, at place: Place) {
        (code, self.place) = ("test.sql", place)
        problem = "DuckDB cannot run this SELECT: \(error.message)"
        remedy = "It stands alone and gives the rows; try it with: tarn sql"
    }

    init(noError expected: String, at place: Place, of model: AssetKey, rows: Int) {
        (code, self.place) = ("test.no-error", place)
        problem =
            "\(model) gave \(rows) row\(rows == 1 ? "" : "s"), where it was expected to fail with '\(expected)'."
        remedy = "Correct the model, or write the rows under 'expect'."
    }

    init(otherError error: DuckDBError, expected: String, at place: Place, of model: AssetKey) {
        (code, self.place) = ("test.other-error", place)
        problem = "\(model) failed, but not with '\(expected)': \(error.message)"
        remedy = "Correct the model, or write a part of that message under 'expect_error'."
    }
}

extension LakeGraph {
    /// What tests name and the SQL of their models does not read.
    package func mistakes(in tests: [ModelTestDefinition]) -> [any Diagnostic] {
        tests.flatMap { test -> [any Diagnostic] in
            guard let model = models[test.model] else { return [] }
            let named =
                test.given.map { ($0.asset, $0.place) } + test.types.map { ($0.asset, $0.place) }
            return named.filter { !model.reads.contains($0.0) }.map {
                ModelTestMistake(unread: $0.0, at: $0.1, by: model)
            }
        }
    }
}
