package import LakeModel

/// Rows of one bronze table that a run has staged, and what it knows of them.
package struct StagedExtraction: Hashable, Sendable {
    package let source: SourceName
    package let table: TableName
    package let run: RunID
    package let epoch: LeaseEpoch
    package let mode: ExtractionMode
    /// As counted while they were read from the source.
    package let rows: Int64
    /// What they cover; `nil` for a full snapshot.
    package let range: CursorRange?
    package let schema: [ColumnSchema]
    package let key: [String]
    package let isKeyUnique: Bool
    package let cursor: String?
    package let conversions: [Conversion]
    package let origin: BronzeManifest.Origin
    package let schemaChanges: [SchemaChange]
    /// The columns of all files, with these rows; `nil` if they are ``schema``.
    package let storedSchema: StoredSchema?
    /// Which file of the run it becomes, from 1.
    package let part: Int
    /// Which files of the source it was made from; `nil` if the source is no folder of files.
    package let inputs: [InputFile]?
    package let quarantine: Quarantine?

    package init(
        source: SourceName, table: TableName, run: RunID, epoch: LeaseEpoch, mode: ExtractionMode,
        rows: Int64,
        range: CursorRange? = nil, schema: [ColumnSchema], key: [String], isKeyUnique: Bool = false,
        cursor: String? = nil, conversions: [Conversion] = [], origin: BronzeManifest.Origin,
        schemaChanges: [SchemaChange] = [], storedSchema: StoredSchema? = nil, part: Int = 1,
        inputs: [InputFile]? = nil, quarantine: Quarantine? = nil
    ) {
        precondition(
            (mode == .incremental) == (range != nil), "Exactly an incremental extraction covers a range.")
        self.source = source
        self.table = table
        self.run = run
        self.epoch = epoch
        self.mode = mode
        self.rows = rows
        self.range = range
        self.schema = schema
        self.key = key
        self.isKeyUnique = isKeyUnique
        self.cursor = cursor
        self.conversions = conversions
        self.origin = origin
        self.schemaChanges = schemaChanges
        self.storedSchema = storedSchema
        self.part = part
        self.inputs = inputs
        self.quarantine = quarantine
    }

    package var asset: AssetKey { .bronze(source, table) }
    /// Where its rows are before the commit.
    package var staged: LakePath { LakeLayout.staged(asset, of: run) }

    func partition(on day: Day) -> BronzePartition {
        BronzePartition(source: source, table: table, ingestionDate: day)
    }
}

/// What a commit of bronze leaves behind.
package struct CommittedExtraction: Hashable, Sendable {
    package let manifest: BronzeManifest
    /// The proof that lets the watermark advance; `nil` for a full snapshot.
    package let range: CommittedRange?
    /// Whether the run had committed before and this call changed nothing.
    package let wasCommittedBefore: Bool
}

