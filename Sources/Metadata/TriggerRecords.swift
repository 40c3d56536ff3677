package import LakeModel

/// Something that starts work by itself: a schedule, a sensor, or the freshness of a table.
package struct TriggerID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let kind: Kind
    /// The trigger's name; of a freshness the table's key.
    package let name: String

    package init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    package enum Kind: String, Hashable, Sendable, CaseIterable { case schedule, sensor, freshness }

    /// `schedule/light-dimensions`.
    package var description: String { "\(kind.rawValue)/\(name)" }

    package static func < (left: TriggerID, right: TriggerID) -> Bool {
        (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
    }
}

/// What a trigger remembers. Only who holds the scheduler's office writes it.
package struct TriggerRecord: Hashable, Sendable {
    package let trigger: TriggerID
    /// What decides when a schedule fires, as it was at the last evaluation.
    package var timing: String?
    /// Until when a schedule was evaluated; since when a freshness has been in force.
    package var evaluatedThrough: Timestamp?
    /// Firings that are due and have not started, because of their jitter.
    package var pending: [Timestamp]
    package var cursor: SensorCursor?
    package var lastFiredAt: Timestamp?
    package var lastRun: RunID?
    /// Since when the freshness is broken.
    package var breachedSince: Timestamp?
    /// Why nothing started at the last look, or what was skipped.
    package var remark: String?

    package init(
        _ trigger: TriggerID, timing: String? = nil, evaluatedThrough: Timestamp? = nil,
        pending: [Timestamp] = [], cursor: SensorCursor? = nil, lastFiredAt: Timestamp? = nil,
        lastRun: RunID? = nil, breachedSince: Timestamp? = nil, remark: String? = nil
    ) {
        self.trigger = trigger
        self.timing = timing
        self.evaluatedThrough = evaluatedThrough
        self.pending = pending
        self.cursor = cursor
        self.lastFiredAt = lastFiredAt
        self.lastRun = lastRun
        self.breachedSince = breachedSince
        self.remark = remark
    }
}

/// Somebody has said that a trigger starts nothing, or does so although the project says that it is paused.
package struct TriggerPause: Hashable, Sendable {
    package let trigger: TriggerID
    package let isPaused: Bool
    package let since: Timestamp

    package init(trigger: TriggerID, isPaused: Bool, since: Timestamp) {
        self.trigger = trigger
        self.isPaused = isPaused
        self.since = since
    }
}
