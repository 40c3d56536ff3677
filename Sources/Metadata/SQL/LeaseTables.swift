internal import LakeModel

/// Who works on what, and until when.
extension MetadataTables {
    /// Steps that are looked at together when those that were looked at first found no room.
    private static let pageRows = 200

    func claim(_ request: ClaimRequest) throws -> [Claim] {
        if request.run == nil { try lockClaims() }
        let running = try db.rows("SELECT asset, pools FROM step WHERE state = 'running'")
        var busy = Set(try running.map { try $0.text("asset") })
        var pools = PoolState(limits: request.pools, running: try running.map { try $0.pools() })
        var claims: [Claim] = []
        var events: [RunEvent.Draft] = []
        var seen = 0
        // Mostly the first steps have room, and reading a step is most of what a claim costs.
        var limit = min(MetadataTables.pageRows, 4 + 2 * request.stepsMax)
        while claims.count < request.stepsMax {
            let page = try candidates(for: request, after: seen, limit: limit)
            seen += page.count
            for row in page where claims.count < request.stepsMax {
                let asset = try row.text("asset")
                guard !busy.contains(asset), pools.take(try row.pools()) else { continue }
                busy.insert(asset)
                claims.append(try lease(row, request, &events))
            }
            if page.count < limit { break }
            limit = MetadataTables.pageRows
        }
        try append(events)
        return claims
    }

    /// One claim at a time, or two would fill one pool twice.
    private func lockClaims() throws {
        guard db.dialect == .postgres else { return }
        _ = try db.rows("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.step'))")
    }

    private func candidates(for request: ClaimRequest, after seen: Int, limit: Int) throws -> [SQLRow] {
        let ofRun = request.run == nil ? "run.host = ''" : "run.id = ?"
        return try db.rows(
            """
            SELECT step.*, run.settings, run.state AS run_state FROM step JOIN run ON run.id = step.run_id
            WHERE step.state = 'waiting' AND step.ready_at <= ? AND run.cancel_requested_at IS NULL
                AND run.state IN ('queued', 'running') AND \(ofRun)
            ORDER BY run.priority DESC, run.created_at, run.id, step.position
            LIMIT \(limit) OFFSET ?\(db.dialect.forUpdateSkippingLocked(of: "step"))
            """,
            [request.now.microseconds] + (request.run.map { [$0.text] } ?? []) + [seen])
    }

