internal import LakeModel

/// Beginning and ending runs.
extension MetadataTables {
    /// What decides about a run's end.
    struct OpenRun {
        let id: RunID
        let state: RunState
        let isCancelRequested: Bool
        let isBound: Bool
        var openSteps: Int64
    }

    func create(_ run: NewRun, steps: [PlannedStep], leaseFor: Duration) throws -> RunID {
        if let key = run.idempotencyKey,
            let known = try db.row("SELECT id FROM run WHERE idempotency_key = ?", [key])
        {
            return try known.run("id")
        }
        guard try db.row("SELECT id FROM run WHERE id = ?", [run.id.text]) == nil else {
            throw RunRefusal(run: run.id, kind: .exists)
        }
        let expiresAt = run.process == nil ? nil : (run.createdAt + leaseFor).microseconds
        let inserted = try db.execute(
            """
            INSERT INTO run (id, selection, trigger, state, host, boot_id, pid, start_ticks, created_at, settings,
                priority, tags, idempotency_key, expires_at, open_steps)
            VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            [
                run.id.text, run.selection, run.trigger.rawValue, run.process?.host ?? "",
                run.process?.bootID ?? "", run.process?.pid ?? 0, run.process?.startTicks ?? 0,
                run.createdAt.microseconds, try StoredJSON.text(run.settings), run.priority,
                try StoredJSON.text(run.tags), run.idempotencyKey, expiresAt, steps.count,
            ])
        if inserted == 0, let key = run.idempotencyKey,
            let known = try db.row("SELECT id FROM run WHERE idempotency_key = ?", [key])
        {
            // Another node was quicker, after we looked.
            return try known.run("id")
        }
        try plan(steps, of: run)
        var events = [
            RunEvent.Draft(
                run: run.id, at: run.createdAt, kind: .runCreated,
                text: "\(run.trigger.rawValue): \(run.selection), \(steps.count) steps")
        ]
        if steps.isEmpty {
            try conclude(
                OpenRun(
                    id: run.id, state: .queued, isCancelRequested: false, isBound: run.process != nil,
                    openSteps: 0), at: run.createdAt, &events)
        }
        try append(events)
        db.call()
        return run.id
    }

    private func plan(_ steps: [PlannedStep], of run: NewRun) throws {
        let known = Set(steps.map(\.step.key))
        for (position, planned) in steps.enumerated() {
            let inputs = Set(planned.inputs)
            if let stranger = inputs.first(where: { !known.contains($0) }) {
                throw UnknownStep(step: stranger.of(run.id))
            }
            try db.execute(
                """
                INSERT INTO step (run_id, asset, partition, position, state, missing, ready_at, pools, partitions,
                    partition_count, names_partitions)
                VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?)
                """,
                planned.step.arguments + [
                    position, inputs.count, inputs.isEmpty ? run.createdAt.microseconds : nil,
                    planned.pools.map(\.description).joined(separator: "\n"),
                    planned.partitions?.selection ?? "", planned.partitions?.count ?? 0,
                    planned.partitions?.areNamed == true ? 1 : 0,
                ])
            for input in inputs {
                try db.execute(
                    """
                    INSERT INTO step_input (run_id, input, input_partition, asset, partition)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                    [
                        run.id.text, input.asset.description, input.partitionText,
                        planned.step.asset.description, planned.step.partitionText,
                    ])
            }
        }
    }

    /// Locks a run.
    func open(_ run: RunID) throws -> OpenRun {
        guard
            let row = try db.row(
                """
                SELECT state, cancel_requested_at, host, open_steps FROM run
                WHERE id = ?\(db.dialect.forUpdate)
                """, [run.text])
        else { throw UnknownRun(run: run) }
        return OpenRun(
            id: run, state: try row.value("state"),
            isCancelRequested: try row.optionalInteger("cancel_requested_at") != nil,
            isBound: try !row.text("host").isEmpty, openSteps: try row.integer("open_steps"))
    }

    /// Keeps the count of open steps, and ends the run if there are none.
    func conclude(_ run: OpenRun, at now: Timestamp, _ events: inout [RunEvent.Draft]) throws {
        guard run.openSteps == 0 else {
            try db.execute("UPDATE run SET open_steps = ? WHERE id = ?", [run.openSteps, run.id.text])
            return
        }
        let states: [StepState] = try db.rows(
            "SELECT DISTINCT state FROM step WHERE run_id = ?", [run.id.text]
        ).map { try $0.value("state") }
        let state = RunState.concluding(states)
        guard run.state.canBecome(state) else {
            throw RunRefusal(run: run.id, kind: .illegal(from: run.state, to: state))
        }
        try db.execute(
            "UPDATE run SET state = ?, finished_at = ?, expires_at = NULL, open_steps = 0 WHERE id = ?",
            [state.rawValue, now.microseconds, run.id.text])
        events.append(
            RunEvent.Draft(
                run: run.id, at: now, kind: state == .lost ? .runLost : .runFinished, text: state.rawValue))
    }

    func pulse(of run: RunID) throws -> RunPulse {
        guard
            let row = try db.row("SELECT state, open_steps, event_count FROM run WHERE id = ?", [run.text])
        else { throw UnknownRun(run: run) }
        return RunPulse(
            state: try row.value("state"), openSteps: Int(try row.integer("open_steps")),
            newestEvent: try row.integer("event_count"))
    }

    func cancel(_ id: RunID, at now: Timestamp) throws -> Bool {
        var run = try open(id)
        guard !run.state.isFinal else { return false }
        guard !run.isCancelRequested else { return true }
        try db.execute("UPDATE run SET cancel_requested_at = ? WHERE id = ?", [now.microseconds, id.text])
        var events = [RunEvent.Draft(run: id, at: now, kind: .runCancelRequested)]
        let waiting = try db.rows(
            "SELECT * FROM step WHERE run_id = ? AND state = 'waiting' ORDER BY position", [id.text])
        for row in waiting { try end(try row.step(), .cancelled, of: &run, at: now, &events) }
        try conclude(run, at: now, &events)
        try append(events)
        db.call()
        return true
    }
}
