internal import GRDB
package import LakeModel

extension SQLiteMetadataStore {
    package func commit(_ changes: [MetadataChange]) async throws {
        try await write { db in
            for change in changes { try SQLiteChanges(db: db).apply(change) }
        }
    }

    package func startAttempt(
        of step: StepID, after published: LeaseEpoch?, at now: Timestamp
    ) async throws -> Attempt {
        try await write { try SQLiteChanges(db: $0).startAttempt(of: step, after: published, at: now) }
    }

    package func reclaimLostRuns(
        at now: Timestamp, isAlive: @escaping @Sendable (ProcessIdentity) -> Bool
    ) async throws -> [RunID] {
        let candidates = try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM run WHERE state = 'running'").map {
                (id: try $0.run("id"), process: try $0.process())
            }
        }
        let dead = candidates.filter { !isAlive($0.process) }
        guard !dead.isEmpty else { return [] }
        return try await write { db in
            let changes = SQLiteChanges(db: db)
            var reclaimed: [RunID] = []
            // It may have ended, or been reclaimed by somebody else, since it was read.
            for run in dead where try changes.state(of: run.id) == .running {
                try changes.finish(run.id, as: .lost, at: now)
                try changes.append([
                    RunEvent.Draft(
                        run: run.id, at: now, kind: .runLost,
                        text: "\(run.process) is gone without having ended it.")
                ])
                reclaimed.append(run.id)
            }
            return reclaimed
        }
    }

    package func storeFacts(
        _ namespace: FactNamespace, _ values: [String: String], at now: Timestamp
    ) async throws {
        guard !values.isEmpty else { return }
        try await write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO fact (namespace, key, value, stored_at) VALUES (?, ?, ?, ?)
                    ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, stored_at = excluded.stored_at
                    """)
            for (key, value) in values {
                try statement.execute(arguments: [namespace.text, key, value, now.microseconds])
            }
        }
    }
}

/// The changes inside one transaction. The states of runs and steps are decided by `RunState` and
/// `StepProgress`.
struct SQLiteChanges {
    let db: Database

    func apply(_ change: MetadataChange) throws {
        switch change {
        case .runCreated(let run): try create(run)
        case .stepsPlanned(let steps): try plan(steps)
        case .stepsFinished(let completions): for completion in completions { try finish(completion) }
        case .eventsAppended(let events): try append(events)
        case .materialized(let materializations): for one in materializations { try record(one) }
        case .verified(let verifications): for one in verifications { try record(one) }
        case .reconciled(let records): for one in records { try record(one) }
        case .runFinished(let run, let state, let now): try finish(run, as: state, at: now)
        }
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    private func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(try db.cachedStatement(sql: sql), arguments: arguments)
    }

    // Runs

    private func create(_ run: NewRun) throws {
        guard try row("SELECT 1 FROM run WHERE id = ?", [run.id.text]) == nil else {
            throw RunRefusal(run: run.id, kind: .exists)
        }
        try execute(
            """
            INSERT INTO run (id, selection, trigger, state, host, boot_id, pid, start_ticks, started_at)
            VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?)
            """,
            [
                run.id.text, run.selection, run.trigger.rawValue, run.process.host, run.process.bootID,
                run.process.pid, run.process.startTicks, run.startedAt.microseconds,
            ])
    }

    func state(of run: RunID) throws -> RunState {
        guard let row = try row("SELECT state FROM run WHERE id = ?", [run.text]) else {
            throw UnknownRun(run: run)
        }
        return try row.value("state")
    }

    func finish(_ run: RunID, as state: RunState, at now: Timestamp) throws {
        let before = try self.state(of: run)
        guard before.canBecome(state) else {
            throw RunRefusal(run: run, kind: .illegal(from: before, to: state))
        }
        let unfinished = try Row.fetchAll(
            db, sql: "SELECT * FROM step WHERE run_id = ? AND state IN ('waiting', 'running')",
            arguments: [run.text])
        switch state {
        case .cancelled, .lost:
            let outcome: StepOutcome = state == .lost ? .lost : .cancelled
            for row in unfinished { try finish(StepCompletion(try row.step(), outcome, at: now)) }
        case .running, .succeeded, .failed:
            guard unfinished.isEmpty else {
                throw RunRefusal(run: run, kind: .unfinishedSteps(unfinished.count, state: state))
            }
        }
        try execute(
            "UPDATE run SET state = ?, finished_at = ? WHERE id = ?",
            [state.rawValue, now.microseconds, run.text])
    }

    // Steps

    private func plan(_ steps: [StepID]) throws {
        var positions: [RunID: Int64] = [:]
        for step in steps {
            if positions[step.run] == nil {
                let state = try state(of: step.run)
                guard !state.isFinal else {
                    throw RunRefusal(run: step.run, kind: .illegal(from: state, to: .running))
                }
                positions[step.run] =
                    try row("SELECT count(*) AS steps FROM step WHERE run_id = ?", [step.run.text])?.integer(
                        "steps")
            }
            let position = positions[step.run, default: 0]
            try execute(
                "INSERT INTO step (run_id, asset, partition, position, state) VALUES (?, ?, ?, ?, 'waiting')",
                step.key + [position])
            positions[step.run] = position + 1
        }
    }

    private func progress(of step: StepID) throws -> StepProgress {
        guard
            let row = try row(
                "SELECT state, attempts, epoch FROM step WHERE run_id = ? AND asset = ? AND partition = ?",
                step.key)
        else { throw UnknownStep(step: step) }
        return StepProgress(
            step: step, state: try row.value("state"), attempts: Int(try row.integer("attempts")),
            epoch: try row.optionalInteger("epoch").map(LeaseEpoch.init))
    }

    func startAttempt(of step: StepID, after published: LeaseEpoch?, at now: Timestamp) throws -> Attempt {
        var progress = try progress(of: step)
        let epoch = try nextEpoch(of: step.asset, after: published)
        let number = try progress.start(under: epoch)
        try execute(
            """
            UPDATE step SET state = ?, attempts = ?, epoch = ?, started_at = coalesce(started_at, ?),
                error_code = NULL, error_problem = NULL, error_remedy = NULL, error_category = NULL
            WHERE run_id = ? AND asset = ? AND partition = ?
            """,
            [progress.state.rawValue, number, epoch.number, now.microseconds] + step.key)
        try execute(
            """
            INSERT INTO attempt (run_id, asset, partition, number, epoch, state, started_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            step.key + [number, epoch.number, progress.state.rawValue, now.microseconds])
        return Attempt(step: step, number: number, epoch: epoch)
    }

    private func nextEpoch(of asset: AssetKey, after published: LeaseEpoch?) throws -> LeaseEpoch {
        let known = try row("SELECT epoch FROM asset_epoch WHERE asset = ?", [asset.description])?.integer(
            "epoch")
        let epoch = LeaseEpoch(max(known ?? 0, published?.number ?? 0) + 1)
        try execute(
            "INSERT INTO asset_epoch (asset, epoch) VALUES (?, ?) ON CONFLICT (asset) DO UPDATE SET epoch = excluded.epoch",
            [asset.description, epoch.number])
        return epoch
    }

    private func finish(_ completion: StepCompletion) throws {
        var progress = try progress(of: completion.step)
        let wasRunning = progress.state == .running
        try progress.finish(completion.outcome, under: completion.epoch)
        let result = StoredOutcome(completion.outcome)
        let finishedAt = progress.state.isFinal ? completion.finishedAt.microseconds : nil
        try execute(
            """
            UPDATE step SET state = ?, finished_at = ?, skip_reason = ?, blocked_by = ?, row_count = ?, bytes = ?,
                error_code = ?, error_problem = ?, error_remedy = ?, error_category = ?
            WHERE run_id = ? AND asset = ? AND partition = ?
            """,
            [progress.state.rawValue, finishedAt, result.skipReason, result.blockedBy] + result.arguments
                + completion.step.key)
        guard wasRunning else { return }
        try execute(
            """
            UPDATE attempt SET state = ?, finished_at = ?, row_count = ?, bytes = ?,
                error_code = ?, error_problem = ?, error_remedy = ?, error_category = ?
            WHERE run_id = ? AND asset = ? AND partition = ? AND number = ?
            """,
            [completion.outcome.attemptState.rawValue, completion.finishedAt.microseconds] + result.arguments
                + completion.step.key + [progress.attempts])
    }

    // Events

    func append(_ events: [RunEvent.Draft]) throws {
        var counts: [RunID: (kept: Int64, suppressed: Int64)] = [:]
        for event in events {
            if counts[event.run] == nil {
                guard
                    let row = try row(
                        "SELECT event_count, events_suppressed FROM run WHERE id = ?", [event.run.text])
                else { throw UnknownRun(run: event.run) }
                counts[event.run] = (try row.integer("event_count"), try row.integer("events_suppressed"))
            }
            var count = counts[event.run, default: (0, 0)]
            let isEnd = event.kind == .runFinished || event.kind == .runLost
            if count.kept >= MetadataLimits.eventsPerRunMax, !isEnd {
                count.suppressed += 1
            } else {
                count.kept += 1
                try execute(
                    """
                    INSERT INTO event (run_id, sequence, happened_at, kind, asset, partition, body)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                    [
                        event.run.text, count.kept, event.at.microseconds, event.kind.rawValue,
                        event.asset?.description, event.partition?.description, event.text,
                    ])
            }
            counts[event.run] = count
        }
        for (run, count) in counts {
            try execute(
                "UPDATE run SET event_count = ?, events_suppressed = ? WHERE id = ?",
                [count.kept, count.suppressed, run.text])
        }
    }

    // Assets

    private func record(_ one: Materialization) throws {
        let partition = one.partition?.description ?? ""
        try execute(
            """
            INSERT INTO materialization (asset, partition, run_id, version, code_hash, row_count, bytes, columns,
                inputs, started_at, finished_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (asset, partition, run_id) DO UPDATE SET
                version = excluded.version, code_hash = excluded.code_hash, row_count = excluded.row_count,
                bytes = excluded.bytes, columns = excluded.columns, inputs = excluded.inputs,
                started_at = excluded.started_at, finished_at = excluded.finished_at
            """,
            [
                one.asset.description, partition, one.run.text, one.version, one.codeHash, one.rows,
                one.bytes.bytes, try StoredJSON.text(one.schema), try StoredJSON.text(one.inputs),
                one.startedAt.microseconds, one.finishedAt.microseconds,
            ])
        try execute(
            """
            INSERT INTO asset_latest (asset, partition, run_id, finished_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (asset) DO UPDATE SET
                partition = excluded.partition, run_id = excluded.run_id, finished_at = excluded.finished_at
            WHERE excluded.finished_at >= asset_latest.finished_at
            """,
            [one.asset.description, partition, one.run.text, one.finishedAt.microseconds])
    }

    private func record(_ one: Verification) throws {
        try execute(
            """
            INSERT INTO verification (asset, run_id, verified_at) VALUES (?, ?, ?)
            ON CONFLICT (asset) DO UPDATE SET run_id = excluded.run_id, verified_at = excluded.verified_at
            WHERE excluded.verified_at >= verification.verified_at
            """,
            [one.asset.description, one.run.text, one.verifiedAt.microseconds])
    }

    private func record(_ one: ReconciliationRecord) throws {
        try execute(
            """
            INSERT INTO reconciliation (asset, measure, compared_at, run_id, source_value, lake_value, tolerance,
                drift, verdict, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (asset, measure, compared_at) DO UPDATE SET
                run_id = excluded.run_id, source_value = excluded.source_value, lake_value = excluded.lake_value,
                tolerance = excluded.tolerance, drift = excluded.drift, verdict = excluded.verdict,
                detail = excluded.detail
            """,
            [
                one.asset.description, one.measure.rawValue, one.comparedAt.microseconds, one.run?.text,
                one.source,
                one.lake, one.tolerance, one.drift, one.verdict.rawValue, one.detail,
            ])
    }
}
