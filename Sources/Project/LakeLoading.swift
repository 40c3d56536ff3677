internal import Blocking
internal import LakeModel
internal import Yams

/// One reading of all of a lake's files.
struct LakeLoading {
    let folder: LakeFolder
    let variables: [String: String]
    let mistakes = MistakeList()

    /// `nil` if `lake.yaml` does not say enough; everything else has been read even then.
    func load(environment: String?) -> (LakeDefinition?, named: Set<AssetKey>, unreadable: Set<SourceName>) {
        guard let lake = lakeFile(environment: environment) else { return (nil, [], []) }
        let sources = sources(of: lake)
        let models = models(of: lake)
        let named = models.keys.union(sources.tables)
        lookUp(models.references, among: named, unreadable: sources.unreadable)
        let triggers = triggers(of: lake)
        if sources.unreadable.isEmpty {
            lookUp(triggers, among: named, sources: sources.definitions, models: models.definitions)
        }
        guard let name = lake.name, let store = lake.store, let zone = lake.zone,
            let environment = lake.environment, let metadata = lake.metadata
        else { return (nil, named, sources.unreadable) }
        let definition = LakeDefinition(
            name: name, description: lake.description, folder: folder.path, store: store, zone: zone,
            environment: environment, connections: lake.connections, tolerance: lake.tolerance,
            resources: lake.resources, exclusions: lake.exclusions, sources: sources.definitions,
            models: models.definitions, schedules: triggers.schedules.sorted { $0.name < $1.name },
            sensors: triggers.sensors.sorted { $0.name < $1.name },
            backfills: triggers.backfills.sorted { $0.name < $1.name }, work: lake.work, metadata: metadata,
            serve: lake.serve, openLineage: lake.openLineage)
        return (definition, named, sources.unreadable)
    }

    /// `nil` if there is none.
    private func lakeFile(environment: String?) -> LakeFile? {
        if case .missing = folder.read(folder.absolute(LakeFile.file)) {
            let isMisnamed = folder.entries(of: ".")?.contains { $0.name == "lake.yml" } ?? false
            mistakes.add(
                .noLake, at: nil, "there is no \(LakeFile.file) in \(folder.path).",
                remedy: isMisnamed
                    ? "Rename lake.yml to \(LakeFile.file)."
                    : "Go to the folder of a lake, or begin one there.")
            return nil
        }
        guard let text = text(of: LakeFile.file) else { return LakeFile() }
        let document = YAMLDocument(file: LakeFile.file, variables: variables, mistakes: mistakes)
        guard let root = document.root(of: text) else { return LakeFile() }
        return LakeFile(root, document, folder: folder, environment: environment)
    }

    // MARK: Sources

    private struct Sources {
        var definitions: [SourceDefinition] = []
        var tables: Set<AssetKey> = []
        /// Those whose tables are not known.
        var unreadable: Set<SourceName> = []
    }

    private func sources(of lake: LakeFile) -> Sources {
        var sources = Sources()
        for entry in folder.entries(of: "sources") ?? [] {
            let file = "sources/\(entry.name)"
            guard let stem = stem(of: entry, file: file, suffix: ".yaml") else { continue }
            guard let name = SourceName(stem) else {
                mistakes.add(
                    .fileName, at: Place(file: file), "'\(stem)' cannot be the name of a source.",
                    remedy:
                        "Rename the file: lower-case letters, digits and _, a letter first, at most 56 bytes."
                )
                continue
            }
            let document = YAMLDocument(file: file, variables: variables, mistakes: mistakes)
            guard let text = text(of: file), let root = document.root(of: text) else {
                sources.unreadable.insert(name)
                continue
            }
            let source = SourceFile(root, name: name, document, in: lake)
            for table in source.tableNames { sources.tables.insert(.bronze(name, table)) }
            if let definition = source.definition { sources.definitions.append(definition) }
        }
        sources.definitions.sort { $0.name < $1.name }
        return sources
    }

    // MARK: Models

    private struct Models {
        var definitions: [ModelDefinition] = []
        /// Broken ones included.
        var keys: Set<AssetKey> = []
        var references: [ModelFile.Reference] = []
    }

    private func models(of lake: LakeFile) -> Models {
        var models = Models()
        for entry in folder.entries(of: "models") ?? [] {
            guard entry.isFolder, entry.name == "silver" || entry.name == "gold" else {
                refuse(entry)
                continue
            }
            let files = (folder.entries(of: "models/\(entry.name)") ?? []).compactMap {
                model($0, layer: entry.name)
            }
            for file in files { models.keys.insert(file.key) }
            read(files, of: lake, into: &models)
        }
        models.definitions.sort { $0.key < $1.key }
        return models
    }

    /// Something else than the folders `silver` and `gold` in `models`.
    private func refuse(_ entry: LakeFolder.Entry) {
        if !entry.isFolder, entry.name.hasSuffix(".md") { return }
        let meant = entry.isFolder ? suggestion(for: entry.name, among: ["silver", "gold"]) : ""
        mistakes.add(
            .strayFile, at: Place(file: "models/\(entry.name)"),
            "\(entry.isFolder ? "the folder" : "the file") 'models/\(entry.name)' is not read"
                + (meant.isEmpty ? "." : meant),
            remedy: "Models are models/silver/<table>.sql and models/gold/<table>.sql.")
    }

    /// The table that a file is to describe.
    private func model(_ entry: LakeFolder.Entry, layer: String) -> (key: AssetKey, file: String)? {
        let file = "models/\(layer)/\(entry.name)"
        guard let stem = stem(of: entry, file: file, suffix: ".sql") else { return nil }
        guard isPlainIdentifier(stem), let key = AssetKey(schema: layer, table: stem) else {
            mistakes.add(
                .fileName, at: Place(file: file), "'\(stem)' cannot be the name of a model.",
                remedy: "Rename the file: lower-case letters, digits and _, a letter first.")
            return nil
        }
        return (key, file)
    }

