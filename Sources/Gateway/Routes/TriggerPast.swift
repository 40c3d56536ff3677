internal import LakeModel
internal import Metadata
internal import Project

/// What has become of what starts by itself.
struct TriggerPast: Sendable {
    private let records: [TriggerID: TriggerRecord]
    private let pauses: [TriggerID: Bool]

    init(_ metadata: any MetadataStore) async throws {
        records = Dictionary(
            try await metadata.triggers().map { ($0.trigger, $0) }, uniquingKeysWith: { first, _ in first })
        pauses = Dictionary(
            try await metadata.pauses().map { ($0.trigger, $0.isPaused) },
            uniquingKeysWith: { first, _ in first })
    }

    func record(_ kind: TriggerID.Kind, _ name: TriggerName) -> TriggerRecord? {
        records[TriggerID(kind, name.text)]
    }

    /// Whether it starts nothing now: what somebody has said goes before what the lake's files say.
    func isPaused(_ kind: TriggerID.Kind, _ name: TriggerName, inFiles: Bool) -> Bool {
        pauses[TriggerID(kind, name.text)] ?? inFiles
    }

    func isPaused(_ schedule: ScheduleDefinition) -> Bool {
        isPaused(.schedule, schedule.name, inFiles: schedule.isPaused)
    }

    /// For how long a firing has waited for a scheduler to look at it; `nil` while it is paused, or was never
    /// looked at.
    func lateness(of schedule: ScheduleDefinition, at now: Timestamp) -> Duration? {
        guard !isPaused(schedule), let record = record(.schedule, schedule.name),
            record.timing == schedule.timing, let through = record.evaluatedThrough
        else { return nil }
        guard let next = schedule.nextFiring(after: through), next <= now else { return .zero }
        return now - next
    }
}
