internal import Glibc

/// Colours for a stream, or none.
package struct Style: Hashable, Sendable {
    package let isColoured: Bool

    package init(isColoured: Bool) { self.isColoured = isColoured }

    /// Without colours.
    package static let plain = Style(isColoured: false)

    /// Colours if `file` is a terminal that knows them and the user has not set `NO_COLOR`.
    package init(of file: Int32, environment: (String) -> String? = environmentVariable) {
        let refuses = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        self.init(isColoured: !refuses && environment("TERM") != "dumb" && isTerminal(file))
    }

    package func bold(_ text: String) -> String { marked(text, "1") }
    package func dim(_ text: String) -> String { marked(text, "2") }
    package func red(_ text: String) -> String { marked(text, "31") }
    package func green(_ text: String) -> String { marked(text, "32") }
    package func yellow(_ text: String) -> String { marked(text, "33") }
    package func blue(_ text: String) -> String { marked(text, "34") }
    package func cyan(_ text: String) -> String { marked(text, "36") }

    private func marked(_ text: String, _ code: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// Whether `file` is a terminal.
package func isTerminal(_ file: Int32) -> Bool { isatty(file) == 1 }

/// The columns and rows of the terminal behind `file`; `nil` if it is none or does not say.
package func terminalSize(of file: Int32) -> TerminalSize? {
    var size = winsize()
    guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
}

package struct TerminalSize: Hashable, Sendable {
    package let columns: Int
    package let rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// A variable of the process's environment.
package func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// Writes all of `text` to `file`. What a closed pipe or a vanished terminal does not take is lost: there is
/// nobody left to tell.
func writeAll(_ text: String, to file: Int32) {
    var text = text
    text.withUTF8 { bytes in
        var written = 0
        while written < bytes.count {
            let count = write(file, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return }
            written += count
        }
    }
}
