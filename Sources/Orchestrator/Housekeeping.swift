package import LakeModel
package import LakeStore
package import Metadata

/// Puts in order what dead runs left behind.
package struct Housekeeping: Sendable {
    private let lake: Lake

    package init(_ lake: Lake) { self.lake = lake }

    /// Declares runs of dead processes lost and removes their leftovers from the lake. Costs next to
    /// nothing after a run that succeeded.
    ///
    /// The caller holds the lake's lock, so that no other run can be alive.
    package func clearAfterDeadRuns(seenFrom process: ProcessIdentity, now: Timestamp) async throws {
        let newest = try await lake.metadata.runs(RunFilter(limit: 1)).first
        let lost = try await lake.metadata.reclaimLostRuns(
            at: now, isAlive: ProcessTable.liveness(seenFrom: process))
        // A step that failed for want of room had none to tidy up with either.
        if let newest, lost.isEmpty, newest.state == .succeeded { return }
        _ = try await Recovery(lake.store).run(liveRuns: [])
    }

    /// Removes leftovers, whatever the runs' states, and forgets what is older than the retention.
    /// - Throws: ``LakeBusy`` while a run is alive.
    package func run() async throws -> (RecoveryReport, Compaction) {
        let now = Lake.now()
        let process = try ProcessTable.current()
        let lock = try RunLock(
            folder: lake.systemFolder, holder: "housekeeping, process \(process.pid) on \(process.host)")
        defer { withExtendedLifetime(lock) {} }
        _ = try await lake.metadata.reclaimLostRuns(
            at: now, isAlive: ProcessTable.liveness(seenFrom: process))
        let report = try await Recovery(lake.store).run(liveRuns: [])
        return (report, try await lake.metadata.compact(Retention(), now: now))
    }
}
