/// Where a list goes on: opaque to clients, the last name that was shown to the server.
package struct Continuation: Hashable, Sendable {
    package let after: String

    package init(after: String) { self.after = after }

    private static let mark = "t1!"

    package var token: String { Base64.encode(Array((Self.mark + after).utf8)) }

    /// `nil` of a token that this server did not make.
    package init?(token: String) {
        guard let bytes = Base64.decode(token), let text = String(validating: bytes, as: UTF8.self),
            text.beginsWithBytes(of: Self.mark)
        else { return nil }
        after = String(decoding: text.utf8.dropFirst(Self.mark.utf8.count), as: UTF8.self)
    }
}