    /// Reads many files on all processors: YAML takes its time.
    private func read(
        _ files: [(key: AssetKey, file: String)], of lake: LakeFile, into models: inout Models
    ) {
        let (folder, variables, zone, pools) = (folder, variables, lake.zone ?? .utc, lake.work.pools)
        let read = mapOnAllProcessors(files) { key, file -> (ModelFile?, [ProjectMistake]) in
            let loading = LakeLoading(folder: folder, variables: variables)
            let model = loading.text(of: file).map {
                ModelFile(
                    $0, key: key, file: file, zone: zone, pools: pools, variables: variables, loading.mistakes
                )
            }
            return (model, loading.mistakes.all)
        }
        for (model, found) in read {
            for mistake in found { mistakes.add(mistake) }
            models.references += model?.references ?? []
            if let definition = model?.definition { models.definitions.append(definition) }
        }
    }

    private func lookUp(
        _ references: [ModelFile.Reference], among known: Set<AssetKey>, unreadable: Set<SourceName>
    ) {
        for reference in references where !known.contains(reference.asset) {
            if let source = reference.asset.source, unreadable.contains(source) { continue }
            let meant = suggestion(
                for: reference.asset.description, among: known.sorted().map(\.description))
            mistakes.add(
                .unknownTable, at: reference.place,
                "there is no table \(reference.written) in this lake\(meant.isEmpty ? "." : meant)",
                remedy: "Name a model, or a table of a source as bronze_<source>.<table>.")
        }
    }

    // MARK: Schedules and sensors

    /// Those of lake.yaml and of `schedules/*.yaml`.
    private func triggers(of lake: LakeFile) -> TriggerFile {
        var triggers = lake.triggers
        for entry in folder.entries(of: "schedules") ?? [] {
            let file = "schedules/\(entry.name)"
            guard stem(of: entry, file: file, suffix: ".yaml") != nil, let text = text(of: file) else {
                continue
            }
            let document = YAMLDocument(file: file, variables: variables, mistakes: mistakes)
            guard let root = document.root(of: text),
                let reader = MappingReader(root, TriggerKeys.shape, document, mayBeEmpty: true)
            else { continue }
            triggers.add(TriggerFile(reader, document, zone: lake.zone ?? .utc), mistakes)
        }
        return triggers
    }

    /// Reports what schedules and sensors name and the lake does not have.
    private func lookUp(
        _ triggers: TriggerFile, among known: Set<AssetKey>, sources: [SourceDefinition],
        models: [ModelDefinition]
    ) {
        if triggers.selections.isEmpty && triggers.fileTables.isEmpty { return }
        var tags: [AssetKey: [String]] = [:]
        var ofDatabases: Set<AssetKey> = []
        for source in sources {
            for table in source.tables {
                tags[.bronze(source.name, table.name)] = table.tags
                if table.files == nil { ofDatabases.insert(.bronze(source.name, table.name)) }
            }
        }
        for model in models { tags[model.key] = model.tags }
        let knowsTags = mistakes.all.isEmpty
        // What reads what is not known before the SQL is, and does not matter for whether names are known.
        let nodes = known.map { AssetGraph.Node(key: $0, tags: Set(tags[$0] ?? [])) }
        guard let graph = try? AssetGraph(nodes) else { return }
        for selection in triggers.selections { selection.lookUp(in: graph, knowsTags: knowsTags) }
        for table in triggers.fileTables {
            if !known.contains(table.asset) {
                let meant = suggestion(for: table.asset.description, among: known.sorted().map(\.description))
                table.document.report(
                    .unknownTable, table.node,
                    "there is no table \(table.node.inWords) in this lake\(meant.isEmpty ? "." : meant)",
                    remedy: "Name a table of files as bronze_<source>.<table>.")
            } else if ofDatabases.contains(table.asset) {
                table.document.report(
                    .conflict, table.node, "\(table.asset) is a table of a database, not of files.",
                    remedy: "Watch what is built from it with 'materialized', or write a schedule.")
            }
        }
    }

    // MARK: Files

    /// The name of a file less its suffix; `nil` if the file is to be passed over.
    func stem(of entry: LakeFolder.Entry, file: String, suffix: String) -> String? {
        if !entry.isFolder, entry.name.hasSuffix(suffix) { return String(entry.name.dropLast(suffix.count)) }
        if !entry.isFolder, entry.name.hasSuffix(".md") { return nil }
        let isMisspelt = suffix == ".yaml" && entry.name.hasSuffix(".yml")
        mistakes.add(
            .strayFile, at: Place(file: file),
            "the \(entry.isFolder ? "folder" : "file") '\(file)' is not read: only '*\(suffix)' is.",
            remedy: isMisspelt
                ? "Rename it to \(entry.name.dropLast(4)).yaml." : "Rename it, or move it out of this folder."
        )
        return nil
    }

    /// `nil` after it has been reported why not.
    func text(of file: String) -> String? {
        switch folder.read(folder.absolute(file)) {
        case .text(let text): return text
        case .missing:
            mistakes.add(
                .unreadableFile, at: Place(file: file), "the file cannot be read: it is gone.",
                remedy: "Put it back, or remove the link.")
        case .failed(let reason):
            mistakes.add(
                .unreadableFile, at: Place(file: file), "the file cannot be read: \(reason).",
                remedy: "Make it readable for the user who runs tarn.")
        case .notUTF8(let line, let column):
            mistakes.add(
                .unreadableFile, at: Place(file: file, line: line, column: column),
                "the file is not UTF-8 here.",
                remedy: "Save it as UTF-8.")
        }
        return nil
    }
}
