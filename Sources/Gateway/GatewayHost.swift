package import LakeModel
package import Orchestrator

/// The process that the gateway is a face of: it owns the lake, and may replace it by another between two
/// requests.
package protocol GatewayHost: Sendable {
    /// The lake as it is now; `nil` while it is not open yet.
    var lake: Lake? { get }
    var condition: HostCondition { get }
    var identity: HostNode { get async }

    /// What the workers of this process have done.
    var workCounts: WorkCounts { get }

    /// Reads the project again, as SIGHUP does.
    /// - Throws: ``Diagnostics`` with the mistakes; the project before goes on.
    func reload() async throws
}

extension GatewayHost {
    package var workCounts: WorkCounts { WorkCounts() }
}

/// Whether the process can be sent work.
package struct HostCondition: Sendable {
    package enum Phase: Hashable, Sendable {
        /// It is not ready yet: what it waits for, in a sentence.
        case starting(String)
        case serving
        /// It was told to end, and takes nothing new.
        case draining
    }

    package var phase: Phase
    /// The mistakes of a project that was changed and could not be loaded: the one before goes on.
    package var projectMistakes: [any Diagnostic]

    package init(_ phase: Phase, projectMistakes: [any Diagnostic] = []) {
        self.phase = phase
        self.projectMistakes = projectMistakes
    }
}

/// Which process this is, for people who look at several.
package struct HostNode: Hashable, Sendable {
    package let worker: WorkerID?
    package let process: ProcessIdentity
    package let version: String
    package let startedAt: Timestamp
    /// Whether it is the one that starts what is scheduled; `nil` where it never does.
    package let isScheduler: Bool?

    package init(
        worker: WorkerID?, process: ProcessIdentity, version: String, startedAt: Timestamp,
        isScheduler: Bool? = nil
    ) {
        self.worker = worker
        self.process = process
        self.version = version
        self.startedAt = startedAt
        self.isScheduler = isScheduler
    }
}
