internal import HTTPTypes
internal import HummingbirdCore
internal import LakeModel
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Orchestrator
package import Project
internal import ServiceLifecycle

/// The HTTP face of a lake: health, figures and the REST API.
///
/// A graceful shutdown ends streams, finishes the requests that are being answered, and takes no more.
package struct Gateway: Service {
    private let options: GatewayOptions
    private let logger: Logger
    private let access: Access
    private let context: GatewayContext
    private let onListening: @Sendable (ListenAddress) async -> Void

    /// - Parameter onListening: Told the address once it is listened on.
    /// - Throws: ``Diagnostics`` with everything that is wrong with the tokens; ``OpenToAll``.
    package init(
        _ options: GatewayOptions, host: any GatewayHost, logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) async -> Void = { _ in }
    ) throws {
        self.options = options
        self.logger = logger
        self.onListening = onListening
        access = try Access(options.serve)
        context = GatewayContext(
            options: options, host: host, feed: EventFeed(options) { host.lake?.metadata },
            figures: FigureCache(ageMax: options.metricsAge), meter: RequestMeter(), logger: logger)
    }

    /// - Throws: ``CannotListen``.
    package func run() async throws {
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: options.threads)
        do {
            try await serve(on: threads)
        } catch {
            try await threads.shutdownGracefully()
            throw error
        }
        try await threads.shutdownGracefully()
    }

    private func serve(on threads: MultiThreadedEventLoopGroup) async throws {
        let responder = Responder(context: context, access: access, table: .all)
        let channel = HTTP1Channel(
            responder: { try await responder.respond($0, $1, $2) },
            configuration: HTTP1Channel.Configuration(
                idleTimeout: TimeAmount(options.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100)))
        let (listen, onListening) = (options.serve.listen, onListening)
        let server = channel.server(
            configuration: ServerConfiguration(
                address: .hostname(listen.host, port: listen.port),
                availableConnectionsDelegate: .maximum(options.connectionsMax, logger: logger)),
            onServerRunning: { channel in
                await onListening(
                    ListenAddress(host: listen.host, port: channel.localAddress?.port ?? listen.port))
            }, eventLoopGroup: threads, logger: logger)
        let feed = context.feed
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await feed.run() }
                group.addTask {
                    do {
                        try await server.run()
                    } catch let error as IOError {
                        throw CannotListen(address: listen, reason: error.description)
                    } catch let error as SocketAddressError {
                        throw CannotListen(address: listen, reason: "\(error)")
                    }
                    feed.close()
                }
                try await group.waitForAll()
            }
        } onGracefulShutdown: {
            feed.close()
        }
    }
}
