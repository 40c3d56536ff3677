internal import DuckDB
internal import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Project

/// Builds of an incremental table from what has changed.
///
/// A row of the table is made from rows of the followed inputs with the same value of one column only. So
/// the values in changed rows of these inputs say which rows of the table may be others: they are computed
/// anew, from inputs that hold nothing else, and stand for all rows of these values.
extension ModelBuild {
    /// Beyond this share of the base, increments become one file with it.
    private static let mergeBeyond = 0.2
    /// The base is written anew when it is so many days old, for readers by path.
    private static let mergeAfter = Duration.seconds(7 * 86_400)

    /// Stages what has changed; `nil` if the whole must be built.
    func increment(_ rules: IncrementalRules, _ step: Step) async throws -> StagedIncrement? {
        let began = ContinuousClock.now
        let key = model.definition.key
        guard let manifest = try await ManifestStore(store).manifest(of: key)?.manifest,
            let column = rules.key.first, let base = manifest.files.first, manifest.view == nil,
            manifest.partitioning == nil, manifest.codeHash == model.codeHash,
            manifest.engine == ModelBuild.engine,
            let changes = try await changes(rules, since: manifest)
        else { return nil }
        let rowsPath = try await stagingPath(LakeLayout.staged(key, of: step.run))
        let keysPath = try await stagingPath(LakeLayout.stagedKeys(key, of: step.run))
        let folder = LakeLayout.folder(of: key)
        func relation(_ name: String) -> String {
            AssetState.parquet([store.readableURL(of: folder.appending(name))])
        }
        let increment = manifest.files.dropFirst().first
        try await store.prepare(
            [base.name, increment?.name, increment?.replaces?.keys].compactMap { $0 }.map(folder.appending))
        let scratch = Scratch(
            name: "__tarn_\(step.run)_\(key.table)", model: model.definition, column: column,
            inputs: inputs, changes: changes, base: relation(base.name),
            before: increment.map { relation($0.name) },
            keysBefore: increment?.replaces.map { relation($0.keys) })
        let schema = manifest.schema
        let written: Scratch.Written? = try await withConnection { connection in
            step.watch(connection.interrupter)
            return try scratch.write(rows: rowsPath, keys: keysPath, on: connection, schema: schema)
        }
        guard let written, isSmall(written.rows, base) else { return nil }
        let checks = try await withConnection { connection in
            step.watch(connection.interrupter)
            try session.define(inputs, on: connection)
            return try step.audit(
                connection,
                AuditScope(
                    changed: rowsPath, key: [column],
                    whole: scratch.whole(rows: rowsPath, keys: keysPath)))
        }
        return StagedIncrement(
            table: staged(
                step, rows: written.rows, version: version, schema: schema, checks: checks, began: began),
            base: base, column: column, keys: written.keys, replaced: written.replaced)
    }

    private func isSmall(_ rows: Int64, _ base: DataFile) -> Bool {
        guard Double(rows) <= Double(base.rows) * ModelBuild.mergeBeyond else { return false }
        guard let written = base.run.time else { return true }
        return now() - written < ModelBuild.mergeAfter
    }

    /// For each followed input that has changed, a SELECT of one column `k`: every value in rows that came,
    /// went or are others. `nil` if something else changed, or nobody can tell what.
    private func changes(
        _ rules: IncrementalRules, since manifest: TableManifest
    ) async throws -> [AssetKey: String]? {
        let before = Dictionary(manifest.inputs.map { ($0.asset, $0) }) { first, _ in first }
        guard Set(before.keys) == Set(inputs.map(\.key)) else { return nil }
        var changes: [AssetKey: String] = [:]
        for input in inputs {
            guard let old = before[input.key] else { return nil }
            if old.version == input.version { continue }
            guard let followed = rules.inputs.first(where: { $0.asset == input.key }),
                let files = old.files
            else { return nil }
            let paths = files.compactMap { LakePath($0) }
            guard paths.count == files.count,
                let change = try await InputChange(
                    of: input, since: old.version, files: paths, column: followed.column, in: store)
            else { return nil }
            changes[input.key] = change.select
        }
        return changes.isEmpty ? nil : changes
    }
}
