package import DuckDB
package import LakeModel
internal import LakeSQL
package import Project

/// The statements that give the rows of a model's table.
///
/// In all of them the model's SQL begins on the second line, where mistakes in it are looked for.
package struct TableSelect: Sendable {
    package let model: ModelDefinition
    /// The columns of its SELECT, as DuckDB binds it.
    package let columns: [ColumnSchema]
    /// The same with their types, if it was DuckDB that told them.
    private let bound: [ResultColumn]?
    /// The model's SQL, or a strict one.
    let sql: String

    /// Binds the model's SQL. Blocks.
    /// - Throws: `DuckDBError`; ``ModelFailure`` if a column that the header names is not among the SELECT's.
    package init(_ model: ModelDefinition, on connection: Connection) throws {
        self.model = model
        let bound = try connection.prepare("\n\(model.sql)\n").columns
        self.bound = bound
        sql = try TableSelect.sql(of: model, bound.map(\.name), on: connection)
        columns = bound.map { ColumnSchema(name: $0.name, type: $0.type.description) }
        try requireColumns()
    }

    /// Of a model whose SQL is known to give `columns`.
    package init(_ model: ModelDefinition, columns: [ColumnSchema]) {
        self.model = model
        self.columns = columns
        bound = nil
        sql = model.sql
    }

    private static func sql(
        of model: ModelDefinition, _ columns: [String], on connection: Connection
    ) throws -> String {
        guard model.isStrict else { return model.sql }
        return try StrictDivision.rewritten(model.sql, columns: columns, on: connection) ?? model.sql
    }

    /// The columns of ``rows``. Blocks.
    func columnsOfRows(on connection: Connection) throws -> [ResultColumn] {
        if case .history = model.materialization { return try connection.prepare(rows).columns }
        return try bound ?? connection.prepare(rows).columns
    }

    /// The columns of the table's files, from those of ``rows``: wide integers are stored as decimal numbers.
    package static func stored(_ columns: [ColumnSchema], of form: TableForm) -> [ColumnSchema] {
        if case .view = form { return columns }
        return columns.map {
            isWide($0) ? ColumnSchema(name: $0.name, type: "DECIMAL(38,0)") : $0
        }
    }

    private static func isWide(_ column: ColumnSchema) -> Bool {
        column.type == "HUGEINT" || column.type == "UHUGEINT"
    }

    /// The rows of the table, in no order.
    package var rows: String {
        guard case .history(let rules) = model.materialization else { return "\n\(sql)\n" }
        return HistorySelect(sql: sql, columns: columns.map(\.name), rules: rules).text
    }

    /// A COPY of `rows` into a file.
    ///
    /// - Parameter rows: Instead of ``rows``, a relation with its columns.
    func copy(from relation: String? = nil, to path: String) -> String {
        let sort = model.layout.sort.map(quotedIdentifier).joined(separator: ", ")
        let from = relation ?? "(\(rows))"
        let sorted =
            sort.isEmpty && storedColumns == "*"
            ? relation.map { "SELECT * FROM \($0)" } ?? rows
            : "SELECT \(storedColumns) FROM \(from)" + (sort.isEmpty ? "" : " ORDER BY \(sort)")
        return "COPY (\(sorted)) TO \(quotedLiteral(path)) (\(TableSelect.options(of: model.layout)))"
    }

    /// The columns as Parquet can hold them. DuckDB would make floating-point numbers of 128-bit integers,
    /// which `sum` of integers gives, and so lose digits.
    var storedColumns: String {
        let wide = columns.filter(TableSelect.isWide).map {
            "CAST(\(quotedIdentifier($0.name)) AS DECIMAL(38,0)) AS \(quotedIdentifier($0.name))"
        }
        return wide.isEmpty ? "*" : "* REPLACE (\(wide.joined(separator: ", ")))"
    }

    static func options(of layout: TableLayout) -> String {
        "FORMAT parquet, COMPRESSION snappy" + (layout.rowGroup.map { ", ROW_GROUP_SIZE \($0)" } ?? "")
    }

    /// The columns that the table has besides those of the SELECT, and those that it has not.
    private var tableColumns: [String] {
        guard case .history(let rules) = model.materialization else { return columns.map(\.name) }
        return columns.map(\.name).filter { !same($0, rules.observed) }
            + [HistoryColumns.from, HistoryColumns.to, HistoryColumns.isCurrent]
    }

    private func requireColumns() throws {
        let names = columns.map(\.name)
        switch model.materialization {
        case .full, .view: break
        case .incremental(let rules): try require(rules.key, "key", among: names)
        case .history(let rules):
            try require(rules.key, "key", among: names)
            try require([rules.observed], "history.observed", among: names)
            try require(rules.compared ?? [], "history.compare", among: names)
            for name in [HistoryColumns.from, HistoryColumns.to, HistoryColumns.isCurrent] {
                if names.contains(where: { same($0, name) }) {
                    throw ModelFailure(reserved: name, of: model)
                }
            }
            let observed = columns.first { same($0.name, rules.observed) }
            if let observed, observed.type != "DATE", !observed.type.hasPrefix("TIMESTAMP") {
                throw ModelFailure(observed: observed, of: model)
            }
        }
        try require(model.layout.sort, "layout.sort", among: tableColumns)
    }

    private func require(_ wanted: [String], _ key: String, among names: [String]) throws {
        for column in wanted where !names.contains(where: { same($0, column) }) {
            throw ModelFailure(column: column, namedBy: key, of: model, actual: names)
        }
    }

    private func same(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
}
