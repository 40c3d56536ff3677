internal import DuckDB
internal import LakeModel
internal import Project

/// Runs tests one after the other on one connection. What it finds out of a model for one test serves the
/// next.
final class ModelTestBench {
    private let graph: LakeGraph
    private let published: [AssetKey: [ColumnSchema]]
    let connection: Connection
    private var schemas: Set<String> = []
    private var known: [AssetKey: KnownColumns] = [:]
    /// The SELECT behind each name.
    private var defined: [AssetKey: String] = [:]
    /// What the SQL of a model gave at last, and of which columns.
    private var given: [AssetKey: (shape: String, columns: [ResultColumn])] = [:]
    /// Columns that the SQL of a model turned out to need, with a type where NULL alone does not bind.
    private var found: [AssetKey: [AssetKey: [(name: String, type: String?)]]] = [:]

    init(_ graph: LakeGraph, published: [AssetKey: [ColumnSchema]], _ connection: Connection) {
        self.graph = graph
        self.published = published
        self.connection = connection
    }

    func run(_ test: ModelTestDefinition) throws -> ModelTestResult.Outcome {
        // Whoever made the list has looked it up.
        guard let model = graph.models[test.model] else { return .passed }
        do {
            return try run(test, model)
        } catch let mistake as ModelTestMistake {
            return .failed(mistake)
        } catch let failure as ModelFailure {
            return .failed(failure)
        }
    }

    private func run(
        _ test: ModelTestDefinition, _ model: LakeGraph.Model
    ) throws -> ModelTestResult.Outcome {
        var tables = try tables(of: test, model)
        do {
            try define(tables)
            let columns = try bind(model, &tables)
            switch test.expectation {
            case .rows(let expected):
                guard
                    let difference = try compare(expected, with: model, columns)
                else { return .passed }
                return .differs(difference)
            case .error(let text, let place):
                // All columns, as text: what is not asked for is not computed either.
                let texts = columns.map { "CAST(\(quotedIdentifier($0.name)) AS VARCHAR)" }
                let rows = try connection.query(
                    "SELECT \(texts.joined(separator: ", ")) FROM (\n\(model.testedSQL(on: connection))\n)"
                ).rows
                return .failed(
                    ModelTestMistake(
                        noError: text, at: place, of: test.model, rows: rows.count))
            }
        } catch let error as DuckDBError {
            if error.isInterrupt { throw error }
            for table in tables {
                if let mistake = try table.badValue(on: connection) { throw mistake }
            }
            guard case .error(let text, let place) = test.expectation else {
                throw ModelFailure(error, in: model.definition)
            }
            guard error.message.lowercased().contains(text.lowercased()) else {
                throw ModelTestMistake(otherError: error, expected: text, at: place, of: test.model)
            }
            return .passed
        }
    }

    // MARK: Inputs

    private func tables(of test: ModelTestDefinition, _ model: LakeGraph.Model) throws -> [TestTable] {
        try model.reads.map { asset in
            let known = try known(asset)
            var table = TestTable(asset, known)
            let types = test.types.first { $0.asset == asset }?.columns ?? []
            for column in types {
                try check(column)
                table.note(column.name, type: column.type)
            }
            if let given = test.given.first(where: { $0.asset == asset }) {
                table.rows = given.rows
                for column in try columns(of: given.rows) {
                    guard table.index(of: column.name) != nil || !known.isComplete else {
                        throw ModelTestMistake(
                            unknown: column.name, at: column.place, of: asset,
                            known: known.columns.map(\.name))
                    }
                    note(column.name, of: given.rows, in: &table)
                }
            }
            for column in found[test.model]?[asset] ?? [] where table.index(of: column.name) == nil {
                table.note(column.name, type: column.type)
            }
            return table
        }
    }

    private func note(_ column: String, of rows: WrittenRows, in table: inout TestTable) {
        guard case .values(_, let rows) = rows else { return table.note(column, isGiven: true) }
        let values = rows.compactMap { $0.cell(column)?.value }
        let isNested = values.contains { $0.isNested }
        var type = table.index(of: column).flatMap { table.columns[$0].type }
        if type == nil, !isNested { type = InferredType.of(values) }
        // A bare NULL stays one, so that it goes with every type.
        table.note(column, type: type, isGiven: type != nil || isNested)
    }

