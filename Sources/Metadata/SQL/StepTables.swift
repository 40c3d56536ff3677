internal import LakeModel

/// Ending steps, and what follows from it.
extension MetadataTables {
    func finish(_ completions: [StepCompletion]) throws {
        var byRun: [RunID: [StepCompletion]] = [:]
        for completion in completions { byRun[completion.step.run, default: []].append(completion) }
        for (id, ofRun) in byRun.sorted(by: { $0.key < $1.key }) {
            var run = try open(id)
            var events: [RunEvent.Draft] = []
            var isChanged = false
            for completion in ofRun where try finish(completion, of: &run, &events) { isChanged = true }
            if isChanged, let last = ofRun.last {
                try conclude(run, at: last.finishedAt, &events)
                db.call()
            }
            try append(events)
        }
    }

    func progress(of step: StepID) throws -> StepProgress {
        guard
            let row = try db.row(
                """
                SELECT state, attempts, epoch FROM step
                WHERE run_id = ? AND asset = ? AND partition = ?\(db.dialect.forUpdate)
                """, step.arguments)
        else { throw UnknownStep(step: step) }
        return StepProgress(
            step: step, state: try row.value("state"), attempts: Int(try row.integer("attempts")),
            epoch: try row.optionalInteger("epoch").map(LeaseEpoch.init))
    }

    /// Ends a step or its attempt. The run must be concluded afterwards.
    /// - Returns: Whether anything changed: the same end, told again because its answer was lost, does not.
    @discardableResult
    func finish(
        _ completion: StepCompletion, of run: inout OpenRun, _ events: inout [RunEvent.Draft]
    ) throws -> Bool {
        let step = completion.step
        var progress = try progress(of: step)
        var outcome = completion.outcome
        // Who asked for the end of the run does not want another attempt.
        if case .retrying = outcome, run.isCancelRequested { outcome = .cancelled }
        if progress.state == outcome.state, progress.state != .running, completion.epoch == progress.epoch,
            completion.epoch != nil
        {
            return false
        }
        let wasRunning = progress.state == .running
        try progress.finish(outcome, under: completion.epoch)
        try store(progress, outcome, completion, wasRunning: wasRunning)
        events.append(
            RunEvent.Draft(step, at: completion.finishedAt, kind: outcome.eventKind, text: outcome.inWords))
        guard progress.state.isFinal else { return true }
        run.openSteps -= 1
        // Who has published has fenced before, if that was needed.
        if progress.state == .succeeded { try setFence(of: step.asset, isNeeded: false) }
        if progress.state == .succeeded || progress.state == .skipped {
            try unblock(step, at: completion.finishedAt)
        } else {
            try block(step, progress.state, of: &run, at: completion.finishedAt, &events)
        }
        return true
    }

    private func store(
        _ progress: StepProgress, _ outcome: StepOutcome, _ completion: StepCompletion, wasRunning: Bool
    ) throws {
        let result = StoredOutcome(outcome)
        let isFinal = progress.state.isFinal
        try db.execute(
            """
            UPDATE step SET state = ?, finished_at = ?, ready_at = ?, skip_reason = ?, blocked_by = ?, owner = NULL,
                expires_at = NULL, row_count = ?, bytes = ?,
                error_code = ?, error_problem = ?, error_remedy = ?, error_category = ?
            WHERE run_id = ? AND asset = ? AND partition = ?
            """,
            [
                progress.state.rawValue, isFinal ? completion.finishedAt.microseconds : nil,
                isFinal ? nil : completion.retryAt.microseconds, result.skipReason, result.blockedBy,
            ] + result.arguments + progress.step.arguments)
        guard wasRunning else { return }
        try db.execute(
            """
            UPDATE attempt SET state = ?, finished_at = ?, row_count = ?, bytes = ?,
                error_code = ?, error_problem = ?, error_remedy = ?, error_category = ?
            WHERE run_id = ? AND asset = ? AND partition = ? AND number = ?
            """,
            [outcome.attemptState.rawValue, completion.finishedAt.microseconds] + result.arguments
                + progress.step.arguments + [progress.attempts])
    }

    private func readers(of step: StepID) throws -> [StepID] {
        try db.rows(
            """
            SELECT run_id, asset, partition FROM step_input
            WHERE run_id = ? AND input = ? AND input_partition = ? ORDER BY asset, partition
            """, step.arguments
        ).map { try $0.step() }
    }

    private func unblock(_ step: StepID, at now: Timestamp) throws {
        try db.execute(
            """
            UPDATE step SET missing = missing - 1, ready_at = CASE WHEN missing = 1 THEN \(now.microseconds) END
            WHERE run_id = ? AND state = 'waiting' AND missing > 0 AND (asset, partition) IN (
                SELECT asset, partition FROM step_input WHERE run_id = ? AND input = ? AND input_partition = ?)
            """, [step.run.text] + step.arguments)
    }

    /// Ends everything that is made from a step which was not built.
    private func block(
        _ step: StepID, _ state: StepState, of run: inout OpenRun, at now: Timestamp,
        _ events: inout [RunEvent.Draft]
    ) throws {
        var border = [step]
        while let next = border.popLast() {
            for reader in try readers(of: next) {
                guard try progress(of: reader).state == .waiting else { continue }
                let outcome: StepOutcome = state == .cancelled ? .cancelled : .blocked(by: step.asset)
                try end(reader, outcome, of: &run, at: now, &events)
                border.append(reader)
            }
        }
    }

    /// Ends an open step, and nothing else, by a decision that is not its holder's.
    func end(
        _ step: StepID, _ outcome: StepOutcome, of run: inout OpenRun, at now: Timestamp,
        _ events: inout [RunEvent.Draft]
    ) throws {
        var progress = try progress(of: step)
        let wasRunning = progress.state == .running
        try progress.finish(outcome, under: nil)
        try store(progress, outcome, StepCompletion(step, outcome, at: now), wasRunning: wasRunning)
        events.append(RunEvent.Draft(step, at: now, kind: outcome.eventKind, text: outcome.inWords))
        run.openSteps -= 1
    }
}

extension StepOutcome {
    var eventKind: RunEvent.Kind {
        switch self {
        case .succeeded: .stepSucceeded
        case .skipped: .stepSkipped
        case .failed: .stepFailed
        case .retrying: .stepRetried
        case .blocked: .stepBlocked
        case .cancelled: .stepCancelled
        case .lost: .stepLost
        }
    }

    /// For the event; it holds no row values.
    var inWords: String {
        switch self {
        case .succeeded(let rows, let bytes): "\(rows) rows, \(bytes.bytes) bytes"
        case .skipped(let reason): reason
        case .failed(let failure), .retrying(let failure): "\(failure.problem) [\(failure.code)]"
        case .blocked(let asset): "\(asset) was not built"
        case .cancelled, .lost: ""
        }
    }
}
