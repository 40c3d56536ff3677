internal import Glibc

/// The statements that were submitted, the oldest first, each once; kept in a file that only its user can
/// read.
package struct History: Sendable {
    package static let entriesMax = 5_000

    package private(set) var entries: [String] = []
    private let path: String?

    /// A history that is not kept.
    package init() { path = nil }

    /// The history in the file at `path`; empty if there is none yet.
    /// - Throws: ``HistoryUnusable`` if there is a file and it cannot be read.
    package init(path: String) throws(HistoryUnusable) {
        self.path = path
        guard access(path, F_OK) == 0 else { return }
        let lines = try History.lines(of: path)
        var seen: Set<String> = []
        // From the end: of two equal entries the later one counts.
        var newest: [String] = []
        for line in lines.reversed() where newest.count < History.entriesMax {
            let entry = History.unescaped(line)
            if seen.insert(entry).inserted { newest.append(entry) }
        }
        entries = newest.reversed()
        if lines.count > entries.count + History.entriesMax / 2 { try rewrite() }
    }

    /// Remembers a statement as the newest. One that begins with a space, as a secret should, is not
    /// remembered.
    ///
    /// It is appended to the file, so that several shells at once lose nothing of each other.
    /// - Throws: ``HistoryUnusable``; the statement is remembered in memory nevertheless.
    package mutating func add(_ statement: String) throws(HistoryUnusable) {
        guard let first = statement.first, first != " ", entries.last != statement else { return }
        entries.removeAll { $0 == statement }
        entries.append(statement)
        if entries.count > History.entriesMax { entries.removeFirst(entries.count - History.entriesMax) }
        guard let path else { return }
        try History.write(History.escaped(statement) + "\n", to: path, flags: O_APPEND)
    }

    /// The file becomes what is in memory, at one instant.
    private func rewrite() throws(HistoryUnusable) {
        guard let path else { return }
        let temporary = "\(path).\(getpid())"
        try History.write(entries.map { History.escaped($0) + "\n" }.joined(), to: temporary, flags: O_TRUNC)
        guard rename(temporary, path) == 0 else { throw HistoryUnusable(path: path, errorNumber: errno) }
    }

    private static func write(_ text: String, to path: String, flags: Int32) throws(HistoryUnusable) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o600)
        guard file >= 0 else { throw HistoryUnusable(path: path, errorNumber: errno) }
        // An older file may have been made by somebody else's hand.
        let isPrivate = fchmod(file, 0o600) == 0
        writeAll(text, to: file)
        guard close(file) == 0, isPrivate else { throw HistoryUnusable(path: path, errorNumber: errno) }
    }

    private static func lines(of path: String) throws(HistoryUnusable) -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw HistoryUnusable(path: path, errorNumber: errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0 { throw HistoryUnusable(path: path, errorNumber: errno) }
            if count == 0 { break }
            bytes.append(contentsOf: buffer.prefix(count))
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// One line of the file: line breaks as `\n`, backslashes doubled.
    private static func escaped(_ entry: String) -> String {
        entry.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    private static func unescaped(_ line: String) -> String {
        var text = ""
        var isEscaped = false
        for scalar in line.unicodeScalars {
            if isEscaped {
                text.unicodeScalars.append(scalar == "n" ? "\n" : scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// The history's file cannot be read or written. Editing goes on without it.
package struct HistoryUnusable: Error, Sendable, CustomStringConvertible {
    package let path: String
    package let errorNumber: Int32

    package var description: String {
        "The history in \(path) cannot be used: \(String(cString: strerror(errorNumber)))."
    }
}
