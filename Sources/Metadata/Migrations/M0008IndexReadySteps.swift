extension Migration {
    /// The first steps of a run that are ready, in their order: a run of ten thousand was read whole for
    /// each claim.
    static let m0008IndexReadySteps = Migration(
        number: 8, name: "index_ready_steps", sqlite: index, postgres: index)

    private static let index = """
        CREATE INDEX step_ready_of_run ON step (run_id, position, ready_at)
            WHERE state = 'waiting' AND ready_at IS NOT NULL;
        """
}
