/// What follows the authority of an address: the path as it is on the wire, and the query decoded.
///
/// The path stays raw: signatures are of its bytes, and a `/` that is encoded divides segments only after
/// they were told apart from the account and the filesystem.
package struct RequestTarget: Hashable, Sendable {
    package struct Parameter: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package let rawPath: String
    package let query: [Parameter]

    package init(rawPath: String, query: [Parameter]) {
        self.rawPath = rawPath
        self.query = query
    }

    /// - Throws: ``StorageFailure`` of what is no target: too long, not UTF-8, broken escapes.
    package init(_ text: String) throws(StorageFailure) {
        guard text.utf8.count <= 16_384 else {
            throw StorageFailure(.invalidURI, "The address has more than 16384 bytes.")
        }
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw StorageFailure(.invalidURI, "An address begins with / and is all printable ASCII.")
        }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [Parameter] = []
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            guard query.count < 100 else {
                throw StorageFailure(.invalidURI, "The query has more than 100 parameters.")
            }
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decoded(sides[0], plusIsSpace: true),
                let value = sides.count > 1 ? PercentCoding.decoded(sides[1], plusIsSpace: true) : ""
            else { throw StorageFailure(.invalidURI, "The query is not well encoded.") }
            query.append(Parameter(name: name, value: value))
        }
        rawPath = String(parts[0])
        self.query = query
    }

    /// The first value of the parameter; its name's case does not matter.
    package subscript(name: String) -> String? {
        query.first { $0.name.lowercased() == name }?.value
    }

    /// The same where an empty value counts as none.
    package func text(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
