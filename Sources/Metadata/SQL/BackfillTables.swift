internal import LakeModel

/// Backfills, with those of their chunks that are open or have failed.
extension MetadataTables {
    func create(_ backfill: Backfill) throws {
        try refuse(unlessOnlyOpen: backfill)
        let inserted = try db.execute(
            """
            INSERT INTO backfill (id, name, state, definition, reason, created_at, finished_at, next_chunk, done,
                failures_in_a_row, not_before, recent)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            [
                backfill.id.text, backfill.plan.name.text, backfill.state.rawValue,
                try StoredJSON.text(backfill.plan), backfill.reason, backfill.createdAt.microseconds,
                backfill.finishedAt?.microseconds, backfill.next, backfill.done, backfill.failuresInARow,
                backfill.notBefore?.microseconds, try StoredJSON.text(backfill.recent),
            ])
        guard inserted > 0 else {
            // Another node was quicker, after we looked.
            throw BackfillRefusal(name: backfill.plan.name, kind: .exists(backfill.id))
        }
        for chunk in backfill.chunks.values { try store(chunk, of: backfill.id) }
        db.call()
    }

    /// One that is begun again must not meet another of its name.
    private func refuse(unlessOnlyOpen backfill: Backfill) throws {
        guard backfill.state.isOpen else { return }
        let open = try db.row(
            "SELECT id FROM backfill WHERE name = ? AND id <> ? AND state IN ('running', 'paused')",
            [backfill.plan.name.text, backfill.id.text])
        if let open {
            throw BackfillRefusal(name: backfill.plan.name, kind: .exists(try open.backfillID("id")))
        }
    }

    func change(
        _ id: BackfillID, leaseFor: Duration, _ change: (inout Backfill) throws -> BackfillEffects
    ) throws -> Backfill {
        guard
            let row = try db.row("SELECT * FROM backfill WHERE id = ?\(db.dialect.forUpdate)", [id.text])
        else { throw BackfillRefusal(name: nil, kind: .unknown(id)) }
        let before = try backfill(row)
        var after = before
        let effects = try change(&after)
        for run in effects.runs { _ = try create(run.run, steps: run.steps, leaseFor: leaseFor) }
        for run in effects.cancelled { _ = try cancel(run, at: effects.at) }
        guard after != before else { return after }
        if !before.state.isOpen { try refuse(unlessOnlyOpen: after) }
        try db.execute(
            """
            UPDATE backfill SET state = ?, reason = ?, finished_at = ?, next_chunk = ?, done = ?,
                failures_in_a_row = ?, not_before = ?, recent = ?
            WHERE id = ?
            """,
            [
                after.state.rawValue, after.reason, after.finishedAt?.microseconds, after.next, after.done,
                after.failuresInARow, after.notBefore?.microseconds, try StoredJSON.text(after.recent),
                id.text,
            ])
        for chunk in after.chunks.values where chunk != before.chunks[chunk.number] {
            try store(chunk, of: id)
        }
        for number in before.chunks.keys.sorted() where after.chunks[number] == nil {
            try db.execute(
                "DELETE FROM backfill_chunk WHERE backfill_id = ? AND number = ?", [id.text, number])
        }
        db.call()
        return after
    }

    private func store(_ chunk: Backfill.Chunk, of id: BackfillID) throws {
        try db.execute(
            """
            INSERT INTO backfill_chunk (backfill_id, number, attempt, losses, state, run_id, partition_count,
                selection, problem, changed_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (backfill_id, number) DO UPDATE SET
                attempt = excluded.attempt, losses = excluded.losses, state = excluded.state,
                run_id = excluded.run_id, problem = excluded.problem, changed_at = excluded.changed_at
            """,
            [
                id.text, chunk.number, chunk.attempt, chunk.losses, chunk.state.rawValue, chunk.run?.text,
                chunk.count, chunk.selection, chunk.problem, chunk.at.microseconds,
            ])
    }

    func backfills(openOnly: Bool, limit: Int) throws -> [Backfill] {
        try db.rows(
            """
            SELECT * FROM backfill WHERE \(openOnly ? "state IN ('running', 'paused')" : "TRUE")
            ORDER BY created_at DESC, id DESC LIMIT ?
            """, [limit]
        ).map(backfill)
    }

    func backfill(_ id: BackfillID) throws -> Backfill? {
        try db.row("SELECT * FROM backfill WHERE id = ?", [id.text]).map(backfill)
    }

    func backfill(named name: TriggerName) throws -> Backfill? {
        try db.row(
            "SELECT * FROM backfill WHERE name = ? ORDER BY created_at DESC, id DESC LIMIT 1", [name.text]
        ).map(backfill)
    }

    private func backfill(_ row: SQLRow) throws -> Backfill {
        let id = try row.backfillID("id")
        let chunks = try db.rows("SELECT * FROM backfill_chunk WHERE backfill_id = ?", [id.text])
        return Backfill(
            id, try StoredJSON.value(try row.text("definition")), createdAt: try row.time("created_at"),
            state: try row.value("state"), reason: try row.optionalText("reason"),
            finishedAt: try row.optionalTime("finished_at"), next: Int(try row.integer("next_chunk")),
            done: Int(try row.integer("done")), failuresInARow: Int(try row.integer("failures_in_a_row")),
            notBefore: try row.optionalTime("not_before"),
            recent: try StoredJSON.value(try row.text("recent")), chunks: try chunks.map { try $0.chunk() })
    }
}

extension SQLRow {
    fileprivate func backfillID(_ column: String) throws -> BackfillID {
        guard let id = BackfillID(try text(column)) else { throw contradiction(column) }
        return id
    }

    fileprivate func chunk() throws -> Backfill.Chunk {
        Backfill.Chunk(
            number: Int(try integer("number")), attempt: Int(try integer("attempt")),
            losses: Int(try integer("losses")), state: try value("state"), run: try optionalRun("run_id"),
            count: Int(try integer("partition_count")), selection: try text("selection"),
            problem: try optionalText("problem"), at: try time("changed_at"))
    }
}
