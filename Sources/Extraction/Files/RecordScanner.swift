internal import Project

/// The records of a text file, one after the other: the lines of NDJSON, the rows of CSV.
///
/// What is no row is told with its reason, and reading goes on with the line after it; nothing is left out
/// but empty lines.
final class RecordScanner {
    /// How a record is taken apart; `nil` makes each line one field as it stands.
    private let style: DelimitedText?
    private let delimiter: UInt8
    private let file: TextFile
    /// Of the current record, counted from 1.
    private(set) var line: Int64 = 1
    private var nextLine: Int64 = 1
    private(set) var fields: [Field] = []
    /// The current record without the end of its line.
    private(set) var record = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Bytes of text so far.
    private(set) var bytes: Int64 = 0
    private var pending = 0

    /// More than this in one record is taken for a quote that nobody closed.
    static let bytesMax = 64 << 20

    struct Field {
        var start: Int
        var end: Int
        var isQuoted = false
        /// Whether it holds escapes that stand for a quote.
        var hasEscapes = false
    }

    enum Outcome: Hashable {
        case end
        case row
        case bad(Reason)
    }

    enum Reason: String, Hashable {
        case unclosedQuote = "a quote is not closed"
        case textAfterQuote = "text follows a closing quote"
        case notUTF8 = "it is not in the declared encoding"
    }

    init(_ path: String, encoding: TextEncoding, style: DelimitedText?) throws(FileFailure) {
        file = try TextFile(path, encoding: encoding)
        self.style = style
        delimiter = style?.delimiter ?? (path.isTabSeparated ? UInt8(ascii: "\t") : UInt8(ascii: ","))
    }

    /// Goes to the next record.
    func next() throws(FileFailure) -> Outcome {
        while true {
            let outcome = try scan()
            guard case .row = outcome else { return outcome }
            if isEmptyLine { continue }
            return isValidUTF8(record) ? .row : .bad(.notUTF8)
        }
    }

    /// Passes over a line, whatever it holds.
    func skipLine() throws(FileFailure) {
        _ = try scanLine()
    }

