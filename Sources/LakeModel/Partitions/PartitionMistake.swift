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

    /// More steps than a run is for.
    package static func tooMany(_ steps: Int, max: Int) -> PartitionMistake {
        PartitionMistake(
            .tooMany, "these are \(steps) steps of partitions; a run has at most \(max).",
            remedy:
                "A backfill builds any number, bit by bit, and can be paused: tarn backfill create. Or build more together: --chunk 100."
        )
    }
}
