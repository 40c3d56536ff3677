internal import LakeModel

/// What is known of partitions.
extension MetadataTables {
    /// Keeps a build unless a newer one is known; of the same build the newer look counts.
    func record(_ one: PartitionBuild) throws {
        try db.execute(
            """
            INSERT INTO partition_latest (asset, partition, run_id, version, fingerprint, row_count, built_at,
                verified_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (asset, partition) DO UPDATE SET
                run_id = excluded.run_id, version = excluded.version, fingerprint = excluded.fingerprint,
                row_count = excluded.row_count, built_at = excluded.built_at, verified_at = excluded.verified_at
            WHERE excluded.verified_at >= partition_latest.verified_at
            """,
            [
                one.asset.description, one.partition.text, one.run.text, one.version, one.fingerprint,
                one.rows, one.builtAt.microseconds, one.verifiedAt.microseconds,
            ])
    }

    func partitionBuilds(
        of asset: AssetKey, among keys: [PartitionKey]?
    ) throws -> [PartitionKey: PartitionBuild] {
        let ofAsset = "SELECT * FROM partition_latest WHERE asset = ?"
        let rows =
            if let keys {
                try db.rows("\(ofAsset) AND partition IN {list}", [asset.description], in: keys.map(\.text))
            } else {
                try db.rows(ofAsset, [asset.description])
            }
        var builds: [PartitionKey: PartitionBuild] = [:]
        builds.reserveCapacity(rows.count)
        for row in rows {
            guard let key = try row.partition() else { throw row.contradiction("partition") }
            builds[key] = PartitionBuild(
                asset: asset, partition: key, run: try row.run("run_id"), version: try row.text("version"),
                fingerprint: try row.optionalText("fingerprint"), rows: try row.integer("row_count"),
                builtAt: try row.time("built_at"), verifiedAt: try row.time("verified_at"))
        }
        return builds
    }

    func partitionAttempts(of asset: AssetKey, limit: Int) throws -> [PartitionAttempt] {
        try db.rows(
            """
            SELECT step.*, run.created_at FROM step JOIN run ON run.id = step.run_id
            WHERE step.asset = ? AND step.partition_count > 0
                AND step.state IN ('running', 'failed', 'cancelled', 'lost')
            ORDER BY run.created_at DESC, run.id DESC, step.position LIMIT ?
            """, [asset.description, limit]
        ).compactMap { row in
            guard let partitions = try row.partitions() else { return nil }
            let at =
                try row.optionalTime("finished_at") ?? row.optionalTime("started_at")
                ?? row.time("created_at")
            return PartitionAttempt(
                step: try row.step(), partitions: partitions, state: try row.value("state"), at: at,
                failure: try row.failure())
        }
    }
}
