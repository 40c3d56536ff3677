internal import AsyncHTTPClient
internal import CMalloc
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One attempt of a request: sent once, its whole answer in memory.
struct HTTPSender: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: ByteBuffer

        subscript(name: String) -> String? { headers.first(name: name) }
    }

    /// An attempt without an answer.
    struct Failure: Error {
        let cause: RetryCause
        /// For people; no address and no header stands in it.
        let reason: String
        /// Whether it would be the same the next time.
        var isLasting = false
    }

    /// The process's connections. They are shared by all accounts, and end with the process.
    private static let client: HTTPClient = {
        // Blocks come from the system and go back to it. By itself the C library would, after the first one,
        // keep them in as many arenas as there are threads: 20 megabytes more at the peak of a transfer.
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .seconds(60), write: .seconds(60)),
            connectionPool: .init(idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: 32))
        // The retry rule repeats, and counts.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return HTTPClient(
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }()

    /// - Throws: ``Failure``; `CancellationError`.
    static func send(
        _ method: String, _ url: String, _ headers: [(String, String)], body: ByteBuffer?, bodyMax: Int,
        buffers: BlockBuffers? = nil, timeout: Duration
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        do {
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            let answer = try await collect(
                response, isHead: method == "HEAD", bodyMax: bodyMax, buffers: buffers)
            return answer
        } catch let failure as Failure {
            throw failure
        } catch {
            if Task.isCancelled || error is CancellationError { throw CancellationError() }
            throw failure(error)
        }
    }

    private static func collect(
        _ response: HTTPClientResponse, isHead: Bool, bodyMax: Int, buffers: BlockBuffers?
    ) async throws -> Answer {
        let status = Int(response.status.code)
        let length = response.headers.first(name: "content-length").flatMap { Int($0) }
        var body = ByteBuffer()
        if !isHead {
            if let length, length <= bodyMax {
                body = buffers?.take(length) ?? ByteBufferAllocator().buffer(capacity: length)
            }
            for try await part in response.body {
                guard body.readableBytes + part.readableBytes <= bodyMax else {
                    throw Failure(
                        cause: .serverFailed, reason: "its answer has more than \(bodyMax) bytes",
                        isLasting: true)
                }
                body.writeImmutableBuffer(part)
            }
            if let length, length != body.readableBytes {
                throw Failure(
                    cause: .truncated, reason: "\(body.readableBytes) of \(length) bytes of the answer came")
            }
        }
        return Answer(status: status, headers: response.headers, body: body)
    }

    private static func failure(_ error: any Error) -> Failure {
        if let error = error as? HTTPClientError {
            switch error {
            case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
                return Failure(cause: .unreachable, reason: "no connection in time")
            case .readTimeout, .writeTimeout, .deadlineExceeded:
                return Failure(cause: .timedOut, reason: "no answer in time")
            case .invalidURL, .emptyHost, .emptyScheme:
                return Failure(cause: .unreachable, reason: error.shortDescription, isLasting: true)
            default:
                return Failure(cause: .connectionLost, reason: error.shortDescription)
            }
        }
        if let error = error as? NIOConnectionError {
            let isNameUnknown = error.dnsAError != nil || error.dnsAAAAError != nil
            let reason =
                error.connectionErrors.first.map { "\($0.error)" } ?? "its name has no address (DNS)"
            return Failure(
                cause: .unreachable,
                reason: isNameUnknown && error.connectionErrors.isEmpty ? "its name has no address" : reason)
        }
        if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
            return Failure(cause: .unreachable, reason: "TLS: \(error)", isLasting: true)
        }
        return Failure(cause: .connectionLost, reason: "\(error)")
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let parts = duration.components
        self = .nanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }
}
