internal import DuckDB
internal import LakeModel
internal import Project

extension ModelTestBench {
    /// How the rows of the model's SELECT differ from the expected ones, in the columns that these name.
    func compare(
        _ expected: WrittenRows, with model: LakeGraph.Model, _ columns: [ResultColumn]
    ) throws -> RowDifference? {
        let promised = try promised(columns, by: model.definition)
        let named = try self.columns(of: expected)
        let compared = try named.map { column -> ResultColumn in
            let wanted = column.name.lowercased()
            guard let found = promised.first(where: { $0.name.lowercased() == wanted }) else {
                throw ModelTestMistake(
                    unexpected: column.name, at: column.place, of: model.definition.key,
                    gives: columns.map(\.name))
            }
            return found
        }
        // Where no row is expected, no column is named: any row is one too many.
        let shown = named.isEmpty ? promised : compared
        let texts = shown.map { column in
            let name = quotedIdentifier(column.name)
            let isCast = !columns.contains(column)
            return "CAST(\(isCast ? "CAST(\(name) AS \(column.type))" : name) AS VARCHAR)"
        }
        let actual = try rows(
            "SELECT \(texts.joined(separator: ", ")) FROM (\n\(model.testedSQL(on: connection))\n)")
        return RowDifference.between(
            expected: named.isEmpty ? [] : try rows(of: expected, as: compared), actual: actual,
            columns: shown.map(\.name), comparisons: shown.map(\.type.comparison))
    }

    /// The columns with the types that the model declares: given rows may be too few to tell them.
    private func promised(
        _ columns: [ResultColumn], by model: ModelDefinition
    ) throws -> [ResultColumn] {
        let declared = model.columns.compactMap { column in
            column.type.map { (name: column.name.lowercased(), type: $0) }
        }
        guard !declared.isEmpty else { return columns }
        let types = try connection.prepare(
            "SELECT \(declared.map { "CAST(NULL AS \($0.type))" }.joined(separator: ", "))"
        ).columns.map(\.type)
        let promised = Dictionary(zip(declared.map(\.name), types)) { first, _ in first }
        return columns.map {
            ResultColumn(name: $0.name, type: promised[$0.name.lowercased()] ?? $0.type)
        }
    }

    /// Expected rows as text, spelt as DuckDB spells values of these types.
    private func rows(of expected: WrittenRows, as columns: [ResultColumn]) throws -> [RowDifference.Row] {
        switch expected {
        case .sql(let sql, let place):
            let texts = columns.map { column in
                let name = quotedIdentifier(column.name)
                return column.isSpeltByType
                    ? "CAST(CAST(\(name) AS \(column.type)) AS VARCHAR)" : "CAST(\(name) AS VARCHAR)"
            }
            do {
                return try rows("SELECT \(texts.joined(separator: ", ")) FROM (\n\(sql)\n)")
            } catch let error as DuckDBError {
                throw ModelTestMistake(sql: error, at: place)
            }
        case .values(_, let rows):
            var texts = rows.map { row in columns.map { row.cell($0.name)?.value.text } }
            // Days and truth values are mostly written as DuckDB would.
            let spelt = columns.indices.filter { index in
                columns[index].isSpeltByType
                    && !rows.allSatisfy { row in
                        row.cell(columns[index].name).map { columns[index].type.spells($0.value) } ?? true
                    }
            }
            if !spelt.isEmpty, !rows.isEmpty { try spell(rows, spelt, of: columns, into: &texts) }
            try requireNumbers(rows, columns)
            return texts
        }
    }

    /// Puts the values of the columns `spelt` through their types.
    private func spell(
        _ rows: [WrittenRow], _ spelt: [Int], of columns: [ResultColumn],
        into texts: inout [RowDifference.Row]
    ) throws {
        let values = rows.enumerated().map { number, row in
            let cells = spelt.map { index in
                let value = row.cell(columns[index].name)?.value ?? .null
                let literal = value.isNested ? value.literal : value.textLiteral
                return "CAST(TRY_CAST(\(literal) AS \(columns[index].type)) AS VARCHAR)"
            }
            return "(\(([String(number)] + cells).joined(separator: ", ")))"
        }
        let result = try self.rows("FROM (VALUES \(values.joined(separator: ", "))) AS v ORDER BY 1")
        for (number, spelled) in result.enumerated() {
            for (index, text) in zip(spelt, spelled.dropFirst()) {
                if text == nil, let cell = rows[number].cell(columns[index].name), cell.value != .null {
                    throw ModelTestMistake(
                        value: cell.place, of: cell.column, type: columns[index].type.description)
                }
                texts[number][index] = text
            }
        }
    }

    private func requireNumbers(_ rows: [WrittenRow], _ columns: [ResultColumn]) throws {
        for column in columns where column.type.comparison != .text {
            for row in rows {
                guard let cell = row.cell(column.name), cell.value != .null else { continue }
                if let text = cell.value.text,
                    decimalParts(of: text) != nil
                        || column.type.comparison == .approximateNumber && Double(text) != nil
                {
                    continue
                }
                throw ModelTestMistake(
                    value: cell.place, of: cell.column, type: column.type.description)
            }
        }
    }

    private func rows(_ sql: String) throws -> [RowDifference.Row] {
        try connection.query(sql).rows.map { row in
            row.map { value in
                switch value {
                case .null: nil
                case .text(let text): text
                default: value.description
                }
            }
        }
    }
}

extension ResultColumn {
    /// Whether a value can be written in several ways, and DuckDB has to say which is the same.
    fileprivate var isSpeltByType: Bool {
        switch type {
        case .varchar, .null, .enumeration: false
        default: type.comparison == .text
        }
    }
}

extension LogicalType {
    /// Whether a value is written just as DuckDB shows one of this type.
    fileprivate func spells(_ value: WrittenValue) -> Bool {
        switch (self, value) {
        case (_, .null), (.boolean, .boolean): true
        case (.date, .text(let text, _)): Day(text) != nil
        default: false
        }
    }

    fileprivate var comparison: RowDifference.Comparison {
        switch self {
        case .tinyint, .smallint, .integer, .bigint, .hugeint, .utinyint, .usmallint, .uinteger, .ubigint,
            .uhugeint, .bignum, .decimal:
            .exactNumber
        case .float, .double: .approximateNumber
        default: .text
        }
    }
}
