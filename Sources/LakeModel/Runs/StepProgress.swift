/// One step's way through its states. Every change of a step, wherever it is kept, is decided here.
package struct StepProgress: Hashable, Sendable {
    package let step: StepID
    package private(set) var state: StepState
    /// How many attempts were started.
    package private(set) var attempts: Int
    /// Of the newest attempt; `nil` before the first.
    package private(set) var epoch: LeaseEpoch?

    /// A step that was planned and not yet tried.
    package init(planned step: StepID) {
        self.init(step: step, state: .waiting, attempts: 0, epoch: nil)
    }

    /// A step as it was recorded.
    package init(step: StepID, state: StepState, attempts: Int, epoch: LeaseEpoch?) {
        self.step = step
        self.state = state
        self.attempts = attempts
        self.epoch = epoch
    }

    /// Begins the next attempt under `epoch`.
    /// - Returns: The attempt's number; the first is 1.
    /// - Throws: ``StepRefusal`` if the step is not waiting, or if `epoch` is not newer than the last
    ///   attempt's.
    package mutating func start(under epoch: LeaseEpoch) throws(StepRefusal) -> Int {
        if let newest = self.epoch, epoch <= newest {
            throw StepRefusal(step: step, kind: .fenced(held: epoch, newest: newest))
        }
        try move(to: .running)
        self.epoch = epoch
        attempts += 1
        return attempts
    }

    /// Ends the attempt that holds `held`, or a step that was never tried (`held` is `nil`).
    ///
    /// `lost` and `cancelled` need no epoch: who declares them does not hold the step.
    /// - Throws: ``StepRefusal`` if another attempt was started since, or if the outcome cannot follow the
    ///   state.
    package mutating func finish(_ outcome: StepOutcome, under held: LeaseEpoch?) throws(StepRefusal) {
        if let held, let newest = epoch, held != newest {
            throw StepRefusal(step: step, kind: .fenced(held: held, newest: newest))
        }
        if state == .running, held == nil, outcome != .lost, outcome != .cancelled {
            throw StepRefusal(step: step, kind: .withoutEpoch(outcome.state))
        }
        try move(to: outcome.state)
    }

    private mutating func move(to next: StepState) throws(StepRefusal) {
        guard state.canBecome(next) else {
            throw StepRefusal(step: step, kind: .illegal(from: state, to: next))
        }
        state = next
    }
}

/// A change of a step that is not allowed: nothing was changed.
package struct StepRefusal: Diagnostic {
    package let step: StepID
    package let kind: Kind

    package enum Kind: Hashable, Sendable {
        case illegal(from: StepState, to: StepState)
        /// Another attempt was started since.
        case fenced(held: LeaseEpoch, newest: LeaseEpoch)
        /// An attempt is running, and who reports its end does not say under which epoch.
        case withoutEpoch(StepState)
    }

    package init(step: StepID, kind: Kind) {
        self.step = step
        self.kind = kind
    }

    package var code: String {
        switch kind {
        case .illegal, .withoutEpoch: "run.illegal-transition"
        case .fenced: "run.step-fenced"
        }
    }
    package var problem: String {
        switch kind {
        case .illegal(let old, let new):
            "\(step) of run \(step.run) is \(old.rawValue) and cannot become \(new.rawValue)."
        case .fenced(let held, let newest):
            "\(step) of run \(step.run) is at epoch \(newest); a result of epoch \(held) does not count any more."
        case .withoutEpoch(let new):
            "\(step) of run \(step.run) is running and was declared \(new.rawValue) without the attempt's epoch."
        }
    }
    package var remedy: String {
        switch kind {
        case .illegal, .withoutEpoch:
            "Nothing was changed. See what happened to the step with: tarn status \(step.run)"
        case .fenced: "Nothing was changed. Another process took the step over; see: tarn status \(step.run)"
        }
    }
}
