/// A value of a cursor column, in full precision.
///
/// Values of one column are of one kind and are ordered as the source orders them.
package enum CursorValue: Hashable, Sendable, Comparable {
    /// A `DATETIME` or `TIMESTAMP`: microseconds since 1970-01-01 00:00:00 (of UTC for an instant, of the
    /// source's own clock for a local time).
    case time(microseconds: Int64)
    case integer(Int64)
    /// Of a composite cursor: compared column by column.
    case tuple([CursorValue])

    /// The value of the first column.
    package var leading: CursorValue {
        if case .tuple(let values) = self, let first = values.first { first } else { self }
    }

    package static func < (left: CursorValue, right: CursorValue) -> Bool {
        switch (left, right) {
        case (.time(let a), .time(let b)), (.integer(let a), .integer(let b)): return a < b
        case (.tuple(let a), .tuple(let b)): return a.lexicographicallyPrecedes(b)
        // Not in one column; an order all the same, so that sorting is safe.
        default: return left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .integer: 0
        case .time: 1
        case .tuple: 2
        }
    }
}

/// What one incremental extraction covered: all rows with `lower <= cursor < upper` that were committed then.
package struct CursorRange: Hashable, Sendable, Codable {
    package let cursor: String
    /// `nil` reads from the beginning, rows without a cursor value included.
    package let lower: CursorValue?
    package let upper: CursorValue

    package init(cursor: String, lower: CursorValue?, upper: CursorValue) {
        self.cursor = cursor
        self.lower = lower
        self.upper = upper
    }
}

/// Proof that the rows of a range are durable. Only a commit makes one.
package struct CommittedRange: Hashable, Sendable {
    package let range: CursorRange
    package let manifest: BronzeManifest

    /// `nil` unless `manifest` names a file that covers `range`.
    package init?(_ range: CursorRange, in manifest: BronzeManifest) {
        guard manifest.files.contains(where: { $0.range == range }) else { return nil }
        self.range = range
        self.manifest = manifest
    }
}

/// How far an incremental extraction of a table has got: `_tarn/watermarks/{source}/{table}.json`.
///
/// It only moves forward, and only by proof that the rows before it are durable. It can be rebuilt from the
/// table's manifests at any time; where the two differ the manifests are right.
package struct Watermark: Hashable, Sendable, Codable {
    package let asset: AssetKey
    package let cursor: String
    package private(set) var value: CursorValue
    package private(set) var run: RunID
    package private(set) var updatedAt: Timestamp

    /// The watermark that `manifests` of one table prove, or `nil` if none of them holds a range of `cursor`.
    package init?(of asset: AssetKey, cursor: String, provedBy manifests: [BronzeManifest]) {
        var newest: (value: CursorValue, manifest: BronzeManifest, run: RunID)?
        for manifest in manifests where manifest.mode == .incremental {
            for file in manifest.files {
                guard let range = file.range, range.cursor == cursor else { continue }
                if newest.map({ $0.value < range.upper }) ?? true {
                    newest = (range.upper, manifest, file.run)
                }
            }
        }
        guard let newest else { return nil }
        self.asset = asset
        self.cursor = cursor
        value = newest.value
        run = newest.run
        updatedAt = newest.manifest.committedAt
    }

    /// Moves forward to the end of `commit`; does nothing if it is already there.
    package mutating func advance(after commit: CommittedRange) {
        guard commit.range.cursor == cursor, commit.range.upper > value else { return }
        value = commit.range.upper
        run = commit.manifest.run
        updatedAt = commit.manifest.committedAt
    }
}

extension CursorValue: Codable, CustomStringConvertible {
    /// An instant as `2026-11-22T23:04:05.123456Z`, a number in decimal.
    package var description: String {
        switch self {
        case .time(let microseconds): Timestamp(microseconds: microseconds).description
        case .integer(let number): String(number)
        case .tuple(let values): values.map(\.description).joined(separator: ", ")
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            self = .integer(number)
        } else if let values = try? container.decode([CursorValue].self) {
            self = .tuple(values)
        } else {
            self = .time(microseconds: try container.decode(Timestamp.self).microseconds)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .time(let microseconds): try container.encode(Timestamp(microseconds: microseconds))
        case .integer(let number): try container.encode(number)
        case .tuple(let values): try container.encode(values)
        }
    }
}