    func columns(of rows: WrittenRows) throws -> [WrittenColumn] {
        switch rows {
        case .values(let columns, _): return columns
        case .sql(let sql, let place):
            do {
                return try connection.prepare("FROM (\n\(sql)\n)").columns.map {
                    WrittenColumn(name: $0.name, place: place)
                }
            } catch {
                throw ModelTestMistake(sql: error, at: place)
            }
        }
    }

    private func check(_ column: ModelTestDefinition.GivenTypes.Column) throws {
        do {
            _ = try connection.prepare("SELECT CAST(NULL AS \(column.type))")
        } catch {
            throw ModelTestMistake(
                type: column.type, at: column.place, of: column.name, reason: error.message)
        }
    }

    private func define(_ tables: [TestTable]) throws {
        for table in tables {
            if schemas.insert(table.asset.schema).inserted {
                try connection.execute(
                    "CREATE SCHEMA IF NOT EXISTS \(quotedIdentifier(table.asset.schema))")
            }
            try define(table)
        }
    }

    /// Does nothing if the name means this already, as that of an input which several tests leave empty.
    private func define(_ table: TestTable) throws(DuckDBError) {
        let select = table.select
        guard defined[table.asset] != select else { return }
        defined[table.asset] = nil
        try connection.execute("CREATE OR REPLACE VIEW \(table.asset.quotedName) AS \(select)")
        defined[table.asset] = select
    }

    // MARK: What is known of columns

    /// What is declared, what its SQL gives, and what was published; the first has the last word.
    private func known(_ asset: AssetKey) throws -> KnownColumns {
        if let known = known[asset] { return known }
        var columns = KnownColumns(columns: [], isComplete: false)
        var declared: [ColumnDefinition] = []
        if let model = graph.models[asset] {
            columns = try bound(model)
            declared = model.definition.columns
        } else {
            let current = asset.current ?? asset
            if let schema = published[current] {
                columns = KnownColumns(columns: schema.map { ($0.name, $0.type) }, isComplete: true)
            }
            declared = graph.tables[current]?.definition.columns ?? []
            if asset != current { columns.columns.append(("ingestion_date", "DATE")) }
        }
        for column in declared {
            let wanted = column.name.lowercased()
            if let index = columns.columns.firstIndex(where: { $0.name.lowercased() == wanted }) {
                columns.columns[index].type = column.type ?? columns.columns[index].type
            } else {
                columns.columns.append((column.name, column.type))
            }
        }
        known[asset] = columns
        return columns
    }

    /// What the SQL of a model gives, as far as its inputs are known.
    private func bound(_ model: LakeGraph.Model) throws -> KnownColumns {
        let key = model.definition.key
        var tables = try model.reads.map { TestTable($0, try known($0)) }
        do {
            try define(tables)
            let columns = try bind(model, &tables)
            return KnownColumns(
                columns: columns.map { ($0.name, $0.type == .null ? nil : $0.type.description) },
                isComplete: tables.allSatisfy(\.isComplete))
        } catch let error as DuckDBError {
            if error.isInterrupt { throw error }
            // Its own tests and `tarn validate` tell what is wrong with it.
            return KnownColumns(
                columns: (published[key] ?? []).map { ($0.name, $0.type) }, isComplete: published[key] != nil)
        }
    }

    // MARK: Binding

    /// The columns that the SQL gives. Columns that it needs and that nobody has named are added as NULL.
    private func bind(
        _ model: LakeGraph.Model, _ tables: inout [TestTable]
    ) throws(DuckDBError) -> [ResultColumn] {
        let key = model.definition.key
        if let known = given[key], known.shape == tables.shape { return known.columns }
        var attempts = 0
        while true {
            do {
                let columns = try prepare(model)
                given[key] = (tables.shape, columns)
                return columns
            } catch {
                attempts += 1
                guard error.kind == .binder, attempts <= ModelTestBench.columnsMax,
                    try mend(error, model, &tables)
                else { throw error }
            }
        }
    }

    /// More than any SQL names.
    private static let columnsMax = 2_000

