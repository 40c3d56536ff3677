/// A failure that tells its reader what went wrong, where, and what to do next.
///
/// Every failure that can reach a user is a small struct that conforms to this, beside the code that throws
/// it. Faces map it: exit code, JSON, SQLSTATE with detail and hint, a page of the console. No row values
/// and no secrets stand in any of its texts.
package protocol Diagnostic: Error, Sendable, CustomStringConvertible {
    /// A stable name such as `bronze.partition-sealed`, listed in `docs/errors.md`.
    var code: String { get }
    /// One sentence with the names and figures of the case.
    var problem: String { get }
    /// Where in the user's files the cause stands, if it stands there.
    var place: Place? { get }
    /// What to do, with the command.
    var remedy: String { get }
    /// Whether the same attempt may succeed later without anybody's help.
    var isTransient: Bool { get }
}

extension Diagnostic {
    package var place: Place? { nil }
    package var isTransient: Bool { false }

    package var description: String {
        let location = place.map { "\($0): " } ?? ""
        return "\(location)\(problem) [\(code)]\n  \(remedy)"
    }
}

/// A position in one of the user's files: lines and columns count from 1.
package struct Place: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// Relative to the lake's folder.
    package let file: String
    package let line: Int
    package let column: Int

    package init(file: String, line: Int = 1, column: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }

    package static func < (left: Place, right: Place) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// Several failures that were found together and are reported together, in the order of their places.
package struct Diagnostics: Error, Sendable, CustomStringConvertible {
    package let all: [any Diagnostic]

    package init(_ all: [any Diagnostic]) {
        self.all = all.enumerated().sorted { left, right in
            switch (left.element.place, right.element.place) {
            case (let a?, let b?) where a != b: a < b
            case (nil, .some): false
            case (.some, nil): true
            default: left.offset < right.offset
            }
        }.map(\.element)
    }

    package var description: String { all.map(\.description).joined(separator: "\n") }
}
