internal import LakeModel
internal import LakeStore
internal import Logging
internal import Metadata

/// Work on the whole lake that builds no table.
struct Chores {
    private let lake: Lake
    private let log: Logger

    init(_ lake: Lake, log: Logger) {
        self.lake = lake
        self.log = log
    }

    /// Does them one after the other; a failure keeps none of the others from being done.
    /// - Returns: What was done, in words.
    func carryOut(_ chores: [TriggeredWork.Chore]) async -> String {
        var said: [String] = []
        for chore in chores {
            do {
                said.append(try await carryOut(chore))
            } catch let error as any Diagnostic {
                said.append("\(chore.rawValue) failed: \(error.problem)")
                log.error("a chore failed", metadata: ["chore": "\(chore.rawValue)", "error": "\(error)"])
            } catch {
                said.append("\(chore.rawValue) failed: \(error)")
                log.error("a chore failed", metadata: ["chore": "\(chore.rawValue)", "error": "\(error)"])
            }
        }
        return said.joined(separator: "; ")
    }

    private func carryOut(_ chore: TriggeredWork.Chore) async throws -> String {
        switch chore {
        case .housekeeping:
            let (leftovers, compaction) = try await Housekeeping(lake).run()
            log.info(
                "the lake was tidied up",
                metadata: [
                    "removed": "\(leftovers.removed.count)", "events": "\(compaction.events)",
                    "runs": "\(compaction.runs)",
                ])
            return "housekeeping: \(leftovers.removed.count) leftovers, \(compaction.runs) old runs removed"
        case .reconcile:
            let records = try await Reconciler(lake).run(Selection([]))
            let failed = records.filter { $0.verdict == .failed }
            let unknown = records.count { $0.verdict == .unknown }
            for one in failed {
                log.warning("a table drifts from its source", metadata: ["asset": "\(one.asset)", "what": "\(one.detail)"])
            }
            return "reconcile: \(records.count) tables, \(failed.count) beyond tolerance, \(unknown) unknown"
        }
    }
}
