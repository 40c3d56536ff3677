internal import Crypto
package import LakeModel

/// Partitions of one silver or gold table that a run has staged, and what they were computed from.
package struct StagedPartitions: Hashable, Sendable {
    package let asset: AssetKey
    package let run: RunID
    package let epoch: LeaseEpoch
    package let partitioning: TableManifest.Partitioning
    package let partitions: [Part]
    package let codeHash: String
    package let engine: String
    package let inputs: [TableManifest.Input]
    package let schema: [ColumnSchema]
    /// Of all of them together.
    package let checks: [CheckResult]
    package let seconds: Double
    package let breaking: TableManifest.Breaking?
    /// From which states of followed inputs they are made; `nil` if none is followed.
    package let slices: [InputSlice]?
    package let followed: [TableManifest.FollowedState]
    /// What is known of published partitions that are not among these.
    package let compared: [PartitionKey: Compared]

    /// A published file, and the states of its inputs with which it was compared.
    package struct Compared: Hashable, Sendable {
        package let file: String
        package let slices: [InputSlice]

        package init(file: String, slices: [InputSlice]) {
            self.file = file
            self.slices = slices
        }
    }

    /// One partition, which is a staged file of its own.
    package struct Part: Hashable, Sendable {
        package let key: PartitionKey
        package let rows: Int64
        package let version: String

        package init(key: PartitionKey, rows: Int64, version: String) {
            self.key = key
            self.rows = rows
            self.version = version
        }
    }

    package init(
        asset: AssetKey, run: RunID, epoch: LeaseEpoch, partitioning: TableManifest.Partitioning,
        partitions: [Part], codeHash: String, engine: String, inputs: [TableManifest.Input],
        schema: [ColumnSchema], checks: [CheckResult], seconds: Double,
        breaking: TableManifest.Breaking? = nil, slices: [InputSlice]? = nil,
        followed: [TableManifest.FollowedState] = [], compared: [(PartitionKey, Compared)] = []
    ) {
        precondition(asset.layer != .bronze && !partitions.isEmpty, "Partitions of silver or gold.")
        self.asset = asset
        self.run = run
        self.epoch = epoch
        self.partitioning = partitioning
        self.partitions = partitions
        self.codeHash = codeHash
        self.engine = engine
        self.inputs = inputs
        self.schema = schema
        self.checks = checks
        self.seconds = seconds
        self.breaking = breaking
        self.slices = slices
        self.followed = followed
        self.compared = Dictionary(compared) { first, _ in first }
    }

    func staged(_ part: Part) -> LakePath { LakeLayout.staged(asset, of: run, partition: part.key) }
    func data(_ part: Part) -> LakePath { LakeLayout.version(of: asset, run: run, partition: part.key) }
}

extension TablePublish {
    /// How long files of partitions that were replaced stay for readers in flight.
    static let retirement = Duration.seconds(86_400)

    /// Makes the staged partitions current, all at one instant; other partitions stay as they are.
    ///
    /// Publishing again, after a success or a crash at any instant, leads to the same state. Where the table
    /// was divided otherwise before, or not at all, it begins anew.
    ///
    /// - Parameter confirmLease: Throws if the step is no longer ours; called right before the manifest is
    ///   replaced.
    /// - Throws: `PublishBlocked`, `CommitRefused`, `LeaseLost`, `CommitContended`, and what stores throw.
    package func publish(
        _ staged: StagedPartitions, confirmLease: () async throws -> Void = {}
    ) async throws -> TableManifest {
        let blocking = staged.checks.filter(\.blocks)
        guard blocking.isEmpty else { throw PublishBlocked(asset: staged.asset, checks: blocking) }
        if let current = try await manifests.manifest(of: staged.asset)?.manifest,
            staged.partitions.allSatisfy({ part in
                current.files.contains { $0.partition == part.key && $0.run == staged.run }
            })
        {
            for part in staged.partitions { try await store.delete(staged.staged(part)) }
            try await refreshLatest(of: staged.asset)
            return current
        }
        let files = try await staged.partitions.sideBySide { try await place($0, of: staged) }
        for _ in 0..<TablePublish.attemptsMax {
            let current = try await manifests.slot(of: staged.asset)
            try await confirm(staged, current, confirmLease)
            let next = try successor(of: current.manifest, with: files, of: staged)
            guard case .written = try await manifests.write(next, current.condition) else { continue }
            try await refreshLatest(of: staged.asset)
            try await deleteFiles(of: current.manifest, notIn: next)
            return next
        }
        throw CommitContended(asset: staged.asset, attempts: TablePublish.attemptsMax)
    }

    /// Verifies a staged file and moves it to where the manifest will name it.
    private func place(_ part: StagedPartitions.Part, of staged: StagedPartitions) async throws -> DataFile {
        let (from, data) = (staged.staged(part), staged.data(part))
        let isStaged = try await store.head(from) != nil
        let bytes = try await Staging(store).verify(
            isStaged ? from : data, of: staged.asset, rows: part.rows, schema: staged.schema)
        if isStaged { _ = try await store.rename(from, to: data, .unconditionally) }
        return DataFile(
            name: "_runs/\(data.name)", run: staged.run, rows: part.rows, bytes: bytes, partition: part.key,
            version: part.version, slices: staged.slices)
    }

    private func confirm(
        _ staged: StagedPartitions, _ current: ManifestSlot<TableManifest>,
        _ confirmLease: () async throws -> Void
    ) async throws {
        func lost(_ reason: String) -> LeaseLost {
            LeaseLost(asset: staged.asset, run: staged.run, epoch: staged.epoch, reason: reason)
        }
        if let epoch = current.epoch, epoch > staged.epoch {
            for part in staged.partitions { try await store.delete(staged.data(part)) }
            throw lost("somebody holds it with epoch \(epoch)")
        }
        try await confirmLease()
        let present = try await staged.partitions.sideBySide { try await store.head(staged.data($0)) != nil }
        guard !present.contains(false) else { throw lost("its file was removed") }
    }

