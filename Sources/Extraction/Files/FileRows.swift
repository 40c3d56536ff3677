internal import DuckDB
internal import Project

/// How the text files of one extraction are read: all of them into the same columns, as texts.
struct TextPlan: Sendable {
    struct File: Sendable {
        let found: FoundFile
        /// Which field of a record each column is; `nil` if the file has no such column.
        let fields: [Int?]
        /// How many fields a record has; `nil` if that does not matter.
        let width: Int?
    }

    /// `nil`: each line is one value.
    let style: DelimitedText?
    let encoding: TextEncoding
    let columnCount: Int
    let files: [String: File]
    /// Whether the text of every record is kept beside it.
    var keepsRaw = false

    /// The columns of the feed: the values, then what is known of the record.
    var feedColumns: [SourceColumn] {
        let values = (0..<columnCount).map { SourceColumn(name: "c\($0)", type: .text, selection: "") }
        let record: [(String, BronzeType)] = [
            ("__file", .text), ("__line", .integer(bits: 64, isSigned: true)), ("__error", .text),
            ("__raw", .text),
        ]
        return values + record.map { SourceColumn(name: $0.0, type: $0.1, selection: "") }
    }
}

/// The records of one file on their way into DuckDB.
final class FileRows: RowProducer {
    private let plan: TextPlan
    private let file: TextPlan.File
    private let scanner: RecordScanner
    private let nulls: [[UInt8]]
    private let explain: (FileFailure) -> any Error
    private var scratch: [UInt8] = []
    private var rows: Int64 = 0
    private var isAtEnd = false

    /// What a row may hold of a record that is in the quarantine.
    private static let rawBytesMax = 1 << 20
    /// A chunk of long rows ends before it is full.
    private static let chunkBytesMax = 8 << 20

    init(_ plan: TextPlan, _ file: TextPlan.File, explain: @escaping (FileFailure) -> any Error) throws {
        self.plan = plan
        self.file = file
        self.explain = explain
        nulls = (plan.style?.nulls ?? []).map { Array($0.utf8) }
        do {
            scanner = try RecordScanner(file.found.absolutePath, encoding: plan.encoding, style: plan.style)
            try scanner.skipHeader(plan.style)
        } catch {
            throw explain(error)
        }
    }

    var counts: (rows: Int64, bytes: Int64) { (rows, scanner.bytes) }

    var ledger: ExtractionLedger {
        var ledger = ExtractionLedger()
        ledger.rows = rows
        ledger.bytes = scanner.bytes
        return ledger
    }

    func fill(_ chunk: inout OutputChunk) throws {
        var row = 0
        let began = scanner.bytes
        do {
            while row < chunk.capacity, !isAtEnd, scanner.bytes - began < FileRows.chunkBytesMax {
                switch try scanner.next() {
                case .end: isAtEnd = true
                case .row:
                    if let width = file.width, scanner.fields.count != width {
                        try write(
                            error:
                                "it has \(scanner.fields.count) values where the header has \(width) columns",
                            to: &chunk, row)
                    } else {
                        try write(to: &chunk, row)
                    }
                    row += 1
                case .bad(let reason):
                    try write(error: reason.rawValue, to: &chunk, row)
                    row += 1
                }
            }
        } catch let failure as FileFailure {
            throw explain(failure)
        }
        rows += Int64(row)
        chunk.count = row
    }

    private func write(to chunk: inout OutputChunk, _ row: Int) throws {
        for (column, index) in file.fields.enumerated() {
            guard let index, index < scanner.fields.count else {
                chunk.setNull(row: row, column: column)
                continue
            }
            let field = scanner.fields[index]
            if let text = scanner.text(of: field, &scratch) {
                if !field.isQuoted, nulls.contains(where: { $0.elementsEqual(text) }) {
                    chunk.setNull(row: row, column: column)
                } else {
                    try chunk.setText(row: row, column: column, bytes: text)
                }
            } else {
                try scratch.withUnsafeBytes { try chunk.setText(row: row, column: column, bytes: $0) }
            }
        }
        try writePlace(to: &chunk, row, hasRaw: plan.keepsRaw)
        chunk.setNull(row: row, column: plan.columnCount + 2)
    }

    private func write(error: String, to chunk: inout OutputChunk, _ row: Int) throws {
        for column in 0..<plan.columnCount { chunk.setNull(row: row, column: column) }
        try writePlace(to: &chunk, row, hasRaw: true)
        try chunk.withColumn(plan.columnCount + 2) { try $0.setText(error, row: row) }
    }

    private func writePlace(to chunk: inout OutputChunk, _ row: Int, hasRaw: Bool) throws {
        try chunk.withColumn(plan.columnCount) { try $0.setText(file.found.path, row: row) }
        chunk.set(scanner.line, row: row, column: plan.columnCount + 1)
        guard hasRaw else { return chunk.setNull(row: row, column: plan.columnCount + 3) }
        // Bytes that are no text are shown as U+FFFD.
        let raw = String(decoding: scanner.record.prefix(FileRows.rawBytesMax), as: UTF8.self)
        try chunk.withColumn(plan.columnCount + 3) { try $0.setText(raw, row: row) }
    }
}

extension RecordScanner {
    /// Goes to the first record that is a row.
    func skipHeader(_ style: DelimitedText?) throws(FileFailure) {
        guard let style else { return }
        for _ in 0..<style.skippedLines { try skipLine() }
        if style.hasHeader { _ = try next() }
    }
}
