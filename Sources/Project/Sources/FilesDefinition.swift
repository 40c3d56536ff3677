/// Which files of a folder are one table, and how they are read.
package struct FilesDefinition: Hashable, Sendable {
    /// Below the folder of the connection: `*` and `?` stop at `/`, `**` does not.
    package let patterns: [String]
    /// `nil` is by the file's ending.
    package let format: FileFormat?
    package let text: DelimitedText
    package let workbook: WorkbookRange
    /// A file that was written to within this time is left for the next extraction.
    package let settle: Duration
    /// A file that says that another one is whole, with `{file}` for that one's path: `{file}.done`.
    package let marker: String?
    package let onChange: ChangedFilePolicy
    /// How many lines of one extraction may be no rows; with more of them it fails.
    package let badRowsMax: Int64

    package init(
        patterns: [String], format: FileFormat? = nil, text: DelimitedText = DelimitedText(),
        workbook: WorkbookRange = WorkbookRange(), settle: Duration = .seconds(10), marker: String? = nil,
        onChange: ChangedFilePolicy = .replace, badRowsMax: Int64 = 0
    ) {
        self.patterns = patterns
        self.format = format
        self.text = text
        self.workbook = workbook
        self.settle = settle
        self.marker = marker
        self.onChange = onChange
        self.badRowsMax = badRowsMax
    }
}

/// How the rows stand in a file.
package enum FileFormat: String, Hashable, Sendable, CaseIterable {
    case csv
    /// Documents that are arrays of objects, or objects one after the other.
    case json
    /// One object on each line.
    case ndjson
    case parquet
    case excel

    /// By the ending, without that of a compression: `a.csv.gz` is CSV.
    package init?(ending path: String) {
        var name = path.lowercased()
        for compression in [".gz", ".zst"] where name.hasSuffix(compression) {
            name = String(name.dropLast(compression.count))
        }
        switch name.split(separator: ".").last {
        case "csv", "tsv", "txt": self = .csv
        case "json": self = .json
        case "ndjson", "jsonl": self = .ndjson
        case "parquet": self = .parquet
        case "xlsx": self = .excel
        default: return nil
        }
    }
}

/// What becomes of the rows of a file that has changed since it was read.
package enum ChangedFilePolicy: String, Hashable, Sendable, CaseIterable {
    /// Those that were read before no longer count.
    case replace
    /// All count, those of each version.
    case append
    /// The extraction fails.
    case fail
}

/// How a CSV file is written.
package struct DelimitedText: Hashable, Sendable {
    /// An ASCII character; `nil` is a tab in `.tsv` and a comma in other files.
    package var delimiter: UInt8?
    /// `nil`: nothing is quoted.
    package var quote: UInt8? = UInt8(ascii: "\"")
    /// Before a quote inside of quotes; usually the quote itself.
    package var escape: UInt8? = UInt8(ascii: "\"")
    /// Whether the first line names the columns.
    package var hasHeader = true
    package var encoding = TextEncoding.utf8
    package var decimalSeparator = DecimalSeparator.point
    /// What stands for NULL where it is not quoted.
    package var nulls = [""]
    /// Lines before the header.
    package var skippedLines = 0
    /// As `strptime` takes them; `nil` is ISO 8601.
    package var dateFormat: String?
    package var timestampFormat: String?

    package init() {}
}

package enum TextEncoding: String, Hashable, Sendable, CaseIterable {
    case utf8 = "utf-8"
    case latin1
    /// Either byte order, as the byte order mark says; without one the lower byte first.
    case utf16 = "utf-16"
}

package enum DecimalSeparator: String, Hashable, Sendable, CaseIterable {
    case point = "."
    case comma = ","
}

/// Which part of a workbook is the table.
package struct WorkbookRange: Hashable, Sendable {
    /// `nil` is the first.
    package var sheet: String?
    /// `A1:F100`; `nil` is all of it.
    package var range: String?
    package var hasHeader = true

    package init() {}
}
