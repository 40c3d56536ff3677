import Blocking
import Foundation
import Glibc

/// A TCP connection of a client that may do anything: blocking calls on threads of their own.
final class Connection: @unchecked Sendable {
    private let socket: Int32
    private let pool = BlockingPool(threadsMax: 2)
    private var buffer: [UInt8] = []

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var time = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(socket)
            throw ClientFailed("cannot connect: \(String(cString: strerror(errno)))")
        }
    }

    deinit { Glibc.close(socket) }

    func send(_ bytes: [UInt8]) async throws {
        let socket = socket
        try await pool.run {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else {
                    throw ClientFailed("cannot send: \(String(cString: strerror(errno)))")
                }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// More bytes; none at the end.
    private func receive() async throws -> [UInt8] {
        let socket = socket
        return try await pool.run {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = recv(socket, &bytes, bytes.count, 0)
            guard count >= 0 else {
                throw ClientFailed(
                    "cannot read: \(String(cString: strerror(errno)))", isTimeout: errno == EAGAIN)
            }
            return Array(bytes[..<count])
        }
    }

    /// What comes until the other side ends; also if it ends hard. If it does not end, that is said.
    func rest() async -> String {
        do {
            while true {
                let more = try await receive()
                if more.isEmpty { break }
                buffer += more
            }
        } catch let error as ClientFailed where error.isTimeout {
            buffer += Array("(it does not end)".utf8)
        } catch {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    private func text(upTo mark: String) async throws -> String {
        let mark = Array(mark.utf8)
        while true {
            if let end = buffer.firstRange(of: mark) {
                defer { buffer.removeFirst(end.upperBound) }
                return String(decoding: buffer[..<end.upperBound], as: UTF8.self)
            }
            let more = try await receive()
            guard !more.isEmpty else {
                throw ClientFailed("it ended after '\(String(decoding: buffer, as: UTF8.self))'")
            }
            buffer += more
        }
    }

    private func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.count < count {
            let more = try await receive()
            guard !more.isEmpty else { throw ClientFailed("it ended too early") }
            buffer += more
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    func answer(isHead: Bool = false) async throws -> HTTPAnswer {
        let head = try await text(upTo: "\r\n\r\n").trimmingCharacters(in: .newlines).components(
            separatedBy: "\r\n")
        let status = Int(head[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            headers[sides[0].lowercased()] =
                sides.count > 1 ? sides[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let length =
            isHead || status < 200 || status == 304 ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
        return HTTPAnswer(status: status, headers: headers, body: try await bytes(length))
    }
}

struct ClientFailed: Error, CustomStringConvertible {
    let description: String
    let isTimeout: Bool

    init(_ description: String, isTimeout: Bool = false) {
        self.description = description
        self.isTimeout = isTimeout
    }
}

struct HTTPAnswer: Sendable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var code: String? { headers["x-ms-error-code"] }
}
