/// Partitions that an asset does not have, or that cannot be mapped to those of another.
package struct PartitionMistake: Diagnostic, Hashable {
    package let kind: Kind
    package let problem: String
    package let place: Place?
    package let remedy: String

    package var code: String { kind.rawValue }

    package enum Kind: String, CaseIterable, Sendable {
        case unpartitioned = "partition.none"
        case selection = "partition.selection"
        case unknown = "partition.unknown"
        case noStart = "partition.no-start"
        case mapping = "partition.mapping"
        case tooMany = "partition.too-many"
        case key = "partition.key"
    }

    init(_ kind: Kind, _ problem: String, at place: Place? = nil, remedy: String) {
        self.kind = kind
        self.problem = problem
        self.place = place
        self.remedy = remedy
    }

    package func located(at place: Place?) -> PartitionMistake {
        PartitionMistake(kind, problem, at: place, remedy: remedy)
    }

    package static func unpartitioned(_ problem: String) -> PartitionMistake {
        PartitionMistake(
            .unpartitioned, problem,
            remedy: "Leave '--partition' out, or declare 'partitions:' of it.")
    }

    /// Partitions that say nothing of an asset which was selected with others.
    package static func unrelated(
        _ text: String, _ asset: AssetKey, _ scheme: PartitionScheme
    ) -> PartitionMistake {
        PartitionMistake(
            .selection,
            "'\(text)' says nothing of the partitions of \(asset), which is partitioned \(scheme).",
            remedy: "Build it by itself, or leave it out: --exclude \(asset).")
    }

    /// Values of a column, which are not shown, that cannot be keys.
    package static func noKeys(_ column: String, count: Int, at place: Place?) -> PartitionMistake {
        PartitionMistake(
            .key, "\(count) different values of the column '\(column)' cannot be keys of partitions.",
            at: place,
            remedy: """
                Keys have no white space, quotes, / \\ , | = * ? or '..', and are not empty. List the keys that are \
                meant ('keys: [uk, ie]'), or divide the table by another column.
                """)
    }

    package static func tooManyKeys(_ column: String, max: Int, at place: Place?) -> PartitionMistake {
        PartitionMistake(
            .key, "the column '\(column)' has more than \(max) different values, too many to be partitions.",
            at: place, remedy: "Divide the table by a column with fewer values.")
    }

    /// More steps than a run is for.
    package static func tooMany(_ steps: Int, max: Int) -> PartitionMistake {
        PartitionMistake(
            .tooMany, "these are \(steps) steps of partitions; a run has at most \(max).",
            remedy: """
                A backfill builds any number, bit by bit, and can be paused: tarn backfill create. Or build more \
                together: --chunk 100.
                """)
    }
}
