internal import LakeModel
internal import Metadata
internal import Orchestrator

/// What has become of what starts by itself.
struct TriggerPast {
    private let records: [TriggerID: TriggerRecord]
    private let pauses: [TriggerID: Bool]

    struct One {
        let record: TriggerRecord?
        /// `nil` if it is as the lake's files say.
        let isPaused: Bool?
    }

    init(_ lake: Lake) async throws {
        records = Dictionary(
            uniqueKeysWithValues: try await lake.metadata.triggers().map { ($0.trigger, $0) })
        pauses = Dictionary(
            uniqueKeysWithValues: try await lake.metadata.pauses().map { ($0.trigger, $0.isPaused) })
    }

    func of(_ kind: TriggerID.Kind, _ name: String) -> One {
        let id = TriggerID(kind, name)
        return One(record: records[id], isPaused: pauses[id])
    }
}

/// The same in `--json` answers.
struct PastJSON: Encodable {
    /// Left out if it never did.
    let lastFiredAt: String?
    let lastRun: String?
    /// What happened at the last look, or why nothing did.
    let remark: String?
    /// Whether somebody has paused it, or let it go on; left out if it is as the lake's files say.
    let isPausedByHand: Bool?

    init(_ past: TriggerPast.One) {
        lastFiredAt = past.record?.lastFiredAt?.description
        lastRun = past.record?.lastRun?.text
        remark = past.record?.remark
        isPausedByHand = past.isPaused
    }

    var inWords: String { lastRun ?? lastFiredAt ?? remark ?? "-" }
}
