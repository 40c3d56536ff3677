/// Where a run is. It begins as `queued` and is `running` from its first attempt on.
package enum RunState: String, Hashable, Sendable, Codable, CaseIterable {
    case queued, running, succeeded, failed, cancelled
    /// Who worked on it is gone without having finished it.
    case lost

    /// What may follow what. A state without an entry is final.
    package static let transitions: [RunState: Set<RunState>] = [
        .queued: [.running, .succeeded, .failed, .cancelled, .lost],
        .running: [.succeeded, .failed, .cancelled, .lost],
    ]

    package var isFinal: Bool { RunState.transitions[self] == nil }

    package func canBecome(_ next: RunState) -> Bool { RunState.transitions[self]?.contains(next) ?? false }

    /// The state of a run whose steps are in `steps`; `running` as long as one of them is not final.
    ///
    /// What was lost or cancelled says more about a run than what failed in it, so it wins.
    package static func concluding(_ steps: some Sequence<StepState>) -> RunState {
        var found: Set<StepState> = []
        for state in steps { found.insert(state) }
        if found.contains(where: { !$0.isFinal }) { return .running }
        if found.contains(.lost) { return .lost }
        if found.contains(.cancelled) { return .cancelled }
        return found.isDisjoint(with: [.failed, .blocked]) ? .succeeded : .failed
    }
}

/// Where a step is. It begins as `waiting`.
package enum StepState: String, Hashable, Sendable, Codable, CaseIterable {
    case waiting, running, succeeded, failed
    /// Nothing that it depends on has changed, or there was nothing new.
    case skipped
    /// Something that it reads was not built in this run.
    case blocked
    case cancelled
    /// The process that worked on it, or would have, is gone.
    case lost

    /// What may follow what. A state without an entry is final.
    ///
    /// `running` goes back to `waiting` when an attempt failed or was lost, and will be repeated.
    package static let transitions: [StepState: Set<StepState>] = [
        .waiting: [.running, .skipped, .blocked, .cancelled, .lost],
        .running: [.waiting, .succeeded, .failed, .skipped, .cancelled, .lost],
    ]

    package var isFinal: Bool { StepState.transitions[self] == nil }

    package func canBecome(_ next: StepState) -> Bool { StepState.transitions[self]?.contains(next) ?? false }
}
