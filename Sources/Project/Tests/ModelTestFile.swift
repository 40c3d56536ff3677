internal import LakeModel
internal import Yams

/// Reads one file of `tests/`.
struct ModelTestFile {
    private(set) var tests: [ModelTestDefinition] = []
    /// Tables that it names, to be looked for among those of the lake.
    private(set) var references: [Reference] = []

    struct Reference {
        let asset: AssetKey
        let node: Node
        let document: YAMLDocument
    }

    init(_ reader: MappingReader, _ document: YAMLDocument) {
        for located in reader[ModelTestKeys.tests] ?? [] {
            if let test = read(located.value, located.node, document) { tests.append(test) }
        }
    }

    private mutating func read(
        _ reader: MappingReader, _ node: Node, _ document: YAMLDocument
    ) -> ModelTestDefinition? {
        let (name, model) = (reader[ModelTestKeys.name], reader[ModelTestKeys.model])
        let given = given(reader, document)
        let types = types(reader, document)
        let expectation = expectation(reader, document)
        if let model {
            references.append(Reference(asset: model.value, node: model.node, document: document))
        }
        guard let name, let model, let expectation else { return nil }
        return ModelTestDefinition(
            name: name, model: model.value, given: given, types: types, expectation: expectation,
            place: document.place(of: reader.value(of: ModelTestKeys.name.name) ?? node))
    }

    private mutating func given(
        _ reader: MappingReader, _ document: YAMLDocument
    ) -> [ModelTestDefinition.GivenTable] {
        (reader[ModelTestKeys.given] ?? []).compactMap { entry in
            guard let asset = asset(entry.key, entry.name, document), let rows = entry.value else {
                return nil
            }
            return ModelTestDefinition.GivenTable(
                asset: asset, rows: rows, place: document.place(of: entry.key))
        }
    }

    private mutating func types(
        _ reader: MappingReader, _ document: YAMLDocument
    ) -> [ModelTestDefinition.GivenTypes] {
        (reader[ModelTestKeys.types] ?? []).compactMap { entry in
            guard let asset = asset(entry.key, entry.name, document) else { return nil }
            let columns = (entry.value ?? []).compactMap { column in
                column.value.map {
                    ModelTestDefinition.GivenTypes.Column(
                        name: column.name, type: $0, place: document.place(of: column.key))
                }
            }
            return ModelTestDefinition.GivenTypes(
                asset: asset, columns: columns, place: document.place(of: entry.key))
        }
    }

    private mutating func asset(_ key: Node, _ name: String, _ document: YAMLDocument) -> AssetKey? {
        guard let asset = AssetKey(name) else {
            document.reportValue(
                key, "\(key.inWords) is not the name of a table.",
                remedy:
                    "Write it as the model's SQL does: bronze_<source>.<table>, silver.<table>, gold.<table>."
            )
            return nil
        }
        references.append(Reference(asset: asset, node: key, document: document))
        return asset
    }

    private func expectation(
        _ reader: MappingReader, _ document: YAMLDocument
    ) -> ModelTestDefinition.Expectation? {
        let (rows, error) = (ModelTestKeys.expect.name, ModelTestKeys.expectError.name)
        switch (reader.has(rows), reader.has(error)) {
        case (true, true):
            document.report(
                .conflict, reader.node(of: error), "a test has either '\(rows)' or '\(error)'.",
                remedy: "Remove one of the two.")
            return nil
        case (false, false):
            if !reader.hasUnknownKeys {
                document.report(
                    .missingKey, reader.node, "a test needs the key '\(rows)' or '\(error)'.",
                    remedy: "Add '\(rows):' with the rows that the model must give.")
            }
            return nil
        case (_, true):
            let place = document.place(of: reader.value(of: error) ?? reader.node)
            return reader[ModelTestKeys.expectError].map { .error($0, place) }
        case (true, _):
            guard let expected = reader[ModelTestKeys.expect] else { return nil }
            return isWhole(expected, document) ? .rows(expected) : nil
        }
    }

    /// Whether every row names every column: a column that is left out of one could mean NULL or anything.
    private func isWhole(_ expected: WrittenRows, _ document: YAMLDocument) -> Bool {
        guard case .values(let columns, let rows) = expected else { return true }
        for row in rows {
            guard let column = columns.first(where: { row.cell($0.name) == nil }) else { continue }
            let meant = suggestion(for: column.name, among: row.cells.map(\.column))
            document.mistakes.add(
                .badValue, at: row.place,
                "this row does not name the column '\(column.name)', which another one does"
                    + (meant.isEmpty ? "." : meant),
                remedy: "Name the same columns in every expected row; NULL is written '\(column.name): null'."
            )
            return false
        }
        return true
    }
}
