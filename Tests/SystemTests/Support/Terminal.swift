import Foundation
import Glibc
import Testing

/// The user's end of a pseudo-terminal, before which a program sits.
final class Terminal {
    private let user: Int32
    /// The program's end.
    let path: String
    private(set) var seen = ""
    /// All that the program has written.
    private(set) var everything = ""

    init() throws {
        // posix_openpt and its companions, as glibc writes them: Swift's Glibc module does not have them.
        let (unlock, number): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
        user = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: Int32 = 0
        var index: UInt32 = 0
        guard user >= 0, ioctl(user, unlock, &locked) == 0, ioctl(user, number, &index) == 0 else {
            throw SetupFailed("no pseudo-terminal: errno \(errno)")
        }
        var size = winsize(ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(user, UInt(TIOCSWINSZ), &size)
        path = "/dev/pts/\(index)"
    }

    deinit { close(user) }

    func type(_ text: String) {
        var text = text
        text.withUTF8 { _ = write(user, $0.baseAddress, $0.count) }
    }

    /// Waits until the program has written `text` since the last wait.
    func expect(_ text: String) throws {
        while !found(text) {
            guard receive(millisecondsMax: 10_000) else {
                throw SetupFailed("'\(text)' did not appear, only: \(seen.debugDescription)")
            }
        }
    }

    /// Types `key` again and again until the program answers with `text`.
    func type(_ key: String, until text: String) throws {
        for _ in 0..<100 {
            type(key)
            while receive(millisecondsMax: 100) {}
            if found(text) { return }
        }
        throw SetupFailed("'\(text)' did not appear, only: \(seen.debugDescription)")
    }

    private func found(_ text: String) -> Bool {
        guard let found = seen.range(of: text) else { return false }
        seen = String(seen[found.upperBound...])
        return true
    }

    private func receive(millisecondsMax: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        var descriptor = pollfd(fd: user, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, millisecondsMax) == 1 else { return false }
        let count = read(user, &buffer, buffer.count)
        guard count > 0 else { return false }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        seen += text
        everything += text
        return true
    }
}
