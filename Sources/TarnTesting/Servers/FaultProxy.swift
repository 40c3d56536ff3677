import Blocking
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

    /// What is known of a request when its fate is decided.
    package struct Request: Sendable {
        package let method: String
        package let target: String
        /// Names in lower case.
        package let headers: [String: String]
        /// From 1, over all connections.
        package let number: Int
    }

    package let port: Int
    private let upstream: Int
    private let decide: @Sendable (Request) -> Fault?
    private let listener: Int32
    private let pool = BlockingPool(threadsMax: 256)
    private let state = Mutex(State())

    private struct State {
        var isClosed = false
        var sockets: Set<Int32> = []
        var requests = 0
        var faults: [Fault: Int] = [:]
    }

    private init(upstream: Int, _ decide: @escaping @Sendable (Request) -> Fault?) throws {
        self.upstream = upstream
        self.decide = decide
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, size) = (listener, length)
        let outcome = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 256) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard outcome else { throw ServedFolderFailed(description: "the proxy cannot listen") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Lends a proxy of the server on a port of this machine.
    package static func with(
        upstream: Int, _ decide: @escaping @Sendable (Request) -> Fault?,
        _ body: (FaultProxy) async throws -> Void
    ) async throws {
        let proxy = try FaultProxy(upstream: upstream, decide)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await proxy.accept() }
            defer { proxy.close() }
            try await body(proxy)
        }
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

    private func close() {
        state.withLock {
            $0.isClosed = true
            for socket in $0.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Takes connections until it is closed.
    private func accept() async throws {
        await withDiscardingTaskGroup { connections in
            while let client = try? await pool.runToEnd({ [listener] in Glibc.accept(listener, nil, nil) }),
                client >= 0
            {
                connections.addTask { [self] in
                    try? await pool.runToEnd { [self] in serve(client) }
                }
            }
        }
        Glibc.close(listener)
    }

    /// - Returns: whether the proxy goes on.
    private func open(_ socket: Int32) -> Bool {
        state.withLock {
            if !$0.isClosed { $0.sockets.insert(socket) }
            return !$0.isClosed
        }
    }

    private func end(_ socket: Int32) {
        _ = state.withLock { $0.sockets.remove(socket) }
        Glibc.close(socket)
    }

    /// One connection of a client, on a thread of its own.
    private func serve(_ client: Int32) {
        defer { end(client) }
        guard open(client) else { return }
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
                guard send(Array(text.utf8), to: client) else { return }
            case .replyLost:
                _ = forward(message)
                return
            case .truncated:
                guard let answer = forward(message) else { return }
                _ = send(Array(answer.prefix(max(1, answer.count * 3 / 4))), to: client)
                return
            case .duplicated, .delayed, nil:
                if fault == .delayed { usleep(5_000) }
                if fault == .duplicated { _ = forward(message) }
                guard let answer = forward(message), send(answer, to: client) else { return }
            }
        }
    }

    /// Asks the server over a connection of its own.
    private func forward(_ message: MessageStream.Message) -> [UInt8]? {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { end(server) }
        guard open(server) else { return nil }
        var address = Self.loopback(port: upstream)
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0, send(message.bytes, to: server) else { return nil }
        var stream = MessageStream(socket: server)
        return stream.next(isAnswerToHead: message.firstLine.hasPrefix("HEAD "))?.bytes
    }

    private func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Glibc.send(
                    socket, bytes.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }
}

/// Requests or answers that come over one socket.
private struct MessageStream {
    struct Message {
        let firstLine: String
        let headers: [String: String]
        let bytes: [UInt8]

        func request(number: Int) -> FaultProxy.Request {
            let words = firstLine.split(separator: " ")
            return FaultProxy.Request(
                method: words.first.map(String.init) ?? "",
                target: words.dropFirst().first.map(String.init) ?? "",
                headers: headers, number: number)
        }
    }

    let socket: Int32
    private var buffer: [UInt8] = []

    init(socket: Int32) { self.socket = socket }

    /// `nil` at the end of the connection.
    mutating func next(isAnswerToHead: Bool) -> Message? {
        var end = headEnd
        while end == nil {
            guard receive() else { return nil }
            end = headEnd
        }
        guard let end else { return nil }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            headers[sides[0].lowercased()] = sides.count > 1 ? String(sides[1].drop { $0 == " " }) : ""
        }
        let length = isAnswerToHead ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
        while buffer.count < end + length { guard receive() else { return nil } }
        defer { buffer.removeFirst(end + length) }
        return Message(
            firstLine: lines.first.map(String.init) ?? "", headers: headers,
            bytes: Array(buffer[..<(end + length)]))
    }

    private var headEnd: Int? {
        let mark = Array("\r\n\r\n".utf8)
        return buffer.firstRange(of: mark)?.upperBound
    }

    private mutating func receive() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &bytes, bytes.count, 0)
        guard count > 0 else { return false }
        buffer += bytes[..<count]
        return true
    }
}
