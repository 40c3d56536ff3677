internal import LakeModel

/// The processes that work, and what only one of them does at a time.
extension MetadataTables {
    func register(_ node: NodeRecord) throws {
        try db.execute(
            """
            INSERT INTO node (worker, host, boot_id, pid, start_ticks, kind, slots, started_at, seen_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (worker) DO UPDATE SET slots = excluded.slots, seen_at = excluded.seen_at
            """,
            [
                node.worker.text, node.process.host, node.process.bootID, node.process.pid,
                node.process.startTicks, node.kind, node.slots, node.startedAt.microseconds,
                node.seenAt.microseconds,
            ])
    }

    func nodes() throws -> [NodeRecord] {
        try db.rows("SELECT * FROM node ORDER BY started_at, worker").map { row in
            NodeRecord(
                worker: WorkerID(try row.text("worker")), process: try row.process(),
                kind: try row.text("kind"), slots: Int(try row.integer("slots")),
                startedAt: try row.time("started_at"), seenAt: try row.time("seen_at"))
        }
    }

    func lead(
        _ office: String, as owner: WorkerID, for duration: Duration, at now: Timestamp
    ) throws -> LeaseEpoch? {
        let until = (now + duration).microseconds
        // Two who both find the office empty: the second waits for the first and then sees its row.
        let isNew = try db.execute(
            "INSERT INTO office (name, owner, epoch, expires_at) VALUES (?, ?, 1, ?) ON CONFLICT DO NOTHING",
            [office, owner.text, until])
        if isNew > 0 { return .first }
        guard
            let row = try db.row(
                "SELECT owner, epoch, expires_at FROM office WHERE name = ?\(db.dialect.forUpdate)", [office])
        else { return nil }
        let isOurs = try row.text("owner") == owner.text
        guard try isOurs || row.integer("expires_at") <= now.microseconds else { return nil }
        let epoch = LeaseEpoch(try row.integer("epoch") + (isOurs ? 0 : 1))
        try db.execute(
            "UPDATE office SET owner = ?, epoch = ?, expires_at = ? WHERE name = ?",
            [owner.text, epoch.number, until, office])
        return epoch
    }

    func resign(_ office: String, as owner: WorkerID) throws {
        try db.execute(
            "UPDATE office SET expires_at = 0 WHERE name = ? AND owner = ?", [office, owner.text])
    }
}