/// Turns staged rows into bronze.
///
/// Verify the file, move it into today's partition under the run's own name, replace the manifest on
/// condition that it is the one that was read. Only the last step is visible. A crash before it leaves a file
/// that no manifest lists, which recovery removes; a crash after it leaves files that the manifest lists no
/// more, likewise.
package struct BronzeCommit: Sendable {
    private let store: SealingStore
    private let now: @Sendable () -> Timestamp
    private let manifests: ManifestStore
    private static let attemptsMax = 16

    package init(_ store: SealingStore, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.now = now
        manifests = ManifestStore(store)
    }

    /// Makes the staged rows visible in the partition of the day on which that happens.
    ///
    /// Publishing again, after a success or after a crash at any instant, leads to the same state. A full
    /// snapshot replaces what the day held; other extractions are added to it.
    ///
    /// - Parameter confirmLease: Throws if the step is no longer ours; called right before the manifest is
    ///   replaced.
    /// - Throws: `CommitRefused`, `LeaseLost`, `CommitContended`, and what stores throw.
    package func publish(
        _ extraction: StagedExtraction, confirmLease: () async throws -> Void = {}
    ) async throws -> CommittedExtraction {
        if let manifest = try await earlierCommit(of: extraction) {
            try await store.delete(extraction.staged)
            return result(extraction, manifest, wasCommittedBefore: true)
        }
        var path = try await locate(extraction)
        let staging = Staging(store)
        let bytes = try await staging.verify(
            path, of: extraction.asset, rows: extraction.rows, schema: extraction.schema)
        // The disk works while the bytes are hashed.
        async let settled: Void = staging.settle(extraction.asset, of: extraction.run)
        let sha256 = try await staging.sha256(of: path)
        try await settled

        for _ in 0..<BronzeCommit.attemptsMax {
            let partition = extraction.partition(on: store.today())
            let data = partition.data(of: extraction.run, part: extraction.part)
            let file = DataFile(
                name: String(data.name), run: extraction.run, rows: extraction.rows, bytes: bytes,
                sha256: sha256,
                range: extraction.range, conversions: extraction.conversions.sorted(),
                inputs: extraction.inputs, quarantine: extraction.quarantine)
            do {
                try await move(path, to: data)
                path = data
                let current = try await manifests.slot(of: partition)
                try await confirm(extraction, data, current, confirmLease)
                let next = successor(of: current.manifest, with: file, of: extraction, in: partition)
                guard case .written(let etag) = try await manifests.write(next, current.condition) else {
                    continue
                }
                try await confirmKept(extraction, data, etag, before: current.manifest)
                try await clear(partition, after: next, etag, before: current.manifest)
                return result(extraction, next, wasCommittedBefore: false)
            } catch is PartitionSealed {
                // Midnight passed since the day was asked for: the rows go into the new day.
                continue
            }
        }
        throw CommitContended(asset: extraction.asset, attempts: BronzeCommit.attemptsMax)
    }

    /// The commit that this run has made before, today or on the day before midnight.
    private func earlierCommit(of extraction: StagedExtraction) async throws -> BronzeManifest? {
        let partitions = try await manifests.partitions(of: extraction.source, extraction.table)
        for partition in partitions.suffix(2) {
            guard let manifest = try await manifests.manifest(of: partition)?.manifest else { continue }
            let name = String(partition.data(of: extraction.run, part: extraction.part).name)
            if manifest.files.contains(where: { $0.name == name }) { return manifest }
        }
        return nil
    }

    /// Where the rows are: staged, or already moved by an attempt that was cut off.
    private func locate(_ extraction: StagedExtraction) async throws -> LakePath {
        if try await store.head(extraction.staged) != nil { return extraction.staged }
        for partition in try await manifests.partitions(of: extraction.source, extraction.table).suffix(2) {
            let data = partition.data(of: extraction.run, part: extraction.part)
            if try await store.head(data) != nil { return data }
        }
        throw ObjectNotFound(path: extraction.staged)
    }

    private func move(_ path: LakePath, to data: LakePath) async throws {
        guard path != data else { return }
        if BronzePartition(containing: path) != nil {
            try await store.moveUncommitted(path, to: data)
        } else {
            _ = try await store.rename(path, to: data, .unconditionally)
        }
    }

    /// Who lost the lease cannot publish: neither by the manifest's epoch, nor by the lease itself, nor if
    /// the new holder's recovery has already taken the file away.
    private func confirm(
        _ extraction: StagedExtraction, _ data: LakePath, _ current: ManifestSlot<BronzeManifest>,
        _ confirmLease: () async throws -> Void
    ) async throws {
        if let epoch = current.epoch, epoch > extraction.epoch {
            try await store.removeUncommitted(data)
            throw lost(extraction, "somebody holds it with epoch \(epoch)")
        }
        try await confirmLease()
        guard try await store.head(data) != nil else { throw lost(extraction, "its file was removed") }
    }

    /// The last defence against a recovery that took this run for dead while it committed: a manifest that
    /// lists a file which is gone is taken back.
    private func confirmKept(
        _ extraction: StagedExtraction, _ data: LakePath, _ etag: ETag, before: BronzeManifest?
    ) async throws {
        guard try await store.head(data) == nil else { return }
        if let before {
            _ = try await manifests.write(before, .ifMatches(etag))
        } else {
            let partition = BronzePartition(containing: data)
            if let partition, try await store.head(partition.manifest)?.etag == etag {
                try await store.delete(partition.manifest)
            }
        }
        throw lost(extraction, "its file was removed while it committed")
    }

    private func lost(_ extraction: StagedExtraction, _ reason: String) -> LeaseLost {
        LeaseLost(asset: extraction.asset, run: extraction.run, epoch: extraction.epoch, reason: reason)
    }

    private func successor(
        of current: BronzeManifest?, with file: DataFile, of extraction: StagedExtraction,
        in partition: BronzePartition
    ) -> BronzeManifest {
        var files = [file]
        if extraction.mode != .full, let current, current.mode == extraction.mode {
            files = current.files.filter { $0.name != file.name } + files
        }
        return BronzeManifest(
            asset: extraction.asset, ingestionDate: partition.ingestionDate, mode: extraction.mode,
            run: extraction.run, epoch: extraction.epoch, committedAt: now(), files: files,
            schema: extraction.schema, key: extraction.key, isKeyUnique: extraction.isKeyUnique,
            cursor: extraction.cursor, conversions: extraction.conversions.sorted(),
            origin: extraction.origin,
            schemaChanges: extraction.schemaChanges.isEmpty ? nil : extraction.schemaChanges,
            storedSchema: extraction.storedSchema)
    }

    /// Deletes what the commit replaced: a full snapshot clears the day except for its own file.
    ///
    /// It is not part of the commit. If somebody has committed since, or midnight has passed, it is left to
    /// recovery.
    private func clear(
        _ partition: BronzePartition, after manifest: BronzeManifest, _ etag: ETag, before: BronzeManifest?
    ) async throws {
        let kept = Set(manifest.files.map(\.name))
        var superseded = Set(before?.files.map(\.name) ?? []).subtracting(kept)
        if manifest.mode == .full {
            for object in try await store.listFolder(partition.folder).objects
            where partition.run(ofData: object.path) != nil && !kept.contains(String(object.path.name)) {
                superseded.insert(String(object.path.name))
            }
        }
        guard !superseded.isEmpty, try await store.head(partition.manifest)?.etag == etag else { return }
        for name in superseded.sorted() {
            do {
                try await store.delete(partition.folder.appending(name))
            } catch is PartitionSealed {
                return
            }
        }
    }

    private func result(
        _ extraction: StagedExtraction, _ manifest: BronzeManifest, wasCommittedBefore: Bool
    ) -> CommittedExtraction {
        let partition = extraction.partition(on: manifest.ingestionDate)
        let name = String(partition.data(of: extraction.run, part: extraction.part).name)
        let file = manifest.files.first { $0.name == name }
        return CommittedExtraction(
            manifest: manifest, range: file?.range.flatMap { CommittedRange($0, in: manifest) },
            wasCommittedBefore: wasCommittedBefore)
    }
}
