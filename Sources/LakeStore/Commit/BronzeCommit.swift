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
    /// Of a partitioned table the partitions that were read, each in a staged file of its own; otherwise
    /// empty.
    package let partitions: [Partition]

    /// The rows of one partition.
    package struct Partition: Hashable, Sendable {
        package let key: PartitionKey
        package let rows: Int64
        package let conversions: [Conversion]

        package init(key: PartitionKey, rows: Int64, conversions: [Conversion]) {
            self.key = key
            self.rows = rows
            self.conversions = conversions
        }
    }

    package init(
        source: SourceName, table: TableName, run: RunID, epoch: LeaseEpoch, mode: ExtractionMode,
        rows: Int64,
        range: CursorRange? = nil, schema: [ColumnSchema], key: [String], isKeyUnique: Bool = false,
        cursor: String? = nil, conversions: [Conversion] = [], origin: BronzeManifest.Origin,
        schemaChanges: [SchemaChange] = [], storedSchema: StoredSchema? = nil, part: Int = 1,
        inputs: [InputFile]? = nil, quarantine: Quarantine? = nil, partitions: [Partition] = []
    ) {
        precondition(
            (mode == .partitioned) == !partitions.isEmpty,
            "Exactly a partitioned extraction has partitions.")
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
        self.partitions = partitions
    }

    package var asset: AssetKey { .bronze(source, table) }
    /// Where its rows are before the commit.
    package var staged: LakePath { LakeLayout.staged(asset, of: run) }

    func partition(on day: Day) -> BronzePartition {
        BronzePartition(source: source, table: table, ingestionDate: day)
    }

    /// The files that it becomes.
    var pieces: [Piece] {
        guard partitions.isEmpty else {
            return partitions.map {
                Piece(
                    staged: LakeLayout.staged(asset, of: run, partition: $0.key), rows: $0.rows,
                    conversions: $0.conversions, partition: $0.key)
            }
        }
        return [Piece(staged: staged, rows: rows, conversions: conversions, partition: nil)]
    }

    /// One staged file and what it holds.
    struct Piece {
        let staged: LakePath
        let rows: Int64
        let conversions: [Conversion]
        let partition: PartitionKey?
    }

    func data(of piece: Piece, in day: BronzePartition) -> LakePath {
        piece.partition.map { day.data(of: run, partition: $0) } ?? day.data(of: run, part: part)
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
            for piece in extraction.pieces { try await store.delete(piece.staged) }
            return result(extraction, manifest, wasCommittedBefore: true)
        }
        var files: [VerifiedFile] = []
        for piece in extraction.pieces { files.append(try await verify(piece, of: extraction)) }

        for _ in 0..<BronzeCommit.attemptsMax {
            let partition = extraction.partition(on: store.today())
            do {
                for index in files.indices {
                    let data = extraction.data(of: files[index].piece, in: partition)
                    try await move(files[index].path, to: data)
                    files[index].path = data
                }
                let current = try await manifests.slot(of: partition)
                try await confirm(extraction, files, current, confirmLease)
                let next = successor(of: current.manifest, with: files, of: extraction, in: partition)
                guard case .written(let etag) = try await manifests.write(next, current.condition) else {
                    continue
                }
                try await confirmKept(extraction, files, etag, before: current.manifest)
                try await clear(partition, after: next, etag, before: current.manifest)
                return result(extraction, next, wasCommittedBefore: false)
            } catch is PartitionSealed {
                // Midnight passed since the day was asked for: the rows go into the new day.
                continue
            }
        }
        throw CommitContended(asset: extraction.asset, attempts: BronzeCommit.attemptsMax)
    }

    /// A file that is proven to be whole, wherever it is by now.
    private struct VerifiedFile {
        let piece: StagedExtraction.Piece
        var path: LakePath
        let bytes: ByteCount
        let sha256: String
    }

    private func verify(
        _ piece: StagedExtraction.Piece, of extraction: StagedExtraction
    ) async throws -> VerifiedFile {
        let path = try await locate(piece, of: extraction)
        let staging = Staging(store)
        let bytes = try await staging.verify(
            path, of: extraction.asset, rows: piece.rows, schema: extraction.schema)
        // The disk works while the bytes are hashed.
        async let settled: Void = staging.settle(piece.staged)
        let sha256 = try await staging.sha256(of: path)
        try await settled
        return VerifiedFile(piece: piece, path: path, bytes: bytes, sha256: sha256)
    }

    /// The commit that this run has made before, today or on the day before midnight.
    private func earlierCommit(of extraction: StagedExtraction) async throws -> BronzeManifest? {
        let partitions = try await manifests.partitions(of: extraction.source, extraction.table)
        for partition in partitions.suffix(2) {
            guard let manifest = try await manifests.manifest(of: partition)?.manifest else { continue }
            let listed = Set(manifest.files.map(\.name))
            let isCommitted = extraction.pieces.allSatisfy { piece in
                listed.contains(String(extraction.data(of: piece, in: partition).name))
            }
            if isCommitted { return manifest }
        }
        return nil
    }

    /// Where the rows are: staged, or already moved by an attempt that was cut off.
    private func locate(
        _ piece: StagedExtraction.Piece, of extraction: StagedExtraction
    ) async throws -> LakePath {
        if try await store.head(piece.staged) != nil { return piece.staged }
        for partition in try await manifests.partitions(of: extraction.source, extraction.table).suffix(2) {
            let data = extraction.data(of: piece, in: partition)
            if try await store.head(data) != nil { return data }
        }
        throw ObjectNotFound(path: piece.staged)
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
        _ extraction: StagedExtraction, _ files: [VerifiedFile], _ current: ManifestSlot<BronzeManifest>,
        _ confirmLease: () async throws -> Void
    ) async throws {
        if let epoch = current.epoch, epoch > extraction.epoch {
            for file in files { try await store.removeUncommitted(file.path) }
            throw lost(extraction, "somebody holds it with epoch \(epoch)")
        }
        try await confirmLease()
        for file in files where try await store.head(file.path) == nil {
            throw lost(extraction, "its file was removed")
        }
    }

    /// The last defence against a recovery that took this run for dead while it committed: a manifest that
    /// lists a file which is gone is taken back.
    private func confirmKept(
        _ extraction: StagedExtraction, _ files: [VerifiedFile], _ etag: ETag, before: BronzeManifest?
    ) async throws {
        var missing: LakePath?
        for file in files where try await store.head(file.path) == nil { missing = file.path }
        guard let missing else { return }
        if let before {
            _ = try await manifests.write(before, .ifMatches(etag))
        } else {
            let partition = BronzePartition(containing: missing)
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
        of current: BronzeManifest?, with verified: [VerifiedFile], of extraction: StagedExtraction,
        in partition: BronzePartition
    ) -> BronzeManifest {
        var files = verified.map { file in
            DataFile(
                name: String(file.path.name), run: extraction.run, rows: file.piece.rows, bytes: file.bytes,
                sha256: file.sha256, range: extraction.range, conversions: file.piece.conversions.sorted(),
                inputs: extraction.inputs, quarantine: extraction.quarantine,
                partition: file.piece.partition)
        }
        if extraction.mode != .full, let current, current.mode == extraction.mode {
            let names = Set(files.map(\.name))
            // A partition that is read twice in a day is there once.
            let replaced = Set(files.compactMap(\.partition))
            files =
                current.files.filter { file in
                    !names.contains(file.name) && !(file.partition.map(replaced.contains) ?? false)
                } + files
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
        let names = Set(extraction.pieces.map { String(extraction.data(of: $0, in: partition).name) })
        let file = manifest.files.first { names.contains($0.name) }
        return CommittedExtraction(
            manifest: manifest, range: file?.range.flatMap { CommittedRange($0, in: manifest) },
            wasCommittedBefore: wasCommittedBefore)
    }
}
