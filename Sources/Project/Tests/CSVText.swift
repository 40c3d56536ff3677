internal import LakeModel
internal import Yams

/// Rows that were written as CSV in a YAML text: the first line names the columns.
///
/// An empty field is NULL; a field in quotes is text, `""` the empty one.
struct CSVText {
    private let text: String
    private let node: Node
    private let document: YAMLDocument
    /// Whether its lines are lines of the file, so that a place in it can be told.
    private let isLiteral: Bool

    init(_ scalar: Node.Scalar, _ node: Node, _ document: YAMLDocument) {
        text = scalar.string
        self.node = node
        self.document = document
        isLiteral = scalar.style == .literal
    }

    private struct Field {
        var text = ""
        var isQuoted = false
        /// From 0, in the text.
        var line: Int
        var column: Int
    }

    /// `nil` after a mistake has been reported.
    func rows() -> WrittenRows? {
        guard let records = records() else { return nil }
        guard let header = records.first else {
            document.reportValue(
                node, "the CSV text is empty.", remedy: "Name the columns in its first line.")
            return nil
        }
        var columns: [WrittenColumn] = []
        for field in header {
            if field.text.isEmpty
                || columns.contains(where: { $0.name.lowercased() == field.text.lowercased() })
            {
                report(
                    field,
                    field.text.isEmpty
                        ? "a column has no name." : "the column '\(field.text)' is named twice.",
                    remedy: "Name each column once in the first line of the CSV text.")
                return nil
            }
            columns.append(WrittenColumn(name: field.text, place: place(field)))
        }
        var rows: [WrittenRow] = []
        for record in records.dropFirst() {
            guard let first = record.first else { continue }
            guard record.count == columns.count else {
                report(
                    first, "this line has \(record.count) fields, the first one \(columns.count).",
                    remedy:
                        "Write as many fields as there are columns; text with commas goes into \"quotes\".")
                return nil
            }
            let cells = zip(columns, record).map {
                WrittenCell(column: $0.name, value: value($1), place: place($1))
            }
            rows.append(WrittenRow(cells: cells, place: place(first)))
        }
        return .values(columns: columns, rows: rows)
    }

    private func value(_ field: Field) -> WrittenValue {
        if field.isQuoted { return .text(field.text, isQuoted: true) }
        // What YAML takes for a number or a truth value.
        let scalar = Node.Scalar(field.text, .implicit, .plain)
        return field.text.isEmpty ? .null : WrittenValue(.scalar(scalar))
    }

    /// Empty lines are passed over.
    private func records() -> [[Field]]? {
        var records: [[Field]] = []
        var record: [Field] = []
        var field = Field(line: 0, column: 0)
        var line = 0
        var column = 0
        var isInQuotes = false
        var previousWasQuote = false
        func end() {
            if !field.isQuoted { field.text = trimmed(field.text) }
            record.append(field)
        }
        for character in text {
            defer {
                column += 1
                if character.isNewline { (line, column) = (line + 1, 0) }
            }
            if isInQuotes {
                guard character == "\"" else {
                    field.text.append(character)
                    continue
                }
                isInQuotes = false
                previousWasQuote = true
                continue
            }
            defer { previousWasQuote = false }
            switch character {
            case "\"" where previousWasQuote:
                field.text.append("\"")
                isInQuotes = true
            case "\"" where field.text.allSatisfy(\.isWhitespace) && !field.isQuoted:
                field.text = ""
                field.isQuoted = true
                isInQuotes = true
            case ",":
                end()
                field = Field(line: line, column: column + 1)
            case _ where character.isNewline:
                end()
                if record.count > 1 || !record[0].text.isEmpty || record[0].isQuoted {
                    records.append(record)
                }
                record = []
                field = Field(line: line + 1, column: 0)
            case _ where field.isQuoted && character.isWhitespace: break
            case _ where field.isQuoted:
                report(
                    field, "there is text after the closing quote.",
                    remedy: "Write a quote inside of quotes twice: \"\".")
                return nil
            default: field.text.append(character)
            }
        }
        if isInQuotes {
            report(field, "the quote is not closed.", remedy: "Close it: \"text\".")
            return nil
        }
        end()
        if record.count > 1 || !record[0].text.isEmpty || record[0].isQuoted { records.append(record) }
        return records
    }

    private func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    private func report(_ field: Field, _ problem: String, remedy: String) {
        document.mistakes.add(.badValue, at: place(field), problem, remedy: remedy)
    }

    private func place(_ field: Field) -> Place {
        guard isLiteral, let line = node.mark?.line else { return document.place(of: node) }
        // The lines of a literal begin below its `|`, and their indentation is not part of it.
        let number = line + 1 + field.line
        return document.place(line: number, column: document.indentation(ofLine: number) + field.column + 1)
    }
}