    private func prepare(_ model: LakeGraph.Model) throws(DuckDBError) -> [ResultColumn] {
        // The model's SQL begins on the second line, where mistakes in it are looked for.
        let columns = try connection.prepare("\n\(model.definition.sql)").columns
        guard case .history = model.definition.materialization else { return columns }
        let select = TableSelect(
            model.definition,
            columns: columns.map { ColumnSchema(name: $0.name, type: $0.type.description) })
        return try connection.prepare(select.rows).columns
    }

    /// Adds what the SQL lacks to the table that it is of, which shows in that DuckDB comes further.
    private func mend(
        _ error: DuckDBError, _ model: LakeGraph.Model, _ tables: inout [TestTable]
    ) throws(DuckDBError) -> Bool {
        if let column = error.missingColumn {
            for index in tables.indices
            where !tables[index].isComplete && tables[index].index(of: column) == nil {
                tables[index].note(column)
                try define(tables[index])
                if isFurther(than: error, model, by: column) {
                    remember(column, type: nil, of: tables[index].asset, in: model)
                    return true
                }
                tables[index].removeLast()
                try define(tables[index])
            }
            return false
        }
        guard error.isAboutTypes else { return false }
        // A function that exists for several types: NULL alone does not say which is meant.
        for index in tables.indices {
            for place in tables[index].columns.indices
            where tables[index].columns[place].type == nil && !tables[index].columns[place].isGiven {
                for type in ["DATE", "VARCHAR", "BIGINT", "TIMESTAMP"] {
                    tables[index].set(type, ofColumn: place)
                    try define(tables[index])
                    if isFurther(than: error, model, as: type) {
                        remember(
                            tables[index].columns[place].name, type: type, of: tables[index].asset, in: model)
                        return true
                    }
                }
                tables[index].set(nil, ofColumn: place)
                try define(tables[index])
            }
        }
        return false
    }

    /// Whether DuckDB now stops elsewhere, or not at all.
    private func isFurther(
        than old: DuckDBError, _ model: LakeGraph.Model, by column: String? = nil, as type: String? = nil
    ) -> Bool {
        do {
            _ = try prepare(model)
            return true
        } catch {
            // What two tables have now was of the other one.
            if let column, error.message.contains("Ambiguous reference"),
                error.message.contains("\"\(column)\"")
            {
                return false
            }
            // Another function does not take the type.
            if let type, error.isAboutTypes, error.message.contains(type) { return false }
            guard let newPlace = error.position, let oldPlace = old.position else {
                return error.message != old.message
            }
            return newPlace != oldPlace || old.missingColumn != nil && error.isAboutTypes
        }
    }

    private func remember(_ column: String, type: String?, of asset: AssetKey, in model: LakeGraph.Model) {
        var columns = found[model.definition.key]?[asset] ?? []
        columns.removeAll { $0.name.lowercased() == column.lowercased() }
        columns.append((column, type))
        found[model.definition.key, default: [:]][asset] = columns
    }
}

extension DuckDBError {
    /// The column that the binder misses, if that is what it says.
    fileprivate var missingColumn: String? {
        guard kind == .binder else { return nil }
        for words in ["Referenced column ", "does not have a column named ", "Column "] {
            guard let start = message.firstRange(of: words)?.upperBound else { continue }
            var rest = message[start...]
            // Of QUALIFY and windows it is told as it is written: without quotes, or with the table's name.
            if words == "Referenced column " {
                let written = rest.prefix { $0 != " " && $0 != "\n" }
                if let dot = written.firstIndex(of: "."),
                    written.first != "\"" || written[..<dot].last == "\""
                {
                    rest = rest[rest.index(after: dot)...]
                }
                if rest.first != "\"", !written.isEmpty {
                    return String(rest.prefix { $0 != " " && $0 != "\n" })
                }
            }
            if rest.first == "\"" { return String(rest.dropFirst().prefix { $0 != "\"" }) }
        }
        return nil
    }

    fileprivate var isAboutTypes: Bool {
        kind == .binder
            && (message.contains("Could not choose a best candidate")
                || message.contains("No function matches the given name and argument types"))
    }
}
