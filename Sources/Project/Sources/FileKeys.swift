internal import LakeModel
internal import Yams

/// The keys of a table whose source is a folder of files.
enum FileKeys {
    static let files = Key(
        "files", .list(of: .text, orOne: true, atLeast: 1),
        "Patterns of the files below the connection's folder, such as 'invoices/*.csv' or '**/2026-*.json.gz'.")
    static let format = Key(
        "format", .choice as ValueShape<FileFormat>, "How their rows are written. Default: by the ending.")
    static let options = Key(
        "options", .mapping(FileOptionKeys.shape), "How CSV files and workbooks are written.")
    static let settle = Key(
        "settle", .duration,
        "A file that was written to within this time is left for the next run. Default: 10s.")
    static let done = Key(
        "done", .text,
        "A file that says that another one is whole, with {file} for its path: '{file}.done'. Default: none.")
    static let onChange = Key(
        "on_change", .choice as ValueShape<ChangedFilePolicy>,
        "What becomes of a changed file's earlier rows: replace, append or fail. Default: replace.")
    static let badRowsMax = Key(
        "bad_rows_max", .integer(0...Int.max),
        "How many lines of one run may be no rows; they go to the quarantine. Default: 0.")

    static let all: [any MappingKey] = [files, format, options, settle, done, onChange, badRowsMax]

    /// Keys that have no meaning for files.
    static let foreign = ["key", "cursor", "overlap", "chunk", "checksum", "losses", "invalid_text"]

    /// What `reader` says of files; `nil` if that is nothing, or wrong.
    static func read(_ reader: MappingReader) -> FilesDefinition? {
        let document = reader.document
        guard reader.has(files.name) else {
            for key in all.dropFirst() where reader.has(key.name) {
                document.report(
                    .conflict, reader.node(of: key.name), "'\(key.name)' has no meaning without 'files'.",
                    remedy: "Add 'files: <pattern>', or remove '\(key.name)'.")
            }
            return nil
        }
        for key in foreign where reader.has(key) {
            document.report(
                .conflict, reader.node(of: key), "'\(key)' has no meaning for a table of files.",
                remedy: "Remove '\(key)'.")
        }
        guard let patterns = reader[files].flatMap({ checked($0, document) }) else { return nil }
        var text = DelimitedText()
        var workbook = WorkbookRange()
        if reader.has(options.name) {
            guard let options = reader[options] else { return nil }
            FileOptionKeys.read(options, &text, &workbook)
        }
        let marker = reader[done]
        if let marker, !marker.contains("{file}"), let node = reader.value(of: done.name) {
            document.reportValue(
                node, "'done' does not say of which file it is.",
                remedy: "Write {file} for its path, such as '{file}.done'.")
        }
        return FilesDefinition(
            patterns: patterns, format: reader[format], text: text, workbook: workbook,
            settle: reader[settle] ?? .seconds(10), marker: marker, onChange: reader[onChange] ?? .replace,
            badRowsMax: Int64(reader[badRowsMax] ?? 0))
    }

    private static func checked(_ patterns: [Located<String>], _ document: YAMLDocument) -> [String]? {
        var isRight = true
        for pattern in patterns {
            let parts = pattern.value.split(separator: "/", omittingEmptySubsequences: false)
            if pattern.value.hasPrefix("/") || parts.contains("..") {
                document.reportValue(
                    pattern.node, "\(pattern.node.inWords) leads out of the connection's folder.",
                    remedy: "Write it relative to that folder, or make a connection with another folder.")
                isRight = false
            } else if parts.contains(where: { $0.isEmpty || $0 == "." }) {
                document.reportValue(
                    pattern.node, "\(pattern.node.inWords) is no pattern of a file's path.",
                    remedy: "Write names separated by one '/', such as 'invoices/*.csv'.")
                isRight = false
            } else if pattern.value.hasSuffix(".zip") {
                document.reportValue(
                    pattern.node, "zip files cannot be read.",
                    remedy: "Unpack them first; single files may be compressed with gzip or zstd.")
                isRight = false
            }
        }
        return isRight && !patterns.isEmpty ? patterns.map(\.value) : nil
    }
}

