import Blocking
import Glibc
import Synchronization

/// A request as a server of tests sees it.
package struct HTTPRequest: Sendable {
    package let method: String
    package let target: String
    /// Names in lower case.
    package let headers: [String: String]
    package let bodyBytes: ArraySlice<UInt8>
    /// From 1, over all connections.
    package let number: Int

    /// Decoded when it is asked for: most bodies are megabytes of what is no text.
    package var body: String { String(decoding: bodyBytes, as: UTF8.self) }
}

/// Takes connections on a port of the system's choice, and gives each a thread.
final class LoopbackServer: Sendable {
    let port: Int
    private let listener: Int32
    private let pool = BlockingPool(threadsMax: 256)
    private let state = Mutex(State())

    private struct State {
        var isClosed = false
        var sockets: Set<Int32> = []
    }

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, size) = (listener, length)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 256) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw ServedFolderFailed(description: "nothing can listen on loopback") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Serves each connection until it ends, or `body` does.
    func run(
        _ serve: @escaping @Sendable (Int32) -> Void, while body: () async throws -> Void
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await self.accept(serve) }
            defer { close() }
            try await body()
        }
    }

    private func accept(_ serve: @escaping @Sendable (Int32) -> Void) async {
        await withDiscardingTaskGroup { connections in
            while let client = try? await pool.runToEnd({ [listener] in Glibc.accept(listener, nil, nil) }),
                client >= 0
            {
                connections.addTask { [self] in
                    _ = try? await pool.runToEnd { [self] in
                        if open(client) { serve(client) }
                        end(client)
                    }
                }
            }
        }
        Glibc.close(listener)
    }

    private func close() {
        state.withLock {
            $0.isClosed = true
            for socket in $0.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// - Returns: whether the server goes on, and will end this socket with itself.
    private func open(_ socket: Int32) -> Bool {
        state.withLock {
            if !$0.isClosed { $0.sockets.insert(socket) }
            return !$0.isClosed
        }
    }

    func end(_ socket: Int32) {
        _ = state.withLock { $0.sockets.remove(socket) }
        Glibc.close(socket)
    }

    /// A connection to another server of this machine; ``end(_:)`` closes it.
    func connect(port: Int) -> Int32? {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: port)
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0, open(server) else {
            end(server)
            return nil
        }
        return server
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Whether all of it was taken.
    static func send(_ bytes: some Sequence<UInt8>, to socket: Int32) -> Bool {
        Array(bytes).withUnsafeBytes { bytes in
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
struct MessageStream {
    struct Message {
        let firstLine: String
        let headers: [String: String]
        let bytes: [UInt8]
        let headBytes: Int

        func request(number: Int) -> HTTPRequest {
            let words = firstLine.split(separator: " ")
            return HTTPRequest(
                method: words.first.map(String.init) ?? "",
                target: words.dropFirst().first.map(String.init) ?? "",
                headers: headers, bodyBytes: bytes[headBytes...], number: number)
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
            bytes: Array(buffer[..<(end + length)]), headBytes: end)
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
