package import LakeModel

/// Rows of an incremental table that a run has staged: they stand for all rows of the keys that changed since
/// the base was written.
package struct StagedIncrement: Hashable, Sendable {
    /// Its rows are those of the increment; its version is that of the whole table.
    package let table: StagedTable
    /// The file that stays.
    package let base: DataFile
    /// The column whose values are the staged keys.
    package let column: String
    /// How many keys there are.
    package let keys: Int64
    /// How many rows of the base they replace.
    package let replaced: Int64

    package init(table: StagedTable, base: DataFile, column: String, keys: Int64, replaced: Int64) {
        self.table = table
        self.base = base
        self.column = column
        self.keys = keys
        self.replaced = replaced
    }
}

extension TablePublish {
    /// Makes the base with the staged rows in the place of others the current version, at one instant.
    ///
    /// `latest.parquet` stays the base: who reads by path sees the increments when they become one file.
    ///
    /// - Parameter confirmLease: Throws if the step is no longer ours; called right before the manifest is
    ///   replaced.
    /// - Throws: `PublishBlocked`, `CommitRefused`, `LeaseLost`, `CommitContended`, and what stores throw.
    package func publish(
        _ staged: StagedIncrement, confirmLease: () async throws -> Void = {}
    ) async throws -> TableManifest {
        let table = staged.table
        let blocking = table.checks.filter(\.blocks)
        guard blocking.isEmpty else { throw PublishBlocked(asset: table.asset, checks: blocking) }
        if let current = try await manifests.manifest(of: table.asset)?.manifest, current.run == table.run {
            return current
        }
        let data = LakeLayout.increment(of: table.asset, run: table.run)
        let keys = [ColumnSchema(name: staged.column, type: "")]
        let bytes = try await place(table.staged, at: data.rows, table, table.rows, table.schema)
        _ = try await place(
            LakeLayout.stagedKeys(table.asset, of: table.run), at: data.keys, table, staged.keys, keys)
        let file = DataFile(
            name: "_runs/\(data.rows.name)", run: table.run, rows: table.rows, bytes: bytes,
            replaces: ReplacedRows(
                keys: "_runs/\(data.keys.name)", column: staged.column, rows: staged.replaced))

        for _ in 0..<TablePublish.attemptsMax {
            let current = try await manifests.slot(of: table.asset)
            if let epoch = current.epoch, epoch > table.epoch {
                try await store.delete(data.rows)
                try await store.delete(data.keys)
                throw lost(table, "somebody holds it with epoch \(epoch)")
            }
            guard let before = current.manifest, before.files.first == staged.base else {
                throw lost(table, "another version was published meanwhile")
            }
            try await confirmLease()
            for path in [data.rows, data.keys] where try await store.head(path) == nil {
                throw lost(table, "its file was removed")
            }
            let next = successor(of: before, with: file, of: staged)
            guard case .written = try await manifests.write(next, current.condition) else { continue }
            try await deleteVersions(of: before, notIn: next)
            return next
        }
        throw CommitContended(asset: table.asset, attempts: TablePublish.attemptsMax)
    }

    /// Verifies a staged file and moves it to where the manifest will name it.
    private func place(
        _ from: LakePath, at data: LakePath, _ table: StagedTable, _ rows: Int64, _ schema: [ColumnSchema]
    ) async throws -> ByteCount {
        let isStaged = try await store.head(from) != nil
        let bytes = try await Staging(store).verify(
            isStaged ? from : data, of: table.asset, rows: rows, schema: schema)
        if isStaged { _ = try await store.rename(from, to: data, .unconditionally) }
        return bytes
    }

    private func successor(
        of before: TableManifest, with file: DataFile, of staged: StagedIncrement
    ) -> TableManifest {
        let (table, now) = (staged.table, now())
        let replaced = before.fileNames.dropFirst().map { TableManifest.Retired(name: $0, at: now) }
        let retired = (before.retired ?? []).filter { now - $0.at < TablePublish.retirement } + replaced
        return TableManifest(
            asset: table.asset, run: table.run, epoch: table.epoch, publishedAt: now,
            version: table.version, codeHash: table.codeHash, engine: table.engine, inputs: table.inputs,
            files: [staged.base, file], schema: table.schema, checks: table.checks, seconds: table.seconds,
            kept: before.kept, group: group, retired: retired.isEmpty ? nil : retired,
            breaking: before.breaking)
    }
}
