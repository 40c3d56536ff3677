internal import LakeModel

/// The manifests of a simulated lake: objects that are replaced under a condition.
struct SimulatedStore {
    struct Slot: Hashable {
        var etag = 0
        var epoch: LeaseEpoch?
        /// Who published, and under which epoch; `nil` if nobody has.
        var writer: RunID?
        var writtenUnder: LeaseEpoch?
        /// How far the table was read.
        var watermark = 0
    }

    private(set) var slots: [AssetKey: Slot] = [:]

    func slot(_ asset: AssetKey) -> Slot { slots[asset] ?? Slot() }

    /// - Returns: Whether the condition held.
    mutating func replace(_ asset: AssetKey, ifMatches etag: Int, with change: (inout Slot) -> Void) -> Bool {
        var slot = slot(asset)
        guard slot.etag == etag else { return false }
        change(&slot)
        slot.etag += 1
        slots[asset] = slot
        return true
    }
}
