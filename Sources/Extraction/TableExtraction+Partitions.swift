internal import Blocking
package import LakeModel
internal import LakeStore
internal import Project

extension TableExtraction {
    /// Reads partitions of a partitioned table, all of them as they are at one instant, and commits them
    /// together: each becomes a data file of today, which is the partition from then on.
    ///
    /// - Parameters:
    ///   - keys: At least one; of dynamic keys any.
    ///   - confirmLease: Throws if the step is no longer ours; called right before the manifest is replaced.
    package func run(
        _ keys: [PartitionKey], _ run: RunID, epoch: LeaseEpoch, progress: ExtractionProgress,
        confirmLease: () async throws -> Void = {}
    ) async throws -> Outcome {
        guard let definition = table.partitions, !keys.isEmpty else {
            throw ExtractionMistake.missingPartitions(table, of: source)
        }
        let governor = Governor(source.pace, progress: progress)
        if let pause = try await hold(governor, progress) {
            return .paused(pause, committed: nil, ledger: ExtractionLedger())
        }
        let current = try await ManifestStore(store).currentFiles(of: source.name, table.name)
        let piece = Piece(before: current?.newest, files: current?.files ?? [], watermark: nil, part: 1)
        let read = try await read(keys, definition, piece, of: run, progress: progress, governor: governor)
        let commit = try await BronzeCommit(store, now: now).publish(
            StagedExtraction(
                source: source.name, table: table.name, run: run, epoch: epoch, mode: .partitioned,
                rows: read.ledger.rows, schema: read.shape.bronzeSchema, key: read.key,
                isKeyUnique: read.isKeyUnique, conversions: read.ledger.conversions, origin: read.origin,
                schemaChanges: read.changes, storedSchema: read.storedSchema, partitions: read.staged),
            confirmLease: confirmLease)
        progress.endPiece(share: 1)
        return .committed(commit.manifest, ledger: read.ledger)
    }

    private func read(
        _ keys: [PartitionKey], _ definition: PartitionsDefinition, _ piece: Piece, of run: RunID,
        progress: ExtractionProgress, governor: Governor
    ) async throws -> PartitionsReader.Read {
        var partitions: [(key: PartitionKey, path: String)] = []
        var seen: Set<PartitionKey> = []
        for key in keys where seen.insert(key).inserted {
            let staged = LakeLayout.staged(asset, of: run, partition: key)
            guard let path = try await store.localPath(forWriting: staged) else {
                throw ExtractionMistake.unwritableStore(table, of: source)
            }
            partitions.append((key, path))
        }
        let taken = await slots.take(
            upTo: min(source.pace.dependsOnLoad ? 2 : 1, source.connectionsMax))
        defer { slots.giveBack(taken) }
        let cancellation = CancelOnce()
        let wanted = partitions
        return try await BlockingPool.shared.run(
            onCancel: {
                cancellation.cancel()
                governor.cancel()
            }
        ) {
            do {
                try cancellation.check()
                return try PartitionsReader(
                    extraction: self, definition: definition, piece: piece, partitions: wanted,
                    isWatched: taken > 1, progress: progress, governor: governor, cancellation: cancellation
                ).read()
            } catch {
                // Whatever the call that was cut off says of it.
                try cancellation.check()
                throw error
            }
        }
    }
}
