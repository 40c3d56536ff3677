internal import LakeModel
internal import Yams

extension SourceFile {
    /// Reads what is said of one table; what it leaves open, the source's own keys say.
    static func table(
        _ name: TableName, _ key: Node, _ reader: MappingReader, of source: MappingReader,
        sourceTags: [String]
    ) -> TableDefinition {
        let document = reader.document
        let mode = mode(name, reader)
        let tags = (reader[TableKeys.tags] ?? []).map(\.value)
        let columns = (reader[TableKeys.columns] ?? []).map { entry in
            ColumnDefinition(
                name: entry.name, type: entry.value?[ColumnKeys.bronzeType]?.rawValue,
                description: entry.value?[ColumnKeys.description], losses: entry.value?[RuleKeys.losses],
                invalidText: entry.value?[RuleKeys.invalidText], place: document.place(of: entry.key))
        }
        return TableDefinition(
            name: name, description: reader[TableKeys.description],
            tags: sourceTags + tags.filter { !sourceTags.contains($0) },
            mode: mode, key: (reader[TableKeys.key] ?? []).map(\.value),
            cursors: (reader[TableKeys.cursor] ?? []).map(\.value),
            overlap: reader[TableKeys.overlap].map(Overlap.init) ?? .standard,
            chunk: reader[TableKeys.chunk].map(ChunkSize.init), readersMax: reader[TableKeys.parallel],
            losses: reader[RuleKeys.losses] ?? source[RuleKeys.losses] ?? .null,
            invalidText: reader[RuleKeys.invalidText] ?? source[RuleKeys.invalidText] ?? .replace,
            schemaPolicy: reader[RuleKeys.schemaChange] ?? source[RuleKeys.schemaChange] ?? .evolve,
            hasChecksum: reader[TableKeys.checksum] ?? false, tolerance: reader[TableKeys.tolerance],
            columns: columns,
            checks: (reader[TableKeys.checks] ?? []).compactMap(ExtractionCheckKeys.read),
            place: document.place(of: key))
    }

    private static func mode(_ name: TableName, _ reader: MappingReader) -> ExtractionMode {
        let document = reader.document
        let written = reader[TableKeys.mode]
        let mode = written ?? .full
        let isKnown = written != nil || !reader.has(TableKeys.mode.name)
        if isKnown, mode == .incremental, !reader.has(TableKeys.cursor.name) {
            document.report(
                .missingKey, reader.node(of: TableKeys.mode.name),
                "the incremental table '\(name)' has no cursor.",
                remedy: "Add 'cursor: <column that grows with every change>', or remove 'mode: incremental'.")
        }
        for forIncremental in [TableKeys.cursor.name, TableKeys.overlap.name, TableKeys.chunk.name]
        where isKnown && mode == .full && reader.has(forIncremental) {
            document.report(
                .conflict, reader.node(of: forIncremental),
                "the table '\(name)' is read in full, so '\(forIncremental)' has no meaning.",
                remedy: "Add 'mode: incremental', or remove '\(forIncremental)'.")
        }
        return mode
    }
}

extension Overlap {
    fileprivate init(_ span: Span) {
        switch span {
        case .time(let duration): self = .time(duration)
        case .number(let number): self = .number(number)
        }
    }
}

extension ChunkSize {
    fileprivate init(_ span: Span) {
        switch span {
        case .time(let duration): self = .time(duration)
        case .number(let number): self = .number(number)
        }
    }
}
