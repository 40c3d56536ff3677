internal import LakeModel

/// What is read again and again while somebody watches: each statement finds its rows by an index.
extension MetadataTables {
    func activity(since: Timestamp, of runs: [RunID]) throws -> [RunActivity] {
        var found: [RunID: RunActivity] = [:]
        let columns = "SELECT id, created_at, state, event_count FROM run WHERE"
        let rows =
            try db.rows("\(columns) state IN ('queued', 'running')")
            + db.rows("\(columns) created_at >= ?", [since.microseconds])
        for row in rows {
            let one = try row.activity()
            found[one.run] = one
        }
        let others = runs.filter { found[$0] == nil }.map(\.text)
        for row in try db.rows("\(columns) id IN {list}", in: others) {
            let one = try row.activity()
            found[one.run] = one
        }
        return found.values.sorted { ($0.createdAt, $0.run) < ($1.createdAt, $1.run) }
    }

    func workload(at now: Timestamp, endedSince: Timestamp) throws -> Workload {
        var workload = Workload()
        var openSteps = 0
        let open = try db.rows(
            """
            SELECT state, count(*) AS runs, CAST(sum(open_steps) AS BIGINT) AS steps FROM run
            WHERE state IN ('queued', 'running') GROUP BY state
            """)
        for row in open {
            let state: RunState = try row.value("state")
            let runs = Int(try row.integer("runs"))
            if state == .queued { workload.queuedRuns = runs } else { workload.runningRuns = runs }
            openSteps += Int(try row.integer("steps"))
        }
        let running = try db.row("SELECT count(*) AS steps FROM step WHERE state = 'running'")
        workload.runningSteps = Int(try running?.integer("steps") ?? 0)
        let due = try db.row(
            """
            SELECT count(*) AS steps, min(ready_at) AS oldest FROM step
            WHERE state = 'waiting' AND ready_at IS NOT NULL AND ready_at <= ?
            """, [now.microseconds])
        workload.readySteps = Int(try due?.integer("steps") ?? 0)
        workload.oldestReady = try due?.optionalTime("oldest")
        let later = try db.row(
            """
            SELECT count(*) AS steps FROM step
            WHERE state = 'waiting' AND ready_at IS NOT NULL AND ready_at > ?
            """, [now.microseconds])
        workload.delayedSteps = Int(try later?.integer("steps") ?? 0)
        let begun = workload.runningSteps + workload.readySteps + workload.delayedSteps
        workload.blockedSteps = max(0, openSteps - begun)
        let ended = try db.rows(
            "SELECT state, count(*) AS runs FROM run WHERE created_at >= ? GROUP BY state",
            [endedSince.microseconds])
        for row in ended {
            let state: RunState = try row.value("state")
            if state.isFinal { workload.endedRuns[state] = Int(try row.integer("runs")) }
        }
        return workload
    }

    func lastProofs() throws -> [AssetKey: Timestamp] {
        var proofs: [AssetKey: Timestamp] = [:]
        let rows =
            try db.rows("SELECT asset, finished_at AS at FROM asset_latest")
            + db.rows("SELECT asset, verified_at AS at FROM verification")
        for row in rows {
            let (asset, at) = (try row.asset("asset"), try row.time("at"))
            proofs[asset] = max(proofs[asset] ?? at, at)
        }
        return proofs
    }
}

extension SQLRow {
    fileprivate func activity() throws -> RunActivity {
        RunActivity(
            run: try run("id"), createdAt: try time("created_at"), state: try value("state"),
            newestEvent: try integer("event_count"))
    }
}