/// The keys of `options`.
enum FileOptionKeys {
    static let delimiter = Key(
        "delimiter", .asciiCharacter, "CSV: between the values. Default: a comma; in .tsv files a tab.")
    static let quote = Key(
        "quote", .asciiCharacterOrNone, "CSV: around values that hold a delimiter. Default: '\"'.")
    static let escape = Key(
        "escape", .asciiCharacterOrNone,
        "CSV: before a quote inside of quotes. Default: the quote itself.")
    static let header = Key("header", .bool, "CSV, Excel: whether the first line names the columns. Default: true.")
    static let encoding = Key(
        "encoding", .choice as ValueShape<TextEncoding>,
        "CSV, NDJSON: utf-8, latin1 or utf-16. A byte order mark is heeded. Default: utf-8.")
    static let decimalSeparator = Key(
        "decimal_separator", .choice as ValueShape<DecimalSeparator>,
        "CSV: the decimal point of numbers. Default: '.'.")
    static let nulls = Key(
        "nulls", .list(of: .anyScalar, orOne: true),
        "CSV: texts that stand for NULL where they are not quoted. Default: the empty text.")
    static let skip = Key("skip", .integer(0...1_000_000), "CSV: lines before the header. Default: 0.")
    static let dateFormat = Key(
        "date_format", .text, "CSV: of DATE columns, as strptime takes it: '%d.%m.%Y'. Default: ISO 8601.")
    static let timestampFormat = Key(
        "timestamp_format", .text,
        "CSV: of TIMESTAMP columns, as strptime takes it: '%d.%m.%Y %H:%M'. Default: ISO 8601.")
    static let sheet = Key("sheet", .text, "Excel: the name of the sheet. Default: the first.")
    static let range = Key("range", .text, "Excel: the cells of the table, such as 'A3:F100'. Default: all.")

    static let shape = MappingShape(
        "the options of files",
        [
            delimiter, quote, escape, header, encoding, decimalSeparator, nulls, skip, dateFormat,
            timestampFormat, sheet, range,
        ])

    static func read(
        _ reader: MappingReader, _ text: inout DelimitedText, _ workbook: inout WorkbookRange
    ) {
        if reader.has(delimiter.name) { text.delimiter = reader[delimiter] }
        if reader.has(quote.name), let quote = reader[quote] { text.quote = quote.character }
        text.escape = text.quote
        if reader.has(escape.name), let escape = reader[escape] { text.escape = escape.character }
        if let delimiter = text.delimiter, delimiter == text.quote {
            reader.document.report(
                .conflict, reader.node(of: FileOptionKeys.delimiter.name),
                "'delimiter' and 'quote' are the same character.", remedy: "Choose another for one of them.")
        }
        text.hasHeader = reader[header] ?? text.hasHeader
        workbook.hasHeader = text.hasHeader
        text.encoding = reader[encoding] ?? text.encoding
        text.decimalSeparator = reader[decimalSeparator] ?? text.decimalSeparator
        if reader.has(nulls.name) { text.nulls = (reader[nulls] ?? []).map(\.value) }
        text.skippedLines = reader[skip] ?? 0
        text.dateFormat = reader[dateFormat]
        text.timestampFormat = reader[timestampFormat]
        workbook.sheet = reader[sheet]
        workbook.range = reader[range]
    }
}

/// A character that may be left out by the word `none`.
struct OptionalCharacter: Sendable {
    let character: UInt8?
}

extension ValueShape where Value == UInt8 {
    /// One ASCII character, or the word `tab`.
    static var asciiCharacter: ValueShape {
        ValueShape(schema: ["type": "string", "pattern": "^(.|tab|\\t)$"]) { node, document in
            guard case .scalar(let scalar) = node, scalar.kind != .nothing,
                let text = document.text(of: scalar)
            else {
                document.reportType(node, expected: "one character")
                return nil
            }
            if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
            guard text.utf8.count == 1, let byte = text.utf8.first, byte != 10, byte != 13, byte < 0x80 else {
                document.reportType(node, expected: "one ASCII character, or 'tab'")
                return nil
            }
            return byte
        }
    }
}

extension ValueShape where Value == OptionalCharacter {
    static var asciiCharacterOrNone: ValueShape {
        let one = ValueShape<UInt8>.asciiCharacter
        return ValueShape(schema: ["anyOf": [one.schema, ["const": "none"]]]) { node, document in
            if node.scalar?.string == "none" { return OptionalCharacter(character: nil) }
            return one.read(node, document).map { OptionalCharacter(character: $0) }
        }
    }
}
