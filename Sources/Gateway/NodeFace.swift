internal import LakeModel
package import Orchestrator
internal import Synchronization

/// A node as a ``GatewayHost``: what `tarn serve` gives to its gateway.
package final class NodeFace: GatewayHost {
    private let node: Node
    private let version: String
    private let variables: [String: String]
    private let isDraining = Mutex(false)

    /// - Parameter variables: Of the environment, for reading the lake's files again.
    package init(_ node: Node, version: String, variables: [String: String]) {
        self.node = node
        self.version = version
        self.variables = variables
    }

    /// The node was told to end.
    package func drain() { isDraining.withLock { $0 = true } }

    package var lake: Lake? { node.host.lake }

    package var condition: HostCondition {
        HostCondition(
            isDraining.withLock { $0 } ? .draining : .serving, projectMistakes: node.host.mistakes)
    }

    package var identity: HostNode {
        get async {
            HostNode(
                worker: node.id, process: node.process, version: version, startedAt: node.startedAt,
                isScheduler: await node.scheduler?.isLeading)
        }
    }

    package var workCounts: WorkCounts { node.workCounts }

    package func reload() async throws { try await node.host.reload(variables: variables) }
}