    private func successor(
        of current: TableManifest?, with files: [DataFile], of staged: StagedPartitions
    ) throws -> TableManifest {
        let now = now()
        let replaced = Set(files.compactMap(\.partition))
        let before = current?.files ?? []
        let isSame = current?.partitioning == staged.partitioning
        let stays = before.filter { file in
            isSame && (file.partition.map { !replaced.contains($0) } ?? false)
        }.map { file in
            // Another run may have published it meanwhile.
            guard let compared = file.partition.flatMap({ staged.compared[$0] }), compared.file == file.name
            else { return file }
            return file.compared(compared.slices)
        }
        if let current, !stays.isEmpty { try requireReadable(staged, with: current.schema) }
        let kept = Set(stays.map(\.name) + files.map(\.name))
        let retired =
            (current?.retired ?? []).filter {
                now - $0.at < TablePublish.retirement && !kept.contains($0.name)
            }
            + before.filter { !kept.contains($0.name) }.map { TableManifest.Retired(name: $0.name, at: now) }
        let all = (stays + files).sorted { ($0.partition?.text ?? "") < ($1.partition?.text ?? "") }
        return TableManifest(
            asset: staged.asset, run: staged.run, epoch: staged.epoch, publishedAt: now,
            version: version(of: all), codeHash: staged.codeHash, engine: staged.engine,
            inputs: staged.inputs, files: all, schema: staged.schema, checks: staged.checks,
            seconds: staged.seconds, kept: [], group: group, partitioning: staged.partitioning,
            retired: retired.isEmpty ? nil : retired, breaking: staged.breaking,
            followed: followed(by: all, (current?.followed ?? []) + staged.followed))
    }

    /// Those states with which a file was compared.
    private func followed(
        by files: [DataFile], _ known: [TableManifest.FollowedState]
    ) -> [TableManifest.FollowedState]? {
        var wanted: Set<[String]> = []
        for file in files {
            for slice in file.slices ?? [] { wanted.insert([slice.asset.description, slice.sameIn]) }
        }
        let states = known.filter { wanted.remove([$0.asset.description, $0.version]) != nil }
        return states.isEmpty ? nil : states
    }

    /// Two tables of the same partitions, each of the same version, have the same rows.
    private func version(of files: [DataFile]) -> String {
        var digest = SHA256()
        for file in files {
            digest.update(data: Array("\(file.partition?.text ?? "")\n\(file.version ?? "")\n".utf8))
        }
        return hexadecimal(digest.finalize())
    }

    /// New columns are NULL in partitions from before; anything else would need them anew.
    private func requireReadable(_ staged: StagedPartitions, with before: [ColumnSchema]) throws {
        let missing = before.filter { column in !staged.schema.contains(column) }
        guard missing.isEmpty else {
            let names = missing.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
            throw PartitionsDiffer(asset: staged.asset, columns: names)
        }
    }

    /// Makes the files for readers by path those of the newest publication. Older ones were right before it.
    ///
    /// - Returns: whether one was not.
    func refreshLatest(
        of current: TableManifest, _ partitioning: TableManifest.Partitioning
    ) async throws -> Bool {
        // What becomes visible with others may be of several runs.
        let files = current.files.filter { $0.run == current.run || current.group != nil }
        let changed = try await files.sideBySide { file in
            guard let partition = file.partition else { return false }
            let version = LakeLayout.folder(of: current.asset).appending(file.name)
            guard let wanted = try await store.head(version) else { throw ObjectNotFound(path: version) }
            let latest = LakeLayout.latest(of: current.asset, partition: partition, partitioning)
            guard try await store.head(latest)?.etag != wanted.etag else { return false }
            try await store.copy(version, to: latest)
            return true
        }
        return changed.contains(true)
    }

    /// Deletes what no manifest names any more, and what readers by path would find of another division.
    private func deleteFiles(of before: TableManifest?, notIn next: TableManifest) async throws {
        guard let before else { return }
        let folder = LakeLayout.folder(of: next.asset)
        let shown = try await visible(of: next)?.fileNames ?? []
        let named = Set(next.files.map(\.name) + (next.retired?.map(\.name) ?? []) + shown)
        let gone = (before.files.map(\.name) + (before.retired?.map(\.name) ?? [])).filter {
            !named.contains($0)
        }
        _ = try await gone.sideBySide { try await store.delete(folder.appending($0)) }
        guard before.partitioning != next.partitioning else { return }
        for run in before.kept { try await store.delete(LakeLayout.version(of: next.asset, run: run)) }
        guard let partitioning = before.partitioning else {
            return try await store.delete(LakeLayout.latest(of: next.asset))
        }
        for key in before.files.compactMap(\.partition) {
            let latest = LakeLayout.latest(of: next.asset, partition: key, partitioning)
            if latest.folder
                != next.partitioning.map({ LakeLayout.latest(of: next.asset, partition: key, $0).folder })
            {
                try await store.delete(latest)
            }
        }
    }
}

/// Partitions with other columns than those that stay.
package struct PartitionsDiffer: Diagnostic {
    package let asset: AssetKey
    package let columns: String

    package var code: String { "publish.partitions-differ" }
    package var problem: String {
        "\(asset) was not published: its other partitions have columns that these have not, or of another type: \(columns)."
    }
    package var remedy: String {
        "Build all of its partitions together: `tarn run \(asset) --partition all`."
    }
}
