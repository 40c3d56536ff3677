import Glibc
import Testing

@testable import Terminal

/// Both ends of a pseudo-terminal of 40 columns and 10 rows: the program's, and the user's.
final class PseudoTerminal {
    private(set) var user: Int32
    let terminal: Int32

    init() throws {
        // posix_openpt and its companions, as glibc writes them: Swift's Glibc module does not have them.
        let unlock: UInt = 0x4004_5431
        let number: UInt = 0x8004_5430
        user = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(user >= 0)
        var locked: Int32 = 0
        var index: UInt32 = 0
        try #require(ioctl(user, unlock, &locked) == 0)
        try #require(ioctl(user, number, &index) == 0)
        terminal = open("/dev/pts/\(index)", O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        var size = winsize(ws_row: 10, ws_col: 40, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
    }

    deinit {
        hangUp()
        close(terminal)
    }

    func hangUp() {
        if user >= 0 { close(user) }
        user = -1
    }

    func type(_ text: String) { writeAll(text, to: user) }

    /// Everything the program writes until `expected` is in it; at most five seconds.
    func read(until expected: String) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while !String(decoding: bytes, as: UTF8.self).contains(expected) {
            var descriptor = pollfd(fd: user, events: Int16(POLLIN), revents: 0)
            try #require(
                poll(&descriptor, 1, 5_000) == 1, "only: \(visible(String(decoding: bytes, as: UTF8.self)))")
            let count = Glibc.read(user, &buffer, buffer.count)
            try #require(count > 0)
            bytes.append(contentsOf: buffer.prefix(count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    var attributes: termios {
        var attributes = termios()
        tcgetattr(terminal, &attributes)
        return attributes
    }

    var isRaw: Bool { attributes.c_lflag & tcflag_t(ICANON | ECHO) == 0 }
}
