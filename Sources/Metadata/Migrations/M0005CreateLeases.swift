extension Migration {
    /// Runs that wait to be worked on, and the leases of who works.
    ///
    /// `missing` counts the inputs of a step that are not built; at 0 it has a `ready_at`. `open_steps`
    /// counts the steps of a run that are not final; at 0 it is over. `must_fence` says that nobody knows
    /// what became of the asset's last holder.
    static let m0005CreateLeases = Migration(
        number: 5, name: "create_leases", sqlite: statements(integer: "INTEGER"),
        postgres: statements(integer: "BIGINT"))

    private static func statements(integer: String) -> String {
        """
        ALTER TABLE run RENAME COLUMN started_at TO created_at;
        ALTER TABLE run ADD COLUMN started_at \(integer);
        ALTER TABLE run ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE run ADD COLUMN priority \(integer) NOT NULL DEFAULT 0;
        ALTER TABLE run ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE run ADD COLUMN idempotency_key TEXT;
        ALTER TABLE run ADD COLUMN cancel_requested_at \(integer);
        ALTER TABLE run ADD COLUMN expires_at \(integer);
        ALTER TABLE run ADD COLUMN open_steps \(integer) NOT NULL DEFAULT 0;
        UPDATE run SET started_at = created_at;
        DROP INDEX run_running;
        CREATE INDEX run_open ON run (id) WHERE state IN ('queued', 'running');
        CREATE UNIQUE INDEX run_by_idempotency_key ON run (idempotency_key) WHERE idempotency_key IS NOT NULL;
        ALTER TABLE step ADD COLUMN missing \(integer) NOT NULL DEFAULT 0;
        ALTER TABLE step ADD COLUMN ready_at \(integer);
        ALTER TABLE step ADD COLUMN pools TEXT NOT NULL DEFAULT '';
        ALTER TABLE step ADD COLUMN owner TEXT;
        ALTER TABLE step ADD COLUMN expires_at \(integer);
        ALTER TABLE step ADD COLUMN lost \(integer) NOT NULL DEFAULT 0;
        ALTER TABLE step ADD COLUMN rows_done \(integer) NOT NULL DEFAULT 0;
        ALTER TABLE step ADD COLUMN bytes_done \(integer) NOT NULL DEFAULT 0;
        CREATE INDEX step_ready ON step (ready_at) WHERE state = 'waiting' AND ready_at IS NOT NULL;
        CREATE INDEX step_running ON step (asset) WHERE state = 'running';
        UPDATE run SET open_steps = (SELECT count(*) FROM step
            WHERE step.run_id = run.id AND step.state IN ('waiting', 'running'));
        ALTER TABLE attempt ADD COLUMN owner TEXT;
        ALTER TABLE asset_epoch ADD COLUMN must_fence \(integer) NOT NULL DEFAULT 0;
        CREATE TABLE step_input (
            run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            input TEXT NOT NULL, input_partition TEXT NOT NULL, asset TEXT NOT NULL, partition TEXT NOT NULL,
            PRIMARY KEY (run_id, input, input_partition, asset, partition)
        );
        CREATE TABLE node (
            worker TEXT NOT NULL PRIMARY KEY, host TEXT NOT NULL, boot_id TEXT NOT NULL, pid INTEGER NOT NULL,
            start_ticks \(integer) NOT NULL, kind TEXT NOT NULL, slots INTEGER NOT NULL,
            started_at \(integer) NOT NULL, seen_at \(integer) NOT NULL
        );
        CREATE TABLE office (
            name TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, epoch \(integer) NOT NULL,
            expires_at \(integer) NOT NULL
        );
        """
    }
}
