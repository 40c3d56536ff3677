import Blocking
import Foundation
import Glibc

@testable import Gateway

/// A TCP connection of a client that may do anything: blocking calls on threads of their own.
final class Connection: @unchecked Sendable {
    private let socket: Int32
    private let pool = BlockingPool(threadsMax: 2)
    private var buffer: [UInt8] = []

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
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

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

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
            guard count >= 0 else { throw ClientFailed("cannot read: \(String(cString: strerror(errno)))") }
            return Array(bytes[..<count])
        }
    }

    /// What comes until the other side ends; also if it ends hard.
    func rest() async -> String {
        while let more = try? await receive(), !more.isEmpty { buffer += more }
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// Up to and with `mark`.
    func text(upTo mark: String) async throws -> String {
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

    func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.count < count {
            let more = try await receive()
            guard !more.isEmpty else { throw ClientFailed("it ended too early") }
            buffer += more
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// The next answer, in whatever way its length is told.
    func answer(isHead: Bool = false) async throws -> HTTPAnswer {
        let head = try await text(upTo: "\r\n\r\n").trimmingCharacters(in: .newlines).components(
            separatedBy: "\r\n")
        let status = Int(head[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            headers[sides[0].lowercased()] = sides[1].trimmingCharacters(in: .whitespaces)
        }
        var body: [UInt8] = []
        if isHead || status == 204 {
            // There is none.
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            body = try await bytes(length)
        } else if headers["transfer-encoding"] == "chunked" {
            while true {
                let chunk = try await nextChunk()
                if chunk.isEmpty { break }
                body += chunk
            }
        }
        return HTTPAnswer(status: status, headers: headers, body: body)
    }

    func nextChunk() async throws -> [UInt8] {
        let size = Int(try await text(upTo: "\r\n").trimmingCharacters(in: .newlines), radix: 16) ?? 0
        let chunk = try await bytes(size)
        _ = try await text(upTo: "\r\n")
        return chunk
    }
}

struct ClientFailed: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

struct HTTPAnswer: Sendable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    var json: JSON {
        get throws {
            do {
                return try JSONDecoder().decode(JSON.self, from: Data(body))
            } catch {
                throw ClientFailed("\(status) is no JSON: \(text)")
            }
        }
    }
}

extension JSON {
    /// What stands at `path`, such as `runs.0.state`, as text.
    func at(_ path: String) -> String? {
        var here: JSON? = self
        for part in path.split(separator: ".") {
            switch here {
            case .list(let list): here = Int(part).flatMap { list.indices.contains($0) ? list[$0] : nil }
            default: here = here?[String(part)]
            }
        }
        return switch here {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .bool(let truth): "\(truth)"
        default: nil
        }
    }

    func list(_ key: String) -> [JSON] { if case .list(let list) = self[key] { list } else { [] } }
}
