package import LakeModel

/// What is recorded of one partition of an asset: its last good build, and when it was last found to be
/// what a build would give.
package struct PartitionBuild: Hashable, Sendable {
    package let asset: AssetKey
    package let partition: PartitionKey
    package let run: RunID
    /// Of its rows, as the manifest has it.
    package let version: String
    /// Of the source when it was read; `nil` if the source cannot tell whether it changed.
    package let fingerprint: String?
    package let rows: Int64
    package let builtAt: Timestamp
    package let verifiedAt: Timestamp

    package init(
        asset: AssetKey, partition: PartitionKey, run: RunID, version: String, fingerprint: String? = nil,
        rows: Int64, builtAt: Timestamp, verifiedAt: Timestamp? = nil
    ) {
        self.asset = asset
        self.partition = partition
        self.run = run
        self.version = version
        self.fingerprint = fingerprint
        self.rows = rows
        self.builtAt = builtAt
        self.verifiedAt = verifiedAt ?? builtAt
    }
}

/// A step of partitions that runs, or that has built nothing.
package struct PartitionAttempt: Hashable, Sendable {
    package let step: StepID
    package let partitions: StepPartitions
    /// `running`, `failed`, `cancelled` or `lost`.
    package let state: StepState
    /// When it ended, or began if it runs.
    package let at: Timestamp
    package let failure: StepFailure?

    package init(
        step: StepID, partitions: StepPartitions, state: StepState, at: Timestamp,
        failure: StepFailure? = nil
    ) {
        self.step = step
        self.partitions = partitions
        self.state = state
        self.at = at
        self.failure = failure
    }
}
