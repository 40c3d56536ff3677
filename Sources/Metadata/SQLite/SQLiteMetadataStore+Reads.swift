internal import GRDB
package import LakeModel

extension SQLiteMetadataStore {
    package func runs(_ filter: RunFilter) async throws -> [RunSummary] {
        var conditions = ["TRUE"]
        var arguments: StatementArguments = []
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
        if let since = filter.since {
            conditions.append("started_at >= ?")
            arguments += [since.microseconds]
        }
        if let before = filter.before {
            conditions.append("started_at < ?")
            arguments += [before.microseconds]
        }
        let sql = """
            SELECT * FROM run WHERE \(conditions.joined(separator: " AND "))
            ORDER BY started_at DESC, id DESC LIMIT \(filter.limit)
            """
        let bound = arguments
        return try await read { db in
            try SQLiteMetadataStore.summaries(of: try Row.fetchAll(db, sql: sql, arguments: bound), in: db)
        }
    }

    package func run(_ id: RunID) async throws -> RunReport? {
        try await read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM run WHERE id = ?", arguments: [id.text])
            guard let summary = try SQLiteMetadataStore.summaries(of: rows, in: db).first else { return nil }
            var attempts: [StepID: [AttemptRecord]] = [:]
            let ofRun = try Row.fetchAll(
                db, sql: "SELECT * FROM attempt WHERE run_id = ? ORDER BY number", arguments: [id.text])
            for row in ofRun { attempts[try row.step(), default: []].append(try row.attempt()) }
            let steps = try Row.fetchAll(
                db, sql: "SELECT * FROM step WHERE run_id = ? ORDER BY position", arguments: [id.text])
            return RunReport(
                summary: summary,
                steps: try steps.map { try $0.stepRecord(attempts: attempts[try $0.step()] ?? []) })
        }
    }

    private static func summaries(of rows: [Row], in db: Database) throws -> [RunSummary] {
        var steps: [RunID: [StepState: Int]] = [:]
        let counts = try Row.fetchAll(
            db,
            sql: """
                SELECT run_id, state, count(*) AS steps FROM step
                WHERE run_id IN (SELECT value FROM json_each(?)) GROUP BY run_id, state
                """,
            arguments: [try StoredJSON.text(try rows.map { try $0.text("id") })])
        for row in counts {
            steps[try row.run("run_id"), default: [:]][try row.value("state")] = Int(try row.integer("steps"))
        }
        return try rows.map { row in
            let id = try row.run("id")
            return RunSummary(
                id: id, selection: try row.text("selection"), trigger: try row.value("trigger"),
                process: try row.process(), state: try row.value("state"),
                startedAt: try row.time("started_at"),
                finishedAt: try row.optionalTime("finished_at"), steps: steps[id] ?? [:],
                eventsSuppressed: try row.integer("events_suppressed"))
        }
    }

    package func events(of run: RunID, after sequence: Int64, limit: Int) async throws -> [RunEvent] {
        let limit = MetadataLimits.bounded(limit)
        return try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM event WHERE run_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                arguments: [run.text, sequence, limit]
            ).map { try $0.event() }
        }
    }

    package func latestMaterializations() async throws -> [AssetKey: Materialization] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT materialization.* FROM asset_latest
                    JOIN materialization USING (asset, partition, run_id)
                    """)
            return try SQLiteMetadataStore.keyed(try rows.map { try $0.materialization() }, by: \.asset)
        }
    }

    package func materializations(of asset: AssetKey, limit: Int) async throws -> [Materialization] {
        let limit = MetadataLimits.bounded(limit)
        return try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM materialization WHERE asset = ? ORDER BY finished_at DESC LIMIT ?",
                arguments: [asset.description, limit]
            ).map { try $0.materialization() }
        }
    }

    package func latestVerifications() async throws -> [AssetKey: Verification] {
        try await read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM verification")
            return try SQLiteMetadataStore.keyed(
                try rows.map {
                    Verification(
                        asset: try $0.asset("asset"), run: try $0.run("run_id"),
                        verifiedAt: try $0.time("verified_at"))
                }, by: \.asset)
        }
    }

    package func latestReconciliations() async throws -> [ReconciliationRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT reconciliation.* FROM reconciliation JOIN (
                        SELECT asset, measure, max(compared_at) AS compared_at FROM reconciliation
                        GROUP BY asset, measure
                    ) USING (asset, measure, compared_at) ORDER BY asset, measure
                    """
            ).map { try $0.reconciliation() }
        }
    }

    package func reconciliations(of asset: AssetKey, limit: Int) async throws -> [ReconciliationRecord] {
        let limit = MetadataLimits.bounded(limit)
        return try await read { db in
            try Row.fetchAll(
                db,
                sql:
                    "SELECT * FROM reconciliation WHERE asset = ? ORDER BY compared_at DESC, measure LIMIT ?",
                arguments: [asset.description, limit]
            ).map { try $0.reconciliation() }
        }
    }

    package func facts(_ namespace: FactNamespace, keys: [String]) async throws -> [String: String] {
        guard !keys.isEmpty else { return [:] }
        return try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT key, value FROM fact
                    WHERE namespace = ? AND key IN (SELECT value FROM json_each(?))
                    """,
                arguments: [namespace.text, try StoredJSON.text(keys)])
            var facts: [String: String] = [:]
            for row in rows { facts[try row.text("key")] = try row.text("value") }
            return facts
        }
    }

    private static func keyed<T>(_ values: [T], by key: (T) -> AssetKey) throws -> [AssetKey: T] {
        Dictionary(values.map { (key($0), $0) }, uniquingKeysWith: { _, last in last })
    }
}

extension Row {
    fileprivate func attempt() throws -> AttemptRecord {
        AttemptRecord(
            number: Int(try integer("number")), epoch: LeaseEpoch(try integer("epoch")),
            state: try value("state"),
            startedAt: try time("started_at"), finishedAt: try optionalTime("finished_at"),
            failure: try failure(),
            rows: try optionalInteger("row_count"), bytes: try optionalBytes("bytes"))
    }

    fileprivate func stepRecord(attempts: [AttemptRecord]) throws -> StepRecord {
        StepRecord(
            step: try step(), state: try value("state"), startedAt: try optionalTime("started_at"),
            finishedAt: try optionalTime("finished_at"), rows: try optionalInteger("row_count"),
            bytes: try optionalBytes("bytes"), skipReason: try optionalText("skip_reason"),
            blockedBy: try optionalAsset("blocked_by"), failure: try failure(), attempts: attempts)
    }

    fileprivate func event() throws -> RunEvent {
        RunEvent(
            sequence: try integer("sequence"),
            draft: RunEvent.Draft(
                run: try run("run_id"), at: try time("happened_at"), kind: try value("kind"),
                asset: try optionalAsset("asset"), partition: try partition(), text: try text("body")))
    }
}
