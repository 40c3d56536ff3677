internal import FoundationEssentials
package import LakeModel

/// What is where a manifest would be.
package struct ManifestSlot<Manifest: Sendable>: Sendable {
    /// `nil` if nothing was published.
    package let manifest: Manifest?
    /// Whoever holds a lower one cannot replace the manifest; `nil` if nothing is there.
    package let epoch: LeaseEpoch?
    package let etag: ETag?

    init(manifest: Manifest? = nil, epoch: LeaseEpoch? = nil, etag: ETag? = nil) {
        self.manifest = manifest
        self.epoch = epoch
        self.etag = etag
    }

    /// Under which the slot is still as it was read.
    package var condition: WriteCondition { etag.map { .ifMatches($0) } ?? .ifAbsent }

    var versioned: Versioned<Manifest>? {
        guard let manifest, let etag else { return nil }
        return Versioned(manifest: manifest, etag: etag)
    }
}

/// Keeps the place of a manifest that does not exist yet from everybody with a lower epoch. Readers see
/// nothing.
struct ManifestFence: Codable {
    var fence = true
    let epoch: LeaseEpoch

    init(epoch: LeaseEpoch) { self.epoch = epoch }

    /// `nil` if the bytes are something else.
    init?(_ bytes: [UInt8]) {
        // A manifest is larger than any fence.
        guard bytes.count < 200, let found = try? JSONDecoder().decode(ManifestFence.self, from: Data(bytes)),
            found.fence
        else { return nil }
        self = found
    }
}

extension ManifestStore {
    /// Shuts out whoever worked on `asset` under a lower epoch: its commit is refused from now on, whatever
    /// it believes of its lease. What is published stays as it is.
    ///
    /// For who takes a step over from somebody that does not answer but may still be alive.
    /// - Parameter today: Whose partition of bronze is open.
    /// - Throws: `LeaseLost` if somebody holds it with a higher epoch; `CommitContended`.
    package func fence(
        _ asset: AssetKey, at epoch: LeaseEpoch, by run: RunID, on today: Day
    ) async throws {
        for _ in 0..<ManifestStore.fencesMax {
            let outcome: WriteOutcome?
            if case .bronze(let source, let table) = asset {
                let partition = BronzePartition(source: source, table: table, ingestionDate: today)
                let slot = try await self.slot(of: partition)
                try requireLower(slot.epoch, than: epoch, asset, run)
                outcome =
                    slot.epoch == epoch
                    ? nil
                    : try await write(
                        slot.manifest?.raised(to: epoch), epoch, to: partition.manifest, slot.condition)
            } else {
                let slot = try await self.slot(of: asset)
                try requireLower(slot.epoch, than: epoch, asset, run)
                outcome =
                    slot.epoch == epoch
                    ? nil
                    : try await write(
                        slot.manifest?.raised(to: epoch), epoch, to: LakeLayout.manifest(of: asset),
                        slot.condition)
            }
            switch outcome {
            case nil, .written: return
            default: continue
            }
        }
        throw CommitContended(asset: asset, attempts: ManifestStore.fencesMax)
    }

    private static let fencesMax = 16

    private func requireLower(
        _ known: LeaseEpoch?, than epoch: LeaseEpoch, _ asset: AssetKey, _ run: RunID
    ) throws {
        guard let known, known > epoch else { return }
        throw LeaseLost(
            asset: asset, run: run, epoch: epoch, reason: "somebody holds it with epoch \(known)")
    }

    private func write(
        _ manifest: (some Encodable & Sendable)?, _ epoch: LeaseEpoch, to path: LakePath,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let bytes =
            try manifest.map { try StoredJSON.encode($0) } ?? StoredJSON.encode(ManifestFence(epoch: epoch))
        return try await store.write(.bytes(bytes), to: path, condition)
    }
}
