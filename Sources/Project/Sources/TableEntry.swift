internal import LakeModel
internal import Yams

extension SourceFile {
    /// Reads what is said of one table; what it leaves open, the source's own keys say.
    static func table(
        _ name: TableName, _ key: Node, _ reader: MappingReader, of source: MappingReader,
        sourceTags: [String], freshness: FreshnessPolicy?, rules: AssetRules, zone: ZoneRules
    ) -> TableDefinition {
        let document = reader.document
        let mode = mode(name, reader)
        let tags = (reader[TableKeys.tags] ?? []).map(\.value)
        let columns = (reader[TableKeys.columns] ?? []).map { entry in
            ColumnDefinition(
                name: entry.name, type: bronzeType(entry.value, isOfFiles: reader.has(FileKeys.files.name)),
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
            reconciling: reader[RuleKeys.reconcile] ?? source[RuleKeys.reconcile] ?? .off,
            columns: columns,
            checks: (reader[TableKeys.checks] ?? []).compactMap(ExtractionCheckKeys.read),
            files: FileKeys.read(reader), partitions: partitions(name, reader, mode, zone: zone),
            freshness: freshness, rules: rules,
            place: document.place(of: key))
    }

    /// The declared type of a column; a database's table is kept as it is, but for a few types that are safe.
    private static func bronzeType(_ column: MappingReader?, isOfFiles: Bool) -> String? {
        guard let column, let type = column[ColumnKeys.bronzeType] else { return nil }
        let names = BronzeColumnType.allCases.map(\.rawValue)
        guard !isOfFiles, !names.contains(type),
            let node = column.value(of: ColumnKeys.bronzeType.name)
        else {
            return type
        }
        let (meant, known) = (suggestion(for: type, among: names), names.joined(separator: ", "))
        column.document.reportValue(
            node, "expected one of \(known), found \(node.inWords)\(meant.isEmpty ? "." : meant)",
            remedy: "Write one of \(known). Everything else is for silver.")
        return nil
    }

    private static func mode(_ name: TableName, _ reader: MappingReader) -> ExtractionMode {
        let document = reader.document
        let written = reader[TableKeys.mode]
        let isOfFiles = reader.has(FileKeys.files.name)
        let isPartitioned = reader.has(PartitionsKeys.partitions.name)
        let mode = written ?? (isOfFiles ? .files : isPartitioned ? .partitioned : .full)
        if isOfFiles ? mode == .incremental || mode == .partitioned : mode == .files {
            document.report(
                .conflict, reader.node(of: TableKeys.mode.name),
                "'mode: \(mode.rawValue)' \(isOfFiles ? "is not for" : "is only for") tables of files.",
                remedy: isOfFiles
                    ? "Write 'mode: files' for new and changed files, 'mode: full' for all of them."
                    : "Add 'files: <pattern>', or write 'mode: full' or 'mode: incremental'.")
            return mode
        }
        if mode == .partitioned, !isPartitioned {
            document.report(
                .missingKey, reader.node(of: TableKeys.mode.name),
                "the table '\(name)' does not say what its partitions are.",
                remedy: "Add 'partitions: { by: daily, column: <date>, start: <YYYY-MM-DD> }'.")
            return mode
        }
        let isKnown = written != nil || !reader.has(TableKeys.mode.name)
        if isKnown, mode == .incremental, !reader.has(TableKeys.cursor.name) {
            document.report(
                .missingKey, reader.node(of: TableKeys.mode.name),
                "the incremental table '\(name)' has no cursor.",
                remedy: "Add 'cursor: <column that grows with every change>', or remove 'mode: incremental'.")
        }
        for forIncremental in [TableKeys.cursor.name, TableKeys.overlap.name, TableKeys.chunk.name]
        where isKnown && (mode == .full || mode == .partitioned) && !isOfFiles && reader.has(forIncremental) {
            document.report(
                .conflict, reader.node(of: forIncremental),
                """
                the table '\(name)' is read \(mode == .full ? "in full" : "by partitions"), so '\(forIncremental)' \
                has no meaning.
                """,
                remedy: "Add 'mode: incremental', or remove '\(forIncremental)'.")
        }
        return mode
    }

    private static func partitions(
        _ name: TableName, _ reader: MappingReader, _ mode: ExtractionMode, zone: ZoneRules
    ) -> PartitionsDefinition? {
        guard let written = reader[PartitionsKeys.partitions] else { return nil }
        let document = reader.document
        guard mode == .partitioned || !reader.has(PartitionsKeys.partitions.name) else {
            let isOfFiles = reader.has(FileKeys.files.name)
            document.report(
                .conflict, reader.node(of: PartitionsKeys.partitions.name),
                "the table '\(name)' is read with 'mode: \(mode.rawValue)', so 'partitions' has no meaning.",
                remedy: isOfFiles
                    ? "Remove 'partitions': new and changed files are read by themselves."
                    : "Remove 'mode', or 'partitions'.")
            return nil
        }
        return written.definition(of: .table, zone: zone)
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
