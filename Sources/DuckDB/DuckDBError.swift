internal import CDuckDB

/// What DuckDB refused, in its own words and with the place in the SQL.
package struct DuckDBError: Error, Sendable, CustomStringConvertible {
    package var kind: Kind
    /// DuckDB's sentence without its kind ("Parser Error:") and without the excerpt of the SQL.
    package var message: String
    /// The statement, or empty when none was involved.
    package var sql: String
    /// Where in ``sql`` DuckDB pointed, if it did.
    package var position: Position?
    /// The error that a Swift function threw inside this query. DuckDB itself knows only its description.
    package var underlying: (any Error)?

    /// A place in a statement. Both count from 1; the column counts characters.
    package struct Position: Sendable, Hashable, CustomStringConvertible {
        package var line: Int
        package var column: Int

        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        package var description: String { "\(line):\(column)" }
    }

    package init(
        _ kind: Kind, _ message: String, sql: String = "", position: Position? = nil,
        underlying: (any Error)? = nil
    ) {
        self.kind = kind
        self.message = message
        self.sql = sql
        self.position = position
        self.underlying = underlying
    }

    /// The query was stopped by ``Interrupter`` or by the cancellation of its task.
    package var isInterrupt: Bool { kind == .interrupt }

    package var description: String {
        let place = position.map { " (line \($0.line), column \($0.column))" } ?? ""
        return kind.name.map { "\($0): \(message)\(place)" } ?? message + place
    }
}

extension DuckDBError: Equatable {
    /// ``underlying`` is left out: any two errors cannot be compared.
    package static func == (one: Self, other: Self) -> Bool {
        one.kind == other.kind && one.message == other.message && one.sql == other.sql
            && one.position == other.position
    }
}

extension DuckDBError: Hashable {
    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(message)
        hasher.combine(sql)
        hasher.combine(position)
    }
}

extension DuckDBError {
    /// `duckdb_error_type`; numbers that this page does not name survive.
    package struct Kind: RawRepresentable, Sendable, Hashable {
        package var rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let invalid = Kind(rawValue: 0)
        package static let outOfRange = Kind(rawValue: 1)
        package static let conversion = Kind(rawValue: 2)
        package static let unknownType = Kind(rawValue: 3)
        package static let decimal = Kind(rawValue: 4)
        package static let mismatchType = Kind(rawValue: 5)
        package static let divideByZero = Kind(rawValue: 6)
        package static let objectSize = Kind(rawValue: 7)
        package static let invalidType = Kind(rawValue: 8)
        package static let serialization = Kind(rawValue: 9)
        package static let transaction = Kind(rawValue: 10)
        package static let notImplemented = Kind(rawValue: 11)
        package static let expression = Kind(rawValue: 12)
        package static let catalog = Kind(rawValue: 13)
        package static let parser = Kind(rawValue: 14)
        package static let planner = Kind(rawValue: 15)
        package static let scheduler = Kind(rawValue: 16)
        package static let executor = Kind(rawValue: 17)
        package static let constraint = Kind(rawValue: 18)
        package static let index = Kind(rawValue: 19)
        package static let stat = Kind(rawValue: 20)
        package static let connection = Kind(rawValue: 21)
        package static let syntax = Kind(rawValue: 22)
        package static let settings = Kind(rawValue: 23)
        package static let binder = Kind(rawValue: 24)
        package static let network = Kind(rawValue: 25)
        package static let optimizer = Kind(rawValue: 26)
        package static let nullPointer = Kind(rawValue: 27)
        package static let io = Kind(rawValue: 28)
        package static let interrupt = Kind(rawValue: 29)
        package static let fatal = Kind(rawValue: 30)
        package static let `internal` = Kind(rawValue: 31)
        package static let invalidInput = Kind(rawValue: 32)
        package static let outOfMemory = Kind(rawValue: 33)
        package static let permission = Kind(rawValue: 34)
        package static let parameterNotResolved = Kind(rawValue: 35)
        package static let parameterNotAllowed = Kind(rawValue: 36)
        package static let dependency = Kind(rawValue: 37)
        package static let http = Kind(rawValue: 38)
        package static let missingExtension = Kind(rawValue: 39)
        package static let autoload = Kind(rawValue: 40)
        package static let sequence = Kind(rawValue: 41)
        package static let invalidConfiguration = Kind(rawValue: 42)

        /// DuckDB's words for the kind ("Parser Error"), or nil for a kind without words.
        package var name: String? { Kind.names.first { $0.kind == self }?.name }

        /// `duckdb_prepare` gives no number, only a message that begins with these words.
        fileprivate static let names: [(name: String, kind: Kind)] = [
            ("Out of Range Error", .outOfRange), ("Conversion Error", .conversion),
            ("Decimal Error", .decimal), ("Mismatch Type Error", .mismatchType),
            ("Divide by Zero Error", .divideByZero), ("Object Size Error", .objectSize),
            ("Invalid type Error", .invalidType), ("Serialization Error", .serialization),
            ("TransactionContext Error", .transaction), ("Not implemented Error", .notImplemented),
            ("Expression Error", .expression), ("Catalog Error", .catalog), ("Parser Error", .parser),
            ("Planner Error", .planner), ("Scheduler Error", .scheduler), ("Executor Error", .executor),
            ("Constraint Error", .constraint), ("Index Error", .index), ("Stat Error", .stat),
            ("Connection Error", .connection), ("Syntax Error", .syntax), ("Settings Error", .settings),
            ("Binder Error", .binder), ("Network Error", .network), ("Optimizer Error", .optimizer),
            ("NullPointer Error", .nullPointer), ("IO Error", .io), ("INTERRUPT Error", .interrupt),
            ("FATAL Error", .fatal), ("INTERNAL Error", .internal), ("Invalid Input Error", .invalidInput),
            ("Out of Memory Error", .outOfMemory), ("Permission Error", .permission),
            ("Parameter Not Resolved Error", .parameterNotResolved),
            ("Parameter Not Allowed Error", .parameterNotAllowed), ("Dependency Error", .dependency),
            ("HTTP Error", .http), ("Missing Extension Error", .missingExtension),
            ("Extension Autoloading Error", .autoload), ("Sequence Error", .sequence),
            ("Invalid Configuration Error", .invalidConfiguration),
        ]
    }

