extension Migration {
    /// What schedules, sensors and freshness remember, and who paused them.
    ///
    /// `pending` is a list of microseconds since 1970, `cursor` is JSON.
    static let m0006CreateTriggers = Migration(
        number: 6, name: "create_triggers", sqlite: statements(integer: "INTEGER"),
        postgres: statements(integer: "BIGINT"))

    private static func statements(integer: String) -> String {
        """
        CREATE TABLE trigger_state (
            kind TEXT NOT NULL, name TEXT NOT NULL, timing TEXT, evaluated_through \(integer),
            pending TEXT NOT NULL DEFAULT '[]', cursor TEXT, last_fired_at \(integer), last_run TEXT,
            breached_since \(integer), remark TEXT,
            PRIMARY KEY (kind, name)
        );
        CREATE TABLE trigger_pause (
            kind TEXT NOT NULL, name TEXT NOT NULL, is_paused \(integer) NOT NULL, since \(integer) NOT NULL,
            PRIMARY KEY (kind, name)
        );
        """
    }
}
