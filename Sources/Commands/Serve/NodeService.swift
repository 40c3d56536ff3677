internal import Gateway
internal import Orchestrator
internal import ServiceLifecycle

/// A node as one of the services of a process: told to end, it drains.
struct NodeService: Service {
    let node: Node
    let face: NodeFace

    func run() async throws {
        await withGracefulShutdownHandler {
            await node.run()
        } onGracefulShutdown: {
            face.drain()
            node.drain()
        }
    }
}
