/// The name of a schedule or a sensor, such as `light-dimensions`; it is part of keys, paths of the API and
/// command lines.
package struct TriggerName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    /// `nil` unless `text` is of lower-case letters, digits, `-` and `_`, begins with a letter or digit,
    /// and has at most 64 bytes.
    package init?(_ text: String) {
        guard let first = text.utf8.first, text.utf8.count <= 64, first != UInt8(ascii: "-"),
            first != UInt8(ascii: "_"),
            text.utf8.allSatisfy({
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            })
        else { return nil }
        self.text = text
    }

    /// For text that is a name by construction.
    init(known text: String) { self.text = text }

    package var description: String { text }
    package static func < (left: TriggerName, right: TriggerName) -> Bool { left.text < right.text }
}
