package import LakeModel

/// Keeps bronze immutable: refuses every change of a partition that is not open today, whoever asks.
///
/// What commits and recovers takes a `SealingStore` and not any store, so that nobody forgets it.
package struct SealingStore: ObjectStore {
    private let store: any ObjectStore
    /// The lake's day, asked at every change.
    package let today: @Sendable () -> Day

    package init(_ store: any ObjectStore, today: @escaping @Sendable () -> Day) {
        self.store = store
        self.today = today
    }

    package func list(under folder: LakePath) async throws -> [StoredObject] {
        try await store.list(under: folder)
    }

    package func listFolder(_ folder: LakePath) async throws -> FolderListing {
        try await store.listFolder(folder)
    }

    package func head(_ path: LakePath) async throws -> StoredObject? { try await store.head(path) }

    package func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject {
        try await store.read(path, bytes: bytes)
    }

    package func readSmall(
        _ paths: [LakePath], bytesMax: ByteCount
    ) async throws -> [LakePath: SmallObject] {
        try await store.readSmall(paths, bytesMax: bytesMax)
    }

    package func write(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try refuseIfSealed(path)
        return try await store.write(body, to: path, condition)
    }

    package func rename(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try refuseIfSealed(source)
        try refuseIfSealed(target)
        return try await store.rename(source, to: target, condition)
    }

    package func copy(_ source: LakePath, to target: LakePath) async throws {
        try refuseIfSealed(target)
        try await store.copy(source, to: target)
    }

    package func delete(_ path: LakePath) async throws {
        try refuseIfSealed(path)
        try await store.delete(path)
    }

    package func deleteFolder(_ folder: LakePath) async throws {
        try refuseIfSealed(folder)
        if folder.isInside(LakeLayout.bronze) || LakeLayout.bronze.isInside(folder) {
            for object in try await store.list(under: folder) { try refuseIfSealed(object.path) }
        }
        try await store.deleteFolder(folder)
    }

    package func removeAbandonedWrites() async throws -> Int { try await store.removeAbandonedWrites() }

    package func prepare(_ paths: [LakePath]) async throws { try await store.prepare(paths) }

    package func download(_ path: LakePath, toFile target: String) async throws -> StoredObject {
        try await store.download(path, toFile: target)
    }

    package func readableURL(of path: LakePath) -> String { store.readableURL(of: path) }

    package func localPath(of path: LakePath) -> String? { store.localPath(of: path) }

    package func localPath(forWriting path: LakePath) async throws -> String? {
        try refuseIfSealed(path)
        return try await store.localPath(forWriting: path)
    }

    /// Removes a data file that its partition's manifest does not list, sealed or not: a run died, or
    /// midnight passed, between its move and its commit, so it never was bronze.
    ///
    /// - Parameter liveRuns: Runs that may still commit; their files are refused.
    /// - Throws: `FileIsBronze` if the manifest lists it, if it is no data file of a partition, or if it
    ///   belongs to a live run; `ManifestDamaged`, because then nobody knows.
    package func removeUncommitted(_ path: LakePath, liveRuns: Set<RunID> = []) async throws {
        try await requireUncommitted(path, liveRuns: liveRuns)
        try await store.delete(path)
    }

    /// Moves such a file into a partition that is open. Same conditions and errors as
    /// ``removeUncommitted(_:liveRuns:)``.
    package func moveUncommitted(_ path: LakePath, to target: LakePath) async throws {
        try await requireUncommitted(path, liveRuns: [])
        try refuseIfSealed(target)
        _ = try await store.rename(path, to: target, .unconditionally)
    }

    private func refuseIfSealed(_ path: LakePath) throws {
        guard let partition = BronzePartition(containing: path) else { return }
        let today = today()
        guard partition.isOpen(on: today) else { throw PartitionSealed(partition: partition, today: today) }
    }

    private func requireUncommitted(_ path: LakePath, liveRuns: Set<RunID>) async throws {
        guard let partition = BronzePartition(containing: path), let run = partition.run(ofData: path) else {
            throw FileIsBronze(path: path, reason: "it is not the data file of a run")
        }
        guard !liveRuns.contains(run) else {
            throw FileIsBronze(path: path, reason: "run \(run) may still commit it")
        }
        if let found = try await ManifestStore(store).manifest(of: partition),
            found.manifest.files.contains(where: { $0.name == path.name })
        {
            throw FileIsBronze(path: path, reason: "the partition's manifest lists it")
        }
    }
}

extension BronzePartition {
    /// The run that wrote the data file at `path`; `nil` if it is not a data file of this partition.
    package func run(ofData path: LakePath) -> RunID? {
        let (before, after) = ("\(table)_", ".parquet")
        guard path.folder == folder, path.name.hasPrefix(before), path.name.hasSuffix(after),
            path.name.count > before.count + after.count
        else { return nil }
        // A run's id has no dot; what follows one is the number of the part.
        return RunID(String(path.name.dropFirst(before.count).dropLast(after.count).prefix { $0 != "." }))
    }
}

/// Somebody tried to change bronze of another day.
package struct PartitionSealed: Diagnostic {
    package let partition: BronzePartition
    package let today: Day

    package var code: String { "bronze.partition-sealed" }
    package var problem: String {
        "\(partition) is sealed: on \(today) only that day's partition can be written."
    }
    package var remedy: String {
        "Read its rows again: `tarn run \(partition.asset) --full-refresh` puts them into today's."
    }
}

/// Somebody tried to remove a file as uncommitted that is not.
package struct FileIsBronze: Diagnostic {
    package let path: LakePath
    package let reason: String

    package var code: String { "bronze.file-committed" }
    package var problem: String { "\(path) cannot be removed as a leftover: \(reason)." }
    package var remedy: String { "Leave it: bronze is immutable." }
}
