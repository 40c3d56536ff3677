internal import LakeModel

extension MetadataTables {
    func compact(_ retention: Retention, now: Timestamp) throws -> Compaction {
        let events = (now - retention.events).microseconds
        let runs = (now - retention.runs).microseconds
        let facts = (now - retention.facts).microseconds
        func delete(_ sql: String, before: Int64) throws -> Int { try db.execute(sql, [before]) }
        var deleted = Compaction()
        deleted.events = try delete(
            """
            DELETE FROM event WHERE run_id IN (SELECT id FROM run WHERE state NOT IN ('queued', 'running') AND finished_at < ?)
            """, before: events)
        deleted.runs = try delete(
            "DELETE FROM run WHERE state NOT IN ('queued', 'running') AND finished_at < ?", before: runs)
        deleted.materializations = try delete(
            """
            DELETE FROM materialization WHERE finished_at < ? AND NOT EXISTS (
                SELECT 1 FROM asset_latest AS latest
                WHERE latest.asset = materialization.asset AND latest.partition = materialization.partition
                    AND latest.run_id = materialization.run_id)
            """, before: runs)
        deleted.reconciliations = try delete(
            """
            DELETE FROM reconciliation WHERE compared_at < ? AND compared_at < (
                SELECT max(newest.compared_at) FROM reconciliation AS newest
                WHERE newest.asset = reconciliation.asset AND newest.measure = reconciliation.measure)
            """, before: runs)
        deleted.backfills = try delete(
            "DELETE FROM backfill WHERE state NOT IN ('running', 'paused') AND finished_at < ?", before: runs)
        deleted.facts = try delete("DELETE FROM fact WHERE stored_at < ?", before: facts)
        _ = try delete("DELETE FROM node WHERE seen_at < ?", before: (now - .seconds(86_400)).microseconds)
        return deleted
    }
}
