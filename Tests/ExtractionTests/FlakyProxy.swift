import Foundation
import Glibc
import Synchronization
import TarnTesting

/// Hands TCP connections on to a server of this machine, until it cuts them as a broken network would.
final class FlakyProxy: Sendable {
    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let open = Mutex<(pairs: [[Int32]], connections: Int)>(([], 0))

    init(to target: UInt16) throws {
        self.target = target
        let (listener, port) = try Self.listen()
        (self.listener, self.port) = (listener, port)
        Self.onThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                connect(client)
            }
        }
    }

    /// How many connections there have been.
    var connections: Int { open.withLock { $0.connections } }

    /// Cuts all connections; new ones are handed on as before.
    func cut() {
        for descriptor in open.withLock({ open in
            defer { open.pairs = [] }
            return open.pairs.joined()
        }) {
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    /// Cuts all connections and takes no more.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        cut()
    }

    private func connect(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(target)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(server, $0, size) == 0 }
        }
        guard isConnected else {
            close(server)
            close(client)
            return
        }
        open.withLock {
            $0.pairs.append([client, server])
            $0.connections += 1
        }
        let left = Countdown(2)
        for (from, to) in [(client, server), (server, client)] {
            Self.onThread {
                Self.pump(from, to)
                shutdown(from, Int32(SHUT_RDWR))
                shutdown(to, Int32(SHUT_RDWR))
                // Whoever comes last: a number that is closed may be another file's at once.
                if left.countDown() == 0 {
                    self.open.withLock { open in open.pairs.removeAll { $0 == [client, server] } }
                    close(client)
                    close(server)
                }
            }
        }
    }

    private static func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            var sent = 0
            while sent < count {
                let part = buffer.withUnsafeBytes {
                    send(to, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
                }
                guard part > 0 else { return }
                sent += part
            }
        }
    }

    private static func listen() throws -> (Int32, UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && Glibc.listen(listener, 16) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard isListening else { throw SetupFailed(reason: "no port: errno \(errno)") }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread(body)
    }
}

private final class Countdown: Sendable {
    private let count: Mutex<Int>

    init(_ count: Int) { self.count = Mutex(count) }

    func countDown() -> Int {
        count.withLock {
            $0 -= 1
            return $0
        }
    }
}
