internal import LakeModel

extension MetadataTables {
    func append(_ events: [RunEvent.Draft]) throws {
        guard !events.isEmpty else { return }
        var counts: [RunID: (kept: Int64, suppressed: Int64)] = [:]
        for event in events {
            if counts[event.run] == nil {
                guard
                    let row = try db.row(
                        """
                        SELECT event_count, events_suppressed FROM run
                        WHERE id = ?\(db.dialect.forUpdate)
                        """, [event.run.text])
                else { throw UnknownRun(run: event.run) }
                counts[event.run] = (try row.integer("event_count"), try row.integer("events_suppressed"))
            }
            var count = counts[event.run, default: (0, 0)]
            let isEnd = event.kind == .runFinished || event.kind == .runLost
            if count.kept >= MetadataLimits.eventsPerRunMax, !isEnd {
                count.suppressed += 1
            } else {
                count.kept += 1
                try db.execute(
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
        for (run, count) in counts.sorted(by: { $0.key < $1.key }) {
            try db.execute(
                "UPDATE run SET event_count = ?, events_suppressed = ? WHERE id = ?",
                [count.kept, count.suppressed, run.text])
        }
    }

}