    private var isEmptyLine: Bool {
        if style == nil { return record.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
        return record.isEmpty
    }

    private func scan() throws(FileFailure) -> Outcome {
        guard let style else { return try scanLine() }
        return try scanRow(style)
    }

    /// Drops the record before.
    private func begin() {
        file.consume(pending)
        bytes += Int64(pending)
        pending = 0
        line = nextLine
        fields.removeAll(keepingCapacity: true)
    }

    /// Ends the record at `end`, with `terminator` bytes behind it.
    private func finish(_ end: Int, terminator: Int, lines: Int64) {
        record = UnsafeRawBufferPointer(rebasing: file.text[..<end])
        pending = end + terminator
        nextLine = line + lines
    }

    /// How long the end of a line at `index` is, or `nil` if more text is needed to know.
    private func terminator(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        if text[index] == UInt8(ascii: "\n") { return 1 }
        guard index + 1 < text.count else { return file.isAtEnd ? 1 : nil }
        return text[index + 1] == UInt8(ascii: "\n") ? 2 : 1
    }

    private func scanLine() throws(FileFailure) -> Outcome {
        begin()
        var index = 0
        while true {
            let text = file.text
            while index < text.count, text[index] != UInt8(ascii: "\n"), text[index] != UInt8(ascii: "\r") {
                index += 1
            }
            if index < text.count, let length = terminator(text, index) {
                fields.append(Field(start: 0, end: index))
                finish(index, terminator: length, lines: 1)
                return .row
            }
            if file.isAtEnd {
                guard !text.isEmpty else {
                    finish(0, terminator: 0, lines: 0)
                    return .end
                }
                fields.append(Field(start: 0, end: text.count))
                finish(text.count, terminator: 0, lines: 1)
                return .row
            }
            guard text.count < RecordScanner.bytesMax else { throw tooLong() }
            try file.extend()
        }
    }

    private func tooLong() -> FileFailure {
        FileFailure(reason: "line \(line) is longer than \(RecordScanner.bytesMax >> 20) MiB")
    }

    private func scanRow(_ style: DelimitedText) throws(FileFailure) -> Outcome {
        begin()
        while true {
            switch parse(style) {
            case .complete(let end, let terminator, let lines):
                finish(end, terminator: terminator, lines: lines)
                return end == 0 && terminator == 0 && file.isAtEnd ? .end : .row
            case .needsMore where file.text.count < RecordScanner.bytesMax && !file.isAtEnd:
                fields.removeAll(keepingCapacity: true)
                try file.extend()
            case .needsMore, .unclosed: return try refuse(.unclosedQuote)
            case .textAfterQuote: return try refuse(.textAfterQuote)
            }
        }
    }

    /// Only the line on which the record begins is refused: the ones after it may well be rows.
    private func refuse(_ reason: Reason) throws(FileFailure) -> Outcome {
        _ = try scanLine()
        return .bad(reason)
    }

    private enum Parsed {
        case complete(end: Int, terminator: Int, lines: Int64)
        case needsMore, unclosed, textAfterQuote
    }

    /// Takes the record at the beginning of the text apart.
    private func parse(_ style: DelimitedText) -> Parsed {
        let text = file.text
        let (quote, escape) = (style.quote, style.escape)
        var (index, lines) = (0, Int64(1))
        while true {
            var field = Field(start: index, end: index)
            if let quote, index < text.count, text[index] == quote {
                index += 1
                field.start = index
                field.isQuoted = true
                quoted: while true {
                    guard index < text.count else { return file.isAtEnd ? .unclosed : .needsMore }
                    let byte = text[index]
                    if byte == escape {
                        guard index + 1 < text.count || file.isAtEnd else { return .needsMore }
                        let following = index + 1 < text.count ? text[index + 1] : nil
                        if let following, following == quote || following == escape {
                            field.hasEscapes = true
                            index += 2
                            continue quoted
                        }
                    }
                    if byte == quote { break quoted }
                    if byte == UInt8(ascii: "\n") { lines += 1 }
                    index += 1
                }
                field.end = index
                index += 1
                guard index < text.count || file.isAtEnd else { return .needsMore }
                if index < text.count, text[index] != delimiter, text[index] != UInt8(ascii: "\n"),
                    text[index] != UInt8(ascii: "\r")
                {
                    return .textAfterQuote
                }
            } else {
                while index < text.count, text[index] != delimiter, text[index] != UInt8(ascii: "\n"),
                    text[index] != UInt8(ascii: "\r")
                {
                    index += 1
                }
                field.end = index
            }
            guard index < text.count else {
                guard file.isAtEnd else { return .needsMore }
                fields.append(field)
                return .complete(end: index, terminator: 0, lines: lines)
            }
            fields.append(field)
            guard text[index] == delimiter else {
                guard let length = terminator(text, index) else { return .needsMore }
                return .complete(end: index, terminator: length, lines: lines)
            }
            index += 1
        }
    }

    /// The text of a field without its quotes and escapes; `scratch` holds it if it is not the file's own.
    func text(of field: Field, _ scratch: inout [UInt8]) -> UnsafeRawBufferPointer? {
        let stored = UnsafeRawBufferPointer(rebasing: record[field.start..<field.end])
        guard field.hasEscapes, let style else { return stored }
        scratch.removeAll(keepingCapacity: true)
        var index = 0
        while index < stored.count {
            if stored[index] == style.escape, index + 1 < stored.count,
                stored[index + 1] == style.quote || stored[index + 1] == style.escape
            {
                index += 1
            }
            scratch.append(stored[index])
            index += 1
        }
        return nil
    }
}

extension String {
    var isTabSeparated: Bool {
        let name = lowercased()
        return [".tsv", ".tsv.gz", ".tsv.zst"].contains { name.hasSuffix($0) }
    }
}
