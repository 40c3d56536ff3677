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
}
