internal import LakeModel

/// What is read of the metadata.
extension MetadataTables {
    func runs(_ filter: RunFilter) throws -> [RunSummary] {
        var conditions = ["TRUE"]
        var arguments: [(any SQLBindable)?] = []
        if !filter.states.isEmpty {
            let states = filter.states.map { "'\($0.rawValue)'" }.sorted()
            conditions.append("state IN (\(states.joined(separator: ", ")))")
        }
        if let asset = filter.asset {
            conditions.append("EXISTS (SELECT 1 FROM step WHERE asset = ? AND run_id = run.id)")
            arguments += [asset.description]
        }
        if let trigger = filter.trigger {
            conditions.append("trigger = ?")
            arguments += [trigger.rawValue]
        }
        if let tag = filter.tag {
            // The list is JSON, in which a tag stands in quotes.
            conditions.append("tags LIKE ? ESCAPE '\\'")
            let quoted = try StoredJSON.text(tag)
            arguments += ["%\(quoted.map { "%_\\".contains($0) ? "\\\($0)" : "\($0)" }.joined())%"]
        }
        if let since = filter.since {
            conditions.append("created_at >= ?")
            arguments += [since.microseconds]
        }
        if let before = filter.before {
            conditions.append("created_at < ?")
            arguments += [before.microseconds]
        }
        if let after = filter.after {
            conditions.append("created_at <= ? AND (created_at < ? OR id < ?)")
            arguments += [after.createdAt.microseconds, after.createdAt.microseconds, after.run.text]
        }
        let sql = """
            SELECT * FROM run WHERE \(conditions.joined(separator: " AND "))
            ORDER BY created_at DESC, id DESC LIMIT \(filter.limit)
            """
        return try summaries(of: try db.rows(sql, arguments))
    }

    func run(_ id: RunID) throws -> RunReport? {
        let rows = try db.rows("SELECT * FROM run WHERE id = ?", [id.text])
        guard let summary = try summaries(of: rows).first else { return nil }
        var attempts: [StepID: [AttemptRecord]] = [:]
        let ofRun = try db.rows("SELECT * FROM attempt WHERE run_id = ? ORDER BY number", [id.text])
        for row in ofRun { attempts[try row.step(), default: []].append(try row.attempt()) }
        let steps = try db.rows("SELECT * FROM step WHERE run_id = ? ORDER BY position", [id.text])
        return RunReport(
            summary: summary,
            steps: try steps.map { try $0.stepRecord(attempts: attempts[try $0.step()] ?? []) })
    }

    private func summaries(of rows: [SQLRow]) throws -> [RunSummary] {
        var steps: [RunID: [StepState: Int]] = [:]
        let counts = try db.rows(
            "SELECT run_id, state, count(*) AS steps FROM step WHERE run_id IN {list} GROUP BY run_id, state",
            in: try rows.map { try $0.text("id") })
        for row in counts {
            steps[try row.run("run_id"), default: [:]][try row.value("state")] = Int(try row.integer("steps"))
        }
        return try rows.map { row in
            let id = try row.run("id")
            return RunSummary(
                id: id, selection: try row.text("selection"), trigger: try row.value("trigger"),
                process: try row.optionalProcess(), state: try row.value("state"),
                createdAt: try row.time("created_at"), startedAt: try row.optionalTime("started_at"),
                finishedAt: try row.optionalTime("finished_at"),
                settings: try StoredJSON.value(try row.text("settings")),
                priority: Int(try row.integer("priority")), tags: try StoredJSON.value(try row.text("tags")),
                isCancelRequested: try row.optionalInteger("cancel_requested_at") != nil,
                steps: steps[id] ?? [:], eventsSuppressed: try row.integer("events_suppressed"))
        }
    }

    func events(of run: RunID, after sequence: Int64, limit: Int) throws -> [RunEvent] {
        try db.rows(
            "SELECT * FROM event WHERE run_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            [run.text, sequence, limit]
        ).map { try $0.event() }
    }

    func latestMaterializations() throws -> [AssetKey: Materialization] {
        let rows = try db.rows(
            """
            SELECT materialization.* FROM asset_latest
            JOIN materialization USING (asset, partition, run_id)
            """)
        return keyed(try rows.map { try $0.materialization() }, by: \.asset)
    }

