internal import LakeModel

/// What starts work by itself, and what it remembers.
extension MetadataTables {
    func triggers() throws -> [TriggerRecord] {
        try db.rows("SELECT * FROM trigger_state ORDER BY kind, name").map { row in
            let pending: [Int64] = try StoredJSON.value(try row.text("pending"))
            return TriggerRecord(
                try row.trigger(), timing: try row.optionalText("timing"),
                evaluatedThrough: try row.optionalTime("evaluated_through"),
                pending: pending.map(Timestamp.init(microseconds:)),
                cursor: try row.optionalText("cursor").map { try StoredJSON.value($0) },
                lastFiredAt: try row.optionalTime("last_fired_at"), lastRun: try row.optionalRun("last_run"),
                breachedSince: try row.optionalTime("breached_since"),
                remark: try row.optionalText("remark"))
        }
    }

    func remember(_ one: TriggerRecord) throws {
        try db.execute(
            """
            INSERT INTO trigger_state (kind, name, timing, evaluated_through, pending, cursor, last_fired_at,
                last_run, breached_since, remark)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (kind, name) DO UPDATE SET
                timing = excluded.timing, evaluated_through = excluded.evaluated_through,
                pending = excluded.pending, cursor = excluded.cursor,
                last_fired_at = excluded.last_fired_at, last_run = excluded.last_run,
                breached_since = excluded.breached_since, remark = excluded.remark
            """,
            [
                one.trigger.kind.rawValue, one.trigger.name, one.timing, one.evaluatedThrough?.microseconds,
                try StoredJSON.text(one.pending.map(\.microseconds)), try one.cursor.map(StoredJSON.text),
                one.lastFiredAt?.microseconds, one.lastRun?.text, one.breachedSince?.microseconds,
                one.remark.map { boundedText($0, bytesMax: 1_000) },
            ])
    }

    func pauses() throws -> [TriggerPause] {
        try db.rows("SELECT * FROM trigger_pause ORDER BY kind, name").map { row in
            TriggerPause(
                trigger: try row.trigger(), isPaused: try row.integer("is_paused") != 0,
                since: try row.time("since"))
        }
    }

    func pause(_ trigger: TriggerID, _ isPaused: Bool?, at now: Timestamp) throws {
        try db.execute(
            "DELETE FROM trigger_pause WHERE kind = ? AND name = ?", [trigger.kind.rawValue, trigger.name])
        if let isPaused {
            try db.execute(
                "INSERT INTO trigger_pause (kind, name, is_paused, since) VALUES (?, ?, ?, ?)",
                [trigger.kind.rawValue, trigger.name, isPaused ? 1 : 0, now.microseconds])
        }
        db.call()
    }

    /// Keeps others from taking the office until the transaction ends.
    func hold(_ office: String, _ epoch: LeaseEpoch) throws {
        let held = try db.row(
            "SELECT epoch FROM office WHERE name = ?\(db.dialect.forUpdate)", [office]
        ).map { LeaseEpoch(try $0.integer("epoch")) }
        guard held == epoch else { throw OfficeLost(office: office, epoch: epoch) }
    }
}

extension SQLRow {
    fileprivate func trigger() throws -> TriggerID {
        TriggerID(try value("kind"), try text("name"))
    }
}
