import Glibc
import Synchronization

/// A proxy between a client and a server of HTTP that does what networks do.
///
/// It knows where requests and answers end by their Content-Length, which both must have.
package final class FaultProxy: Sendable {
    package enum Fault: String, Sendable, CaseIterable {
        /// The connection ends before the server has seen the request.
        case dropped
        /// The server does what it was asked, and the connection ends without the answer.
        case replyLost
        /// Half of the answer comes.
        case truncated
        /// 503, which the server has not said.
        case busy
        /// The server gets the request twice; the client gets the second answer.
        case duplicated
        /// The request waits some milliseconds.
        case delayed
    }

    package var port: Int { server.port }
    private let server: LoopbackServer
    private let upstream: Int
    private let decide: @Sendable (HTTPRequest) -> Fault?
    private let state = Mutex(State())

    private struct State {
        var requests = 0
        var faults: [Fault: Int] = [:]
    }

    private init(upstream: Int, _ decide: @escaping @Sendable (HTTPRequest) -> Fault?) throws {
        self.upstream = upstream
        self.decide = decide
        server = try LoopbackServer()
    }

    /// Lends a proxy of the server on a port of this machine.
    package static func with(
        upstream: Int, _ decide: @escaping @Sendable (HTTPRequest) -> Fault?,
        _ body: (FaultProxy) async throws -> Void
    ) async throws {
        let proxy = try FaultProxy(upstream: upstream, decide)
        try await proxy.server.run({ proxy.serve($0) }) { try await body(proxy) }
    }

    /// The same with faults of all kinds, at random and repeatable.
    package static func with(
        upstream: Int, rate: Double, seed: UInt64, _ body: (FaultProxy) async throws -> Void
    ) async throws {
        let generator = Mutex(SplitMix(state: seed))
        try await with(
            upstream: upstream,
            { _ in
                generator.withLock { generator in
                    Double.random(in: 0..<1, using: &generator) < rate
                        ? Fault.allCases.randomElement(using: &generator) : nil
                }
            }, body)
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// How often each fault happened.
    package var faults: [Fault: Int] { state.withLock { $0.faults } }
    package var requests: Int { state.withLock { $0.requests } }

    /// One connection of a client, on a thread of its own.
    private func serve(_ client: Int32) {
        var stream = MessageStream(socket: client)
        while let message = stream.next(isAnswerToHead: false) {
            let fault = state.withLock { state -> Fault? in
                state.requests += 1
                let fault = decide(message.request(number: state.requests))
                if let fault { state.faults[fault, default: 0] += 1 }
                return fault
            }
            switch fault {
            case .dropped: return
            case .busy:
                let text =
                    "HTTP/1.1 503 ServerBusy\r\nx-ms-error-code: ServerBusy\r\nx-ms-request-id: proxy\r\n"
                    + "content-length: 0\r\n\r\n"
                guard LoopbackServer.send(text.utf8, to: client) else { return }
            case .replyLost:
                _ = forward(message)
                return
            case .truncated:
                guard let answer = forward(message) else { return }
                _ = LoopbackServer.send(answer.prefix(max(1, answer.count * 3 / 4)), to: client)
                return
            case .duplicated, .delayed, nil:
                if fault == .delayed { usleep(5_000) }
                if fault == .duplicated { _ = forward(message) }
                guard let answer = forward(message), LoopbackServer.send(answer, to: client) else { return }
            }
        }
    }

    /// Asks the server over a connection of its own.
    private func forward(_ message: MessageStream.Message) -> [UInt8]? {
        guard let socket = server.connect(port: upstream) else { return nil }
        defer { server.end(socket) }
        guard LoopbackServer.send(message.bytes, to: socket) else { return nil }
        var stream = MessageStream(socket: socket)
        return stream.next(isAnswerToHead: message.firstLine.hasPrefix("HEAD "))?.bytes
    }
}
