/// Who works on steps: a process may be several, one after the other or at once.
package struct WorkerID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// `etl-1-4711-9f3a12`.
    package let text: String

    package init(_ process: ProcessIdentity, random: UInt32) {
        text = "\(process.host)-\(process.pid)-\(String(random & 0xFF_FFFF, radix: 16))"
    }

    package init(_ text: String) { self.text = text }

    package var description: String { text }
    package static func < (left: WorkerID, right: WorkerID) -> Bool { left.text < right.text }

    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
