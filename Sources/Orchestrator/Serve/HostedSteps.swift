internal import LakeModel
internal import LakeStore
internal import Metadata
internal import Project
internal import Synchronization

/// Carries out the steps of all runs, each run's with what is known of it alone: which sources have not
/// changed since it began, which inputs have no rows yet.
final class HostedSteps: StepExecutor {
    private let host: LakeHost
    private let observer: any RunObserver
    private let known = Mutex<[Known]>([])
    /// Of each run how many steps are worked on here.
    private let running = Mutex<[RunID: Int]>([:])

    private struct Known {
        let run: RunID
        let generation: Int
        let steps: LakeSteps
    }

    /// More runs than a node works on at once.
    private static let runsMax = 64

    init(_ host: LakeHost, observer: any RunObserver) {
        self.host = host
        self.observer = observer
    }

    /// Whether no step is worked on here.
    var isIdle: Bool { running.withLock { $0.isEmpty } }

    func execute(_ lease: StepLease) async -> StepWork {
        running.withLock { $0[lease.step.run, default: 0] += 1 }
        return await steps(of: lease.step.run).execute(lease)
    }

    /// Whoever ends the last step of a run removes what the run has staged. What nobody does, because all
    /// were killed, housekeeping does.
    func reported(_ lease: StepLease) async {
        let run = lease.step.run
        let left = running.withLock { running in
            running[run, default: 1] -= 1
            if running[run] == 0 { running[run] = nil }
            return running[run]
        }
        let lake = host.lake
        guard left == nil, let pulse = try? await lake.metadata.pulse(of: run), pulse.state.isFinal else {
            return
        }
        known.withLock { $0.removeAll { $0.run == run } }
        for writer in Set([run, lease.writer]) { try? await Staging(lake.store).clear(writer) }
    }

    func delay(after attempt: Int, _ category: FailureCategory) -> Duration? {
        host.lake.definition.work.retry.delay(after: attempt, category, random: .random(in: 0...1))
    }

    func timeout(of step: StepID) -> Duration? { host.lake.timeout(of: step.asset) }

    private func steps(of run: RunID) -> LakeSteps {
        let (lake, generation) = (host.lake, host.generation)
        return known.withLock { known in
            if let found = known.firstIndex(where: { $0.run == run && $0.generation == generation }) {
                // The one that was used last is forgotten last.
                known.append(known.remove(at: found))
            } else {
                let options = RunOptions(lake.definition.work)
                known.removeAll { $0.run == run }
                known.append(
                    Known(
                        run: run, generation: generation,
                        steps: LakeSteps(lake: lake, options: options, observer: observer)))
                if known.count > HostedSteps.runsMax { known.removeFirst() }
            }
            return known[known.count - 1].steps
        }
    }
}
