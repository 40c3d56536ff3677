package import LakeModel
package import LakeStore
package import Metadata

/// Puts in order what dead runs left behind.
package struct Housekeeping: Sendable {
    private let lake: Lake

    package init(_ lake: Lake) { self.lake = lake }

    /// Takes work from dead processes and removes their leftovers from the lake. Costs next to nothing after
    /// a run that succeeded.
    package func clearAfterDeadRuns(seenFrom process: ProcessIdentity, now: Timestamp) async throws {
        let newest = try await lake.metadata.runs(RunFilter(limit: 1)).first
        let lost = try await lake.metadata.reclaim(
            at: now, isAlive: ProcessTable.liveness(seenFrom: process))
        // A step that failed for want of room had none to tidy up with either.
        if let newest, lost.isEmpty, newest.state == .succeeded { return }
        _ = try await Recovery(lake.store).run(liveRuns: liveRuns())
    }

    /// Removes leftovers, whatever the runs' states, and forgets what is older than the retention.
    package func run() async throws -> (RecoveryReport, Compaction) {
        let now = Lake.now()
        let process = try ProcessTable.current()
        _ = try await lake.metadata.reclaim(at: now, isAlive: ProcessTable.liveness(seenFrom: process))
        let report = try await Recovery(lake.store).run(liveRuns: liveRuns())
        return (report, try await lake.metadata.compact(Retention(), now: now))
    }

    /// Runs that are not over, under all names under which their steps may write.
    private func liveRuns() async throws -> Set<RunID> {
        let runs = try await lake.metadata.runs(
            RunFilter(states: [.queued, .running], limit: MetadataLimits.rowsPerQueryMax))
        return Set(
            runs.flatMap { run in
                (0...MetadataLimits.lostAttemptsMax).map { run.id.writer(afterLost: $0) }
            })
    }
}
