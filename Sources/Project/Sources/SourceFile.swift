internal import LakeModel
internal import Yams

/// Reads one file of `sources/`.
struct SourceFile {
    /// `nil` if something is wrong that concerns the whole source.
    let definition: SourceDefinition?
    /// All tables that the file names, broken ones included.
    let tableNames: [TableName]

    init(_ root: Node, name: SourceName, _ document: YAMLDocument, in lake: LakeFile) {
        let place = Place(file: document.file)
        guard let reader = MappingReader(root, SourceKeys.shape, document, mayBeEmpty: true) else {
            (definition, tableNames) = (nil, [])
            return
        }
        let isExcluded = Self.refuse(name, at: place, in: lake, document)
        let exclusions = reader[SourceKeys.exclude] ?? []
        let tags = (reader[SourceKeys.tags] ?? []).map(\.value)
        let zone = lake.zone ?? .utc
        let freshness = reader[SourceKeys.freshness].flatMap { FreshnessKeys.read($0, zone: zone) }
        let rules = AssetRulesKeys.read(reader, known: lake.work.pools)
        let entries = reader[SourceKeys.tables] ?? []
        var tables: [TableDefinition] = []
        var names: [TableName] = []
        for entry in entries {
            guard let table = Self.tableName(entry.key, entry.name, document) else { continue }
            names.append(table)
            let isExcluded = Self.refuse(
                table, entry.key, exclusions + lake.exclusions, source: name, document)
            guard let settings = entry.value, !isExcluded else { continue }
            let own = settings[TableKeys.freshness].flatMap { FreshnessKeys.read($0, zone: zone) }
            tables.append(
                Self.table(
                    table, entry.key, settings, of: reader, sourceTags: tags, freshness: own ?? freshness,
                    rules: AssetRulesKeys.read(settings, known: lake.work.pools, else: rules), zone: zone))
        }
        tableNames = names
        let connection = Self.connection(reader, document, lake)
        if let connection { Self.checkKinds(entries, connection, document) }
        let database = reader.has(SourceKeys.database.name) ? reader[SourceKeys.database] : name.text
        let (description, owner) = (reader[SourceKeys.description], reader[SourceKeys.owner])
        let connectionsMax = reader[SourceKeys.connections] ?? 4
        let pace = reader[SourceKeys.pace].map(PaceKeys.read) ?? Pace()
        let statementTimeout = reader[SourceKeys.statementTimeout]
        guard let connection, let database, !isExcluded else {
            definition = nil
            return
        }
        definition = SourceDefinition(
            name: name, description: description, owner: owner, tags: tags, connection: connection,
            database: database, connectionsMax: connectionsMax, pace: pace,
            statementTimeout: statementTimeout, exclusions: exclusions,
            tables: tables.sorted { $0.name < $1.name },
            place: place)
    }

    private static func connection(
        _ reader: MappingReader, _ document: YAMLDocument, _ lake: LakeFile
    ) -> ConnectionDefinition? {
        guard let name = reader[SourceKeys.connection] else { return nil }
        if let connection = lake.connections[name.value] { return connection }
        // A connection that is there but broken has been reported already.
        guard let names = lake.connectionNames, !names.contains(name.value) else { return nil }
        let meant = suggestion(for: name.value, among: names)
        document.report(
            .unknownConnection, name.node,
            "the environment \(lake.environment ?? "") has no connection \(name.node.inWords)"
                + (meant.isEmpty ? "." : meant),
            remedy: names.isEmpty
                ? "Add it to \(LakeFile.file) under environments."
                : "Connections there: \(names.joined(separator: ", ")).")
        return nil
    }

    /// Tables of files belong to folders of files, and the others to databases.
    private static func checkKinds(
        _ entries: [Named<MappingReader>], _ connection: ConnectionDefinition, _ document: YAMLDocument
    ) {
        var isFolder = false
        if case .files = connection.kind { isFolder = true }
        for entry in entries {
            let hasFiles = entry.value?.has(FileKeys.files.name) ?? false
            if isFolder, !hasFiles {
                document.report(
                    .missingKey, entry.key, "the table '\(entry.name)' does not say which files it is.",
                    remedy: "Add 'files: <pattern>', such as 'files: \(entry.name)/*.csv'.")
            } else if !isFolder, hasFiles, let reader = entry.value {
                document.report(
                    .conflict, reader.node(of: FileKeys.files.name),
                    "'files' has no meaning: the connection '\(connection.name)' is a database.",
                    remedy: "Remove 'files', or use a connection of 'kind: files'.")
            }
        }
    }

    private static func tableName(_ key: Node, _ name: String, _ document: YAMLDocument) -> TableName? {
        if let table = TableName(name) { return table }
        document.reportValue(
            key, "\(key.inWords) cannot be the name of a table in the lake: it becomes the name of a folder.",
            remedy:
                "Names of at most 128 bytes without / \\ = ? * \" < > | : # % can be, unless _ or . is first."
        )
        return nil
    }

    // MARK: Exclusions

    private static func refuse(
        _ name: SourceName, at place: Place, in lake: LakeFile, _ document: YAMLDocument
    ) -> Bool {
        for exclusion in lake.exclusions {
            guard case .source(let glob) = exclusion.subject, glob.matches(name.text) else { continue }
            document.mistakes.add(
                .excluded, at: place,
                "the source '\(name)' is excluded by \(exclusion.place): \(exclusion.reason)",
                remedy: "Remove this file, or the exclusion if its reason no longer holds.")
            return true
        }
        return false
    }

    private static func refuse(
        _ table: TableName, _ key: Node, _ exclusions: [Exclusion], source: SourceName,
        _ document: YAMLDocument
    ) -> Bool {
        for exclusion in exclusions {
            guard case .table(let glob) = exclusion.subject, glob.matches(table.text) else { continue }
            document.report(
                .excluded, key,
                "the table '\(table)' of \(source) is excluded by \(exclusion.place): \(exclusion.reason)",
                remedy: "Remove the table, or the exclusion if its reason no longer holds.")
            return true
        }
        return false
    }
}
