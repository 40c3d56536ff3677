internal import LakeModel

extension MetadataTables {
    func record(_ one: Materialization) throws {
        let partition = one.partition?.description ?? ""
        try db.execute(
            """
            INSERT INTO materialization (asset, partition, run_id, version, code_hash, row_count, bytes, columns,
                inputs, started_at, finished_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (asset, partition, run_id) DO UPDATE SET
                version = excluded.version, code_hash = excluded.code_hash, row_count = excluded.row_count,
                bytes = excluded.bytes, columns = excluded.columns, inputs = excluded.inputs,
                started_at = excluded.started_at, finished_at = excluded.finished_at
            """,
            [
                one.asset.description, partition, one.run.text, one.version, one.codeHash, one.rows,
                one.bytes.bytes, try StoredJSON.text(one.schema), try StoredJSON.text(one.inputs),
                one.startedAt.microseconds, one.finishedAt.microseconds,
            ])
        try db.execute(
            """
            INSERT INTO asset_latest (asset, partition, run_id, finished_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (asset) DO UPDATE SET
                partition = excluded.partition, run_id = excluded.run_id, finished_at = excluded.finished_at
            WHERE excluded.finished_at >= asset_latest.finished_at
            """,
            [one.asset.description, partition, one.run.text, one.finishedAt.microseconds])
    }

    func record(_ one: Verification) throws {
        try db.execute(
            """
            INSERT INTO verification (asset, run_id, verified_at) VALUES (?, ?, ?)
            ON CONFLICT (asset) DO UPDATE SET run_id = excluded.run_id, verified_at = excluded.verified_at
            WHERE excluded.verified_at >= verification.verified_at
            """,
            [one.asset.description, one.run.text, one.verifiedAt.microseconds])
    }

    func record(_ one: ReconciliationRecord) throws {
        try db.execute(
            """
            INSERT INTO reconciliation (asset, measure, compared_at, run_id, source_value, lake_value, tolerance,
                drift, verdict, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (asset, measure, compared_at) DO UPDATE SET
                run_id = excluded.run_id, source_value = excluded.source_value, lake_value = excluded.lake_value,
                tolerance = excluded.tolerance, drift = excluded.drift, verdict = excluded.verdict,
                detail = excluded.detail
            """,
            [
                one.asset.description, one.measure.rawValue, one.comparedAt.microseconds, one.run?.text,
                one.source,
                one.lake, one.tolerance, one.drift, one.verdict.rawValue, one.detail,
            ])
    }
}