    private func lease(
        _ row: SQLRow, _ request: ClaimRequest, _ events: inout [RunEvent.Draft]
    ) throws -> Claim {
        let step = try row.step()
        var progress = StepProgress(
            step: step, state: try row.value("state"), attempts: Int(try row.integer("attempts")),
            epoch: try row.optionalInteger("epoch").map(LeaseEpoch.init))
        let (epoch, mustFence) = try nextEpoch(of: step.asset, after: nil)
        let number = try progress.start(under: epoch)
        let now = request.now.microseconds
        let expiresAt = request.now + request.leaseFor
        try db.execute(
            """
            UPDATE step SET state = ?, attempts = ?, epoch = ?, started_at = coalesce(started_at, ?),
                ready_at = NULL, owner = ?, expires_at = ?, rows_done = 0, bytes_done = 0,
                error_code = NULL, error_problem = NULL, error_remedy = NULL, error_category = NULL
            WHERE run_id = ? AND asset = ? AND partition = ?
            """,
            [
                progress.state.rawValue, number, epoch.number, now, request.owner.text,
                expiresAt.microseconds,
            ] + step.arguments)
        try db.execute(
            """
            INSERT INTO attempt (run_id, asset, partition, number, epoch, state, started_at, owner)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            step.arguments + [number, epoch.number, progress.state.rawValue, now, request.owner.text])
        let runState: RunState = try row.value("run_state")
        if runState == .queued {
            let begun = try db.execute(
                "UPDATE run SET state = 'running', started_at = ? WHERE id = ? AND state = 'queued'",
                [now, step.run.text])
            if begun > 0 {
                events.append(RunEvent.Draft(run: step.run, at: request.now, kind: .runStarted))
            }
        }
        events.append(
            RunEvent.Draft(
                step, at: request.now, kind: .stepStarted,
                text: "attempt \(number), epoch \(epoch), by \(request.owner)"))
        return Claim(
            attempt: Attempt(step: step, number: number, epoch: epoch), expiresAt: expiresAt,
            mustFence: mustFence, lost: Int(try row.integer("lost")),
            settings: try StoredJSON.value(try row.text("settings")), partitions: try row.partitions())
    }

    private func nextEpoch(
        of asset: AssetKey, after published: LeaseEpoch?
    ) throws -> (epoch: LeaseEpoch, mustFence: Bool) {
        let known = try db.row(
            "SELECT epoch, must_fence FROM asset_epoch WHERE asset = ?\(db.dialect.forUpdate)",
            [asset.description])
        let epoch = LeaseEpoch(max(try known?.integer("epoch") ?? 0, published?.number ?? 0) + 1)
        try db.execute(
            """
            INSERT INTO asset_epoch (asset, epoch) VALUES (?, ?)
            ON CONFLICT (asset) DO UPDATE SET epoch = excluded.epoch
            """, [asset.description, epoch.number])
        return (epoch, try known?.integer("must_fence") ?? 0 != 0)
    }

    /// Nobody knows what the holder of `asset` still does; or its successor has shut it out.
    func setFence(of asset: AssetKey, isNeeded: Bool) throws {
        try db.execute(
            "UPDATE asset_epoch SET must_fence = ? WHERE asset = ? AND must_fence <> ?",
            [isNeeded ? 1 : 0, asset.description, isNeeded ? 1 : 0])
    }

    func raise(_ attempt: Attempt, beyond published: LeaseEpoch) throws -> Attempt {
        let step = attempt.step
        _ = try open(step.run)
        let progress = try progress(of: step)
        guard progress.state == .running, progress.epoch == attempt.epoch else {
            throw StepRefusal(
                step: step,
                kind: .fenced(held: attempt.epoch, newest: progress.epoch ?? attempt.epoch))
        }
        let epoch = try nextEpoch(of: step.asset, after: published).epoch
        try db.execute(
            "UPDATE step SET epoch = ? WHERE run_id = ? AND asset = ? AND partition = ?",
            [epoch.number] + step.arguments)
        try db.execute(
            "UPDATE attempt SET epoch = ? WHERE run_id = ? AND asset = ? AND partition = ? AND number = ?",
            [epoch.number] + step.arguments + [attempt.number])
        return Attempt(step: step, number: attempt.number, epoch: epoch)
    }

    func renew(
        _ leases: [LeaseRenewal], runs: [RunID], by owner: WorkerID, for duration: Duration, at now: Timestamp
    ) throws -> (leases: [LeaseAnswer], runs: Set<RunID>) {
        let until = now + duration
        let answers = try leases.map { lease in
            let held = try db.execute(
                """
                UPDATE step SET expires_at = ?, rows_done = ?, bytes_done = ?
                WHERE run_id = ? AND asset = ? AND partition = ? AND state = 'running' AND epoch = ? AND owner = ?
                """,
                [until.microseconds, lease.rowsDone, lease.bytesDone] + lease.step.arguments
                    + [lease.epoch.number, owner.text])
            guard held > 0 else { return LeaseAnswer.lost }
            let isCancelled =
                try db.row("SELECT cancel_requested_at FROM run WHERE id = ?", [lease.step.run.text])?
                .optionalInteger("cancel_requested_at") != nil
            return isCancelled ? .cancelled(until: until) : .held(until: until)
        }
        var alive: Set<RunID> = []
        for run in runs {
            let changed = try db.execute(
                "UPDATE run SET expires_at = ? WHERE id = ? AND state IN ('queued', 'running')",
                [until.microseconds, run.text])
            if changed > 0 { alive.insert(run) }
        }
        return (answers, alive)
    }

    // MARK: Reclaiming

    /// Whether there may be anything to reclaim; without a lock.
    func mayReclaim(at now: Timestamp, isAlive: (ProcessIdentity) -> Bool) throws -> Bool {
        try !expired(at: now, isAlive: isAlive).isEmpty || !deadRuns(at: now, isAlive: isAlive).isEmpty
    }

    func reclaim(at now: Timestamp, isAlive: (ProcessIdentity) -> Bool) throws -> [Reclaimed] {
        var reclaimed: [Reclaimed] = []
        for id in try deadRuns(at: now, isAlive: isAlive) { reclaimed += try reclaim(run: id, at: now) }
        var byRun: [RunID: [StepID]] = [:]
        for step in try expired(at: now, isAlive: isAlive) { byRun[step.run, default: []].append(step) }
        for (id, steps) in byRun.sorted(by: { $0.key < $1.key }) {
            var run = try open(id)
            var events: [RunEvent.Draft] = []
            for step in steps {
                if let one = try reclaim(step, of: &run, at: now, isAlive, &events) { reclaimed.append(one) }
            }
            try conclude(run, at: now, &events)
            try append(events)
        }
        if !reclaimed.isEmpty { db.call() }
        return reclaimed
    }

    private func expired(at now: Timestamp, isAlive: (ProcessIdentity) -> Bool) throws -> [StepID] {
        let owners = try nodes().filter { !isAlive($0.process) }.map(\.worker.text)
        let late = try db.rows(
            "SELECT run_id, asset, partition FROM step WHERE state = 'running' AND expires_at <= ?",
            [now.microseconds])
        let orphaned = try db.rows(
            "SELECT run_id, asset, partition FROM step WHERE state = 'running' AND owner IN {list}",
            in: owners)
        return Set(try (late + orphaned).map { try $0.step() }).sorted()
    }

    private func deadRuns(at now: Timestamp, isAlive: (ProcessIdentity) -> Bool) throws -> [RunID] {
        try db.rows(
            """
            SELECT id, host, boot_id, pid, start_ticks, expires_at FROM run
            WHERE state IN ('queued', 'running') AND host <> ''
            """
        ).filter { row in
            // A run of before there were leases has no end of its own.
            let isLate = try row.optionalInteger("expires_at").map { $0 <= now.microseconds } ?? false
            return try isLate || !isAlive(try row.process())
        }.map { try $0.run("id") }.sorted()
    }

    /// Ends a run whose process is gone, with everything in it.
    private func reclaim(run id: RunID, at now: Timestamp) throws -> [Reclaimed] {
        var run = try open(id)
        // It may have ended since it was found.
        guard !run.state.isFinal else { return [] }
        var events: [RunEvent.Draft] = []
        let open = try db.rows(
            """
            SELECT * FROM step WHERE run_id = ? AND state IN ('waiting', 'running') ORDER BY position
            """, [id.text])
        var reclaimed: [Reclaimed] = []
        for row in open {
            let step = try row.step()
            if try row.value("state") == StepState.running { try setFence(of: step.asset, isNeeded: true) }
            try end(step, .lost, of: &run, at: now, &events)
            reclaimed.append(
                Reclaimed(step: step, owner: try row.optionalText("owner").map { WorkerID($0) }, state: .lost)
            )
        }
        try conclude(run, at: now, &events)
        try append(events)
        return reclaimed
    }

    private func reclaim(
        _ step: StepID, of run: inout OpenRun, at now: Timestamp, _ isAlive: (ProcessIdentity) -> Bool,
        _ events: inout [RunEvent.Draft]
    ) throws -> Reclaimed? {
        guard
            let row = try db.row(
                """
                SELECT state, attempts, epoch, owner, expires_at, lost FROM step
                WHERE run_id = ? AND asset = ? AND partition = ?\(db.dialect.forUpdate)
                """, step.arguments),
            try row.value("state") == StepState.running
        else { return nil }
        let owner = try row.optionalText("owner").map { WorkerID($0) }
        try setFence(of: step.asset, isNeeded: true)
        let lost = Int(try row.integer("lost")) + 1
        let attempt = try row.integer("attempts")
        try db.execute(
            "UPDATE step SET lost = ? WHERE run_id = ? AND asset = ? AND partition = ?",
            [lost] + step.arguments)
        events.append(
            RunEvent.Draft(
                step, at: now, kind: .stepReclaimed,
                text: "\(owner.map { "\($0)" } ?? "its process") does not answer (attempt \(attempt))"))
        let outcome: StepOutcome
        if run.isCancelRequested {
            outcome = .cancelled
        } else if lost >= MetadataLimits.lostAttemptsMax {
            outcome = .lost
        } else {
            outcome = .retrying(.lostAttempt(owner))
        }
        let epoch = try row.optionalInteger("epoch").map(LeaseEpoch.init)
        try finish(StepCompletion(step, outcome, under: epoch, at: now), of: &run, &events)
        // It did not fail: nobody knows how it ended.
        try db.execute(
            "UPDATE attempt SET state = 'lost' WHERE run_id = ? AND asset = ? AND partition = ? AND number = ?",
            step.arguments + [attempt])
        return Reclaimed(step: step, owner: owner, state: outcome.state)
    }
}

extension StepFailure {
    fileprivate static func lostAttempt(_ owner: WorkerID?) -> StepFailure {
        StepFailure(
            code: "run.lease-expired",
            problem: "\(owner.map { "\($0)" } ?? "Its process") did not renew its lease in time.",
            remedy:
                "The step is tried again by whoever is free; nothing of the lost attempt can be published.",
            category: .lost)
    }
}
