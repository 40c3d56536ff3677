internal import HTTPTypes

/// The parts of a request's target: segments of its path, and parameters.
struct Target: Sendable {
    let path: [String]
    let query: [(name: String, value: String)]

    /// - Throws: ``Refusal`` of what is no path of ours: too long, not UTF-8, or with tricks in it.
    init(_ text: String) throws(Refusal) {
        guard text.utf8.count <= 8_192 else {
            throw Refusal(
                .uriTooLong, code: "gateway.uri-too-long", "The address has \(text.utf8.count) bytes.",
                remedy: "An address has at most 8192 bytes; ask for less at once.")
        }
        guard text.hasPrefix("/") else { throw Self.malformed("it does not begin with /") }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path: [String] = []
        for segment in parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = try Self.decoded(segment, plusIsSpace: false)
            guard !name.isEmpty, name != ".", name != "..",
                !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F || $0 == "/" })
            else { throw Self.malformed("a part of its path is empty, or no name") }
            path.append(name)
        }
        self.path = path
        var query: [(String, String)] = []
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            guard query.count < 100 else { throw Self.malformed("it has more than 100 parameters") }
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query.append(
                (
                    try Self.decoded(sides[0], plusIsSpace: true),
                    sides.count > 1 ? try Self.decoded(sides[1], plusIsSpace: true) : ""
                ))
        }
        self.query = query
    }

    private static func malformed(_ why: String) -> Refusal {
        Refusal(
            .badRequest, code: "gateway.bad-target", "The address of the request cannot be read: \(why).",
            remedy: "See docs/rest-api.md for the addresses that there are.")
    }

    private static func decoded(_ text: Substring, plusIsSpace: Bool) throws(Refusal) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else {
                    throw malformed("a % is not followed by two hexadecimal digits")
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw malformed("a part of it is not UTF-8")
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
