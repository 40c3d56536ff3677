package import LakeModel

/// What a run is to build and how, whoever begins it: a person, the clock, a backfill, or somebody over HTTP.
///
///     let id = try await RunRequest(RunScope(selection), in: lake, at: now).create(at: now)
package struct RunScope: Sendable {
    package var selection: Selection
    package var partitions: Partitions
    package var settings: RunSettings
    package var trigger: RunTrigger
    /// Among queued runs the higher one goes first.
    package var priority: Int
    package var tags: [String]
    /// A second run of the same key is not created.
    package var idempotencyKey: String?
    /// How many partitions of one asset are read or computed together, which fail together, too.
    package var partitionsPerStepMax = RunScope.defaultPartitionsPerStep

    package static let defaultPartitionsPerStep = 10

    /// Which partitions of partitioned assets; of others it says nothing.
    package enum Partitions: Hashable, Sendable {
        /// Of each asset by itself.
        case chosen(TriggeredWork.PartitionChoice)
        /// As it is written after `--partition`. Whoever is divided otherwise builds what belongs to it.
        ///
        /// `unlessBuiltSince`: Those that were built since then, or found to need no building, are left out.
        case written(String, unlessBuiltSince: Timestamp? = nil)
        /// Of each asset what is written for it; of others none.
        case each([AssetKey: String])
    }

    package init(
        _ selection: Selection, partitions: Partitions = .chosen(.newestComplete(1)),
        settings: RunSettings = RunSettings(), trigger: RunTrigger = .manual, priority: Int = 0,
        tags: [String] = [], idempotencyKey: String? = nil
    ) {
        self.selection = selection
        self.partitions = partitions
        self.settings = settings
        self.trigger = trigger
        self.priority = priority
        self.tags = tags
        self.idempotencyKey = idempotencyKey
    }

    /// What a schedule or a sensor starts; `nil` if that is work on the whole lake.
    package init?(_ work: TriggeredWork, trigger: RunTrigger, idempotencyKey: String?) {
        guard case .run(let selection) = work.action else { return nil }
        self.init(
            selection, partitions: .chosen(work.partitions), settings: RunSettings(isForced: work.isForced),
            trigger: trigger, priority: work.priority, tags: work.tags, idempotencyKey: idempotencyKey)
    }

    /// The selection as the run's record shows it.
    var inWords: String {
        switch partitions {
        case .chosen(.newestComplete(1)), .each: selection.description
        case .chosen(.newestComplete(let count)): "\(selection) --partition latest:\(count)"
        case .chosen(.current): "\(selection) (present partitions)"
        case .chosen(.missing): "\(selection) (missing partitions)"
        case .written(let text, _): "\(selection) --partition \(text)"
        }
    }
}
