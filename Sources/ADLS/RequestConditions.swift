package import LakeModel

/// What must hold of a version for a request to go on: `If-Match` and its relatives.
package struct RequestConditions: Hashable, Sendable {
    /// Versions that are named in a header; `*` is any.
    package enum Tags: Hashable, Sendable {
        case any
        case these([String])

        /// With or without quotes, as clients send them; a weak mark does not count.
        package init(_ text: some StringProtocol) {
            if text == "*" || text == "\"*\"" {
                self = .any
            } else {
                self = .these(text.split(separator: ",").map { Self.bare($0) })
            }
        }

        /// The text between the quotes.
        package static func bare(_ tag: some StringProtocol) -> String {
            var tag = tag.drop { $0 == " " }
            while tag.last == " " { tag = tag.dropLast() }
            if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
            if tag.hasPrefix("\""), tag.hasSuffix("\""), tag.count > 1 { tag = tag.dropFirst().dropLast() }
            return String(tag)
        }

        func contain(_ etag: String) -> Bool {
            switch self {
            case .any: true
            case .these(let tags): tags.contains(Self.bare(etag))
            }
        }
    }

    package enum Outcome: Hashable, Sendable {
        case proceed
        /// Of a reading request: what the client has is what there is.
        case notModified
        case conditionFailed
        /// It was to be written only if it is not there, and is.
        case exists
    }

    package var ifMatch: Tags?
    package var ifNoneMatch: Tags?
    package var ifModifiedSince: Timestamp?
    package var ifUnmodifiedSince: Timestamp?

    package init(
        ifMatch: Tags? = nil, ifNoneMatch: Tags? = nil, ifModifiedSince: Timestamp? = nil,
        ifUnmodifiedSince: Timestamp? = nil
    ) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.ifModifiedSince = ifModifiedSince
        self.ifUnmodifiedSince = ifUnmodifiedSince
    }

    /// - Parameters:
    ///   - prefix: `x-ms-source-` where the conditions are about the source of a rename or copy.
    ///   - header: The value of a header by its lower-case name; an empty one counts as none.
    package init(prefix: String = "", header: (String) -> String?) {
        func value(_ name: String) -> String? { header(prefix + name).flatMap { $0.isEmpty ? nil : $0 } }
        ifMatch = value("if-match").map { Tags($0) }
        ifNoneMatch = value("if-none-match").map { Tags($0) }
        ifModifiedSince = value("if-modified-since").flatMap { HTTPDate.parse($0) }
        ifUnmodifiedSince = value("if-unmodified-since").flatMap { HTTPDate.parse($0) }
    }

    package var isEmpty: Bool { self == RequestConditions() }

    /// What the conditions say of a version.
    /// - Parameters:
    ///   - etag: `nil` if there is nothing at the path.
    ///   - isReading: Whether the request changes nothing.
    package func evaluate(etag: String?, modifiedAt: Timestamp?, isReading: Bool) -> Outcome {
        guard let etag else { return ifMatch == nil ? .proceed : .conditionFailed }
        if let ifMatch, !ifMatch.contain(etag) { return .conditionFailed }
        if let ifNoneMatch, ifNoneMatch.contain(etag) {
            if isReading { return .notModified }
            return ifNoneMatch == .any ? .exists : .conditionFailed
        }
        // Dates know whole seconds only.
        let second = modifiedAt.map { $0.microseconds / 1_000_000 }
        if let second, let since = ifUnmodifiedSince, ifMatch == nil, second > since.microseconds / 1_000_000
        {
            return .conditionFailed
        }
        if let second, let since = ifModifiedSince, ifNoneMatch == nil,
            second <= since.microseconds / 1_000_000
        {
            return isReading ? .notModified : .conditionFailed
        }
        return .proceed
    }
}