    /// Reads kind, sentence and position out of one of DuckDB's messages.
    /// - Parameter type: the number that came with it, where the C API gives one.
    init(parsing text: String, type: UInt32? = nil, sql: String = "") {
        var kind = Kind(rawValue: type ?? 0)
        var rest = Substring(text)
        for (name, named) in Kind.names where rest.hasPrefix(name + ": ") {
            rest = rest.dropFirst(name.count + 2)
            if kind == .invalid { kind = named }
            break
        }
        let excerpt = Excerpt(in: rest)
        if let excerpt { rest = rest[..<excerpt.start] }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        self.init(kind, String(rest), sql: sql, position: excerpt?.position(in: sql))
    }

    /// The end of a message that shows the statement: `LINE 3: ...text` and a line with a caret below the
    /// place.
    private struct Excerpt {
        let start: Substring.Index
        private let line: Int
        private let shown: Substring
        private let caret: Int

        init?(in message: Substring) {
            let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
            guard
                let at = lines.lastIndex(where: { $0.hasPrefix("LINE ") }), at + 1 < lines.count,
                let colon = lines[at].firstIndex(of: ":"),
                let line = Int(lines[at][..<colon].dropFirst(5)),
                let mark = lines[at + 1].firstIndex(of: "^")
            else { return nil }
            let label = lines[at].distance(from: lines[at].startIndex, to: colon) + 2
            start = lines[at].startIndex
            self.line = line
            shown = lines[at].dropFirst(label)
            caret = lines[at + 1].distance(from: lines[at + 1].startIndex, to: mark) - label
        }

        /// DuckDB cuts long lines and puts dots where it cut; the place is then found by the text that is
        /// left.
        func position(in sql: String) -> Position? {
            guard caret >= 0 else { return nil }
            guard shown.hasPrefix("...") else { return Position(line: line, column: caret + 1) }
            let lines = sql.split(omittingEmptySubsequences: false) { $0.isNewline }
            guard line <= lines.count else { return nil }
            var fragment = shown.dropFirst(3)
            if fragment.hasSuffix("...") { fragment = fragment.dropLast(3) }
            let wanted = Array(fragment.utf8)
            let whole = Array(lines[line - 1].utf8)
            guard !wanted.isEmpty, wanted.count <= whole.count else { return nil }
            for offset in 0...(whole.count - wanted.count)
            where whole[offset..<(offset + wanted.count)].elementsEqual(wanted) {
                let before = String(decoding: whole[..<offset], as: UTF8.self).count
                return Position(line: line, column: before + caret - 3 + 1)
            }
            return nil
        }
    }
}