    func materializations(of asset: AssetKey, limit: Int) throws -> [Materialization] {
        try db.rows(
            "SELECT * FROM materialization WHERE asset = ? ORDER BY finished_at DESC LIMIT ?",
            [asset.description, limit]
        ).map { try $0.materialization() }
    }

    func latestVerifications() throws -> [AssetKey: Verification] {
        let rows = try db.rows("SELECT * FROM verification")
        return keyed(
            try rows.map {
                Verification(
                    asset: try $0.asset("asset"), run: try $0.run("run_id"),
                    verifiedAt: try $0.time("verified_at"))
            }, by: \.asset)
    }

    func latestReconciliations() throws -> [ReconciliationRecord] {
        try db.rows(
            """
            SELECT reconciliation.* FROM reconciliation JOIN (
                SELECT asset, measure, max(compared_at) AS compared_at FROM reconciliation
                GROUP BY asset, measure
            ) AS newest USING (asset, measure, compared_at) ORDER BY asset, measure
            """
        ).map { try $0.reconciliation() }
    }

    func reconciliations(of asset: AssetKey, limit: Int) throws -> [ReconciliationRecord] {
        try db.rows(
            "SELECT * FROM reconciliation WHERE asset = ? ORDER BY compared_at DESC, measure LIMIT ?",
            [asset.description, limit]
        ).map { try $0.reconciliation() }
    }

    func facts(_ namespace: FactNamespace, keys: [String]) throws -> [String: String] {
        let rows = try db.rows(
            "SELECT key, value FROM fact WHERE namespace = ? AND key IN {list}", [namespace.text], in: keys)
        var facts: [String: String] = [:]
        for row in rows { facts[try row.text("key")] = try row.text("value") }
        return facts
    }

    func storeFacts(_ namespace: FactNamespace, _ values: [String: String], at now: Timestamp) throws {
        // In one order, so that two who store at once do not wait for each other.
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            try db.execute(
                """
                INSERT INTO fact (namespace, key, value, stored_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, stored_at = excluded.stored_at
                """, [namespace.text, key, value, now.microseconds])
        }
    }

    private func keyed<T>(_ values: [T], by key: (T) -> AssetKey) -> [AssetKey: T] {
        Dictionary(values.map { (key($0), $0) }, uniquingKeysWith: { _, last in last })
    }
}

extension SQLRow {
    fileprivate func attempt() throws -> AttemptRecord {
        AttemptRecord(
            number: Int(try integer("number")), epoch: LeaseEpoch(try integer("epoch")),
            owner: try optionalText("owner").map { WorkerID($0) }, state: try value("state"),
            startedAt: try time("started_at"), finishedAt: try optionalTime("finished_at"),
            failure: try failure(),
            rows: try optionalInteger("row_count"), bytes: try optionalBytes("bytes"))
    }

    fileprivate func stepRecord(attempts: [AttemptRecord]) throws -> StepRecord {
        StepRecord(
            step: try step(), partitions: try partitions()?.selection, state: try value("state"),
            startedAt: try optionalTime("started_at"), finishedAt: try optionalTime("finished_at"),
            rows: try optionalInteger("row_count"),
            bytes: try optionalBytes("bytes"), skipReason: try optionalText("skip_reason"),
            blockedBy: try optionalAsset("blocked_by"), failure: try failure(), attempts: attempts,
            lease: try lease(), readyAt: try optionalTime("ready_at"))
    }

    private func lease() throws -> LeaseRecord? {
        guard let owner = try optionalText("owner") else { return nil }
        return LeaseRecord(
            owner: WorkerID(owner), expiresAt: try time("expires_at"), rowsDone: try integer("rows_done"),
            bytesDone: try integer("bytes_done"))
    }

    fileprivate func event() throws -> RunEvent {
        RunEvent(
            sequence: try integer("sequence"),
            draft: RunEvent.Draft(
                run: try run("run_id"), at: try time("happened_at"), kind: try value("kind"),
                asset: try optionalAsset("asset"), partition: try partition(), text: try text("body")))
    }
}
