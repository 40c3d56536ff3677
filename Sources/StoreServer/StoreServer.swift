internal import ADLS
internal import Blocking
internal import HTTPTypes
internal import HummingbirdCore
internal import HummingbirdTLS
internal import LakeModel
package import Logging
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOPosix
internal import NIOSSL
internal import ServiceLifecycle

/// A folder as a store that speaks ADLS Gen2 and Blob, on one port.
///
/// A graceful shutdown finishes the requests that are being answered and takes no more. Whatever ends the
/// process, no half file is visible afterwards.
package struct StoreServer: Service {
    private let settings: StoreServerSettings
    private let logger: Logger
    private let surface: StoreSurface
    private let tls: TLSConfiguration?
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameter onListening: Told the port once it is listened on.
    /// - Throws: a `Diagnostic` if this cannot be served.
    package init(
        _ settings: StoreServerSettings, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        guard (try? ADLSLocation("adls://lake@\(settings.account)")) != nil else {
            throw BadAccount(why: "'\(settings.account)' cannot be its name")
        }
        guard let key = SharedKey(settings.key) else {
            throw BadAccount(why: "its key is no Base64 of at least 16 bytes")
        }
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
        tls = try settings.certificate.map(Self.configuration)
        surface = StoreSurface(
            folder: try StoreFolder(root: settings.folder), settings: settings,
            access: StoreAccess(
                account: settings.account, key: key, tokens: settings.tokens,
                allowsAnonymousReading: settings.allowsAnonymousReading),
            pool: BlockingPool(threadsMax: 32), logger: logger)
    }

    private static func configuration(_ certificate: StoreServerSettings.Certificate) throws
        -> TLSConfiguration
    {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate.chain)
            guard !chain.isEmpty else {
                throw BadCertificate(chain: certificate.chain, reason: "it is empty")
            }
            let key = try NIOSSLPrivateKey(file: certificate.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            _ = try NIOSSLContext(configuration: configuration)
            return configuration
        } catch let error as BadCertificate {
            throw error
        } catch {
            throw BadCertificate(chain: certificate.chain, reason: "\(error)")
        }
    }

    package func run() async throws {
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        defer { surface.folder.release() }
        do {
            try await serve(on: threads)
        } catch {
            try await threads.shutdownGracefully()
            throw error
        }
        try await threads.shutdownGracefully()
    }

    private func serve(on threads: MultiThreadedEventLoopGroup) async throws {
        let surface = surface
        try await surface.pool.run { surface.folder.tidy(isStarting: true) }
        let responder = StoreResponder(surface: surface, settings: settings, logger: logger)
        let plain = HTTP1Channel(
            responder: { try await responder.respond($0, $1, $2) },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [LargeReads()], idleTimeout: TimeAmount(settings.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 32_768, maxHeaderListSize: 65_536, maxHeaderFieldCount: 200)))
        if let tls {
            try await serve(TLSChannel(plain, tlsConfiguration: tls), on: threads)
        } else {
            try await serve(plain, on: threads)
        }
    }

    private func serve(_ channel: some ServerChildChannel, on threads: MultiThreadedEventLoopGroup)
        async throws
    {
        let (settings, onListening, surface) = (settings, onListening, surface)
        var quiet = logger
        // It says on which port it listens, which whoever starts it says, too.
        quiet.logLevel = max(logger.logLevel, .warning)
        let server = channel.server(
            configuration: ServerConfiguration(
                address: .hostname(settings.host, port: settings.port), backlog: 1_024,
                availableConnectionsDelegate: .maximum(settings.connectionsMax, logger: quiet)),
            onServerRunning: { await onListening($0.localAddress?.port ?? settings.port) },
            eventLoopGroup: threads, logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await server.run()
                } catch let error as IOError {
                    throw CannotServe(address: "\(settings.host):\(settings.port)", reason: error.description)
                } catch let error as SocketAddressError {
                    throw CannotServe(address: "\(settings.host):\(settings.port)", reason: "\(error)")
                }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(3_600))
                    try await surface.pool.run { surface.folder.tidy(isStarting: false) }
                }
            }
            try await group.next()
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }
}

/// Lets bodies come in larger pieces than a web server would want.
private final class LargeReads: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart

    func handlerAdded(context: ChannelHandlerContext) {
        _ = context.channel.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: 2_048, initial: 16_384, maximum: 262_144))
    }
}
