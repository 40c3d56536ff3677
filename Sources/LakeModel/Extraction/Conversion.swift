/// How many values of a column were changed on the way into bronze, and why: one line of the fidelity ledger.
package struct Conversion: Hashable, Sendable, Comparable {
    package let column: String
    package let reason: Reason
    package let values: Int64
    /// The first few of them.
    package let samples: [Sample]

    /// Why a value could not be kept as it was.
    package enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
        /// `0000-00-00`, with or without a time: NULL.
        case zeroDate = "zero_date"
        /// A date without a month or a day (`2026-00-00`): NULL.
        case partialDate = "partial_date"
        /// A value outside of what the type holds: NULL.
        case outOfRange = "out_of_range"
        /// `NaN` or an infinity where the type has none: NULL.
        case notFinite = "not_finite"
        /// A text in a column of another declared type, as SQLite allows: NULL.
        case wrongType = "wrong_type"
        /// Bytes that are not UTF-8: each is replaced by U+FFFD.
        case invalidText = "invalid_text"
        /// A double with more digits than the decimal that it is declared as, in SQLite: rounded to the
        /// nearest.
        case rounded
        /// A cursor value after the source's own clock. The value is kept; the watermark does not follow it.
        case futureCursor = "future_cursor"
        /// A line of a file that is no row. It is in the quarantine.
        case badRow = "bad_row"
    }

    /// One value that was changed.
    package struct Sample: Hashable, Sendable, Codable {
        /// The row's key as text, `17` or `17, DE`; empty if the table has none.
        package let key: String
        /// What the source sent, cut after 64 bytes; bytes that are no text in hexadecimal.
        package let value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// How many samples of a column and reason are kept.
    package static let samplesMax = 5

    package init(column: String, reason: Reason, values: Int64, samples: [Sample] = []) {
        self.column = column
        self.reason = reason
        self.values = values
        self.samples = samples
    }

    package static func < (left: Conversion, right: Conversion) -> Bool {
        (left.column, left.reason.rawValue) < (right.column, right.reason.rawValue)
    }

    /// Several ledgers of one table as one, in order.
    package static func merged(_ ledgers: [[Conversion]]) -> [Conversion] {
        struct Line: Hashable {
            let column: String
            let reason: Reason
        }
        var lines: [Line: (values: Int64, samples: [Sample])] = [:]
        for conversion in ledgers.joined() {
            let line = Line(column: conversion.column, reason: conversion.reason)
            lines[line, default: (0, [])].values += conversion.values
            lines[line, default: (0, [])].samples += conversion.samples
        }
        return lines.map { line, found in
            Conversion(
                column: line.column, reason: line.reason, values: found.values,
                samples: Array(found.samples.prefix(samplesMax)))
        }.sorted()
    }
}

extension Conversion: Codable {
    private enum CodingKeys: CodingKey { case column, reason, values, samples }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            column: try container.decode(String.self, forKey: .column),
            reason: try container.decode(Reason.self, forKey: .reason),
            values: try container.decode(Int64.self, forKey: .values),
            // Manifests of the first release have none.
            samples: try container.decodeIfPresent([Sample].self, forKey: .samples) ?? [])
    }
}
