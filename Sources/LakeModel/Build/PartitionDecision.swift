/// Whether a partition must be built now.
package enum PartitionDecision: Hashable, Sendable {
    case build([BuildReason])
    /// Nothing that it depends on has changed.
    case unchanged
    case wait(PartitionWait)

    /// Decides for a partition of a silver or gold table.
    ///
    /// - Parameters:
    ///   - current: The version that is published; `nil` if none is.
    ///   - version: What it would be.
    ///   - isCodeSame, isEngineSame: As for the last publication of the table.
    /// - changing: An input of which something that the partition is made from is built before it in the
    ///   same
    ///     run.
    package static func forModel(
        current: String?, version: String, isCodeSame: Bool, isEngineSame: Bool, changing: AssetKey?,
        isForced: Bool
    ) -> PartitionDecision {
        guard let current else { return .build([.neverBuilt]) }
        if let changing { return .build([.inputMayChange(changing)]) }
        if current != version {
            return .build([isCodeSame && isEngineSame ? .definitionOrInputChanged : .codeChanged])
        }
        return isForced ? .build([.forced]) : .unchanged
    }

    /// Decides for a partition of a bronze table before its source is asked for rows.
    ///
    /// - Parameters:
    ///   - isPublished: Whether it is there, as it was recorded.
    ///   - readAt: The fingerprint of the source when it was read.
    ///   - fingerprint: The source's now; `nil` if it cannot tell whether it changed.
    package static func forTable(
        isPublished: Bool, readAt: String?, fingerprint: String?, isForced: Bool
    ) -> PartitionDecision {
        guard isPublished else { return .build([.neverBuilt]) }
        if isForced { return .build([.forced]) }
        guard let fingerprint else { return .build([.sourceMayHaveChanged]) }
        return readAt == fingerprint ? .unchanged : .build([.sourceChanged])
    }
}

/// What a partition waits for: partitions of an input that were never built, or are not over yet.
package struct PartitionWait: Hashable, Sendable, CustomStringConvertible {
    package let input: AssetKey
    /// The first that was never built; `nil` if all that exist were, and others are not over yet.
    package let first: PartitionKey?
    /// How many were never built.
    package let count: Int

    package init(input: AssetKey, first: PartitionKey?, count: Int) {
        self.input = input
        self.first = first
        self.count = count
    }

    /// What of `input` is missing for a partition that is made from `needs`; `nil` if nothing is.
    ///
    /// - Parameter isThere: Whether a partition of the input was built, or is built before.
    package init?(
        _ input: AssetKey, _ needs: PartitionRelation.Needs, isThere: (PartitionKey) -> Bool
    ) {
        var (first, count) = (PartitionKey?.none, 0)
        for key in needs.partitions.oldestFirst where !isThere(key) {
            first = first ?? key
            count += 1
        }
        guard count > 0 || needs.isEarly else { return nil }
        self.init(input: input, first: first, count: count)
    }

    package var description: String {
        guard let first else { return "not all of the partitions of \(input) that it is made from are over" }
        let others = count > 1 ? " and \(count - 1) more" : ""
        return "\(input) of \(first)\(others) \(count > 1 ? "were" : "was") never built"
    }
}
