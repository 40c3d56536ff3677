/// What a schedule or a sensor starts.
package struct TriggeredWork: Hashable, Sendable {
    package let action: Action
    /// Among queued runs the higher one goes first; 0 is that of everything else.
    package let priority: Int
    /// Written on its runs.
    package let tags: [String]
    package let partitions: PartitionChoice
    /// Whether what did not change is built too.
    package let isForced: Bool

    package init(
        action: Action, priority: Int = 0, tags: [String] = [],
        partitions: PartitionChoice = .newestComplete(1), isForced: Bool = false
    ) {
        self.action = action
        self.priority = priority
        self.tags = tags
        self.partitions = partitions
        self.isForced = isForced
    }

    package enum Action: Hashable, Sendable {
        case run(Selection)
        /// One after the other.
        case chores([Chore])
    }

    /// Work on the whole lake that builds no table.
    package enum Chore: String, Hashable, Sendable, CaseIterable {
        /// What `tarn housekeep` does.
        case housekeeping
        /// What `tarn reconcile` does.
        case reconcile
    }

    /// Which partitions of partitioned assets are built; of other assets it says nothing.
    package enum PartitionChoice: Hashable, Sendable {
        /// So many of those whose time is over, counted from the newest.
        case newestComplete(Int)
        /// The one that now is in.
        case current
        /// All that were never built.
        case missing
    }
}

extension TriggeredWork.Action: CustomStringConvertible {
    package var description: String {
        switch self {
        case .run(let selection): selection.description
        case .chores(let chores): chores.map(\.rawValue).joined(separator: ", ")
        }
    }
}
