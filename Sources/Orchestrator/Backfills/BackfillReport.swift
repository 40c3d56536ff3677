package import LakeModel
internal import Project
internal import Transform

/// A backfill and how far it is, as `--json` and the API tell it.
package struct BackfillReport: Encodable, Sendable {
    package let backfill: String
    package let name: String
    /// `running`, `paused`, `succeeded`, `failed` or `cancelled`.
    package let state: String
    package let reason: String?
    package let selection: String
    package let asset: String
    package let order: String
    package let chunk: Int
    package let runsMax: Int
    package let hours: String?
    package let ratePerHour: Int?
    package let priority: Int
    package let tags: [String]
    package let isRebuild: Bool
    package let createdAt: String
    package let finishedAt: String?
    /// In partitions.
    package let partitions: Int
    package let done: Int
    package let running: Int
    package let failed: Int
    package let left: Int
    package let share: Double
    package let perHour: Double?
    package let endsAt: String?
    /// Why nothing begins now: `runs`, `hours`, `rate` or `postponed`.
    package let waiting: String?
    package let waitsUntil: String?

    package init(_ backfill: Backfill, _ lake: Lake, at now: Timestamp) {
        let plan = backfill.plan
        let progress = backfill.progress(at: now, in: lake.definition.zone)
        self.backfill = backfill.id.text
        name = plan.name.text
        state = backfill.state.rawValue
        reason = backfill.reason
        selection = (plan.included + plan.excluded.map { "--exclude \($0)" }).joined(separator: " ")
        asset = plan.asset.description
        order = plan.pace.order.rawValue
        chunk = plan.pace.chunk
        runsMax = plan.pace.runsMax
        // As they are written, with a hyphen.
        hours = plan.pace.hours?.description.replacing("–", with: "-")
        ratePerHour = plan.pace.ratePerHour
        priority = plan.priority
        tags = plan.tags
        isRebuild = plan.isRebuild
        createdAt = backfill.createdAt.description
        finishedAt = backfill.finishedAt?.description
        partitions = progress.total
        done = progress.done
        running = progress.running
        failed = progress.failed
        left = progress.left
        share = progress.share
        perHour = progress.perHour
        endsAt = progress.endsAt?.description
        var (waiting, until) = (String?.none, Timestamp?.none)
        if case .wait(let time, let why) = backfill.next(at: now, in: lake.definition.zone) {
            (waiting, until) = (why.rawValue, time)
        }
        self.waiting = waiting
        waitsUntil = until?.description
    }
}

/// A backfill with what of it is open or has failed.
package struct BackfillDetails: Encodable, Sendable {
    package let backfill: BackfillReport
    /// All of them, as written after `--partition`.
    package let partitions: String
    /// Those that were begun and have not succeeded.
    package let chunks: [Chunk]

    package init(_ backfill: Backfill, _ lake: Lake, chunksMax: Int, at now: Timestamp) {
        self.backfill = BackfillReport(backfill, lake, at: now)
        partitions = backfill.plan.partitions
        chunks = backfill.chunks.values.sorted { $0.number < $1.number }.prefix(chunksMax).map(Chunk.init)
    }

    package struct Chunk: Encodable, Sendable {
        /// Counts from 1.
        let number: Int
        let partitions: String
        let count: Int
        /// `waiting`, `running` or `failed`.
        let state: String
        let attempt: Int
        let run: String?
        let problem: String?
        let at: String

        init(_ chunk: Backfill.Chunk) {
            number = chunk.number + 1
            partitions = chunk.selection
            count = chunk.count
            state = chunk.state.rawValue
            attempt = chunk.attempt
            run = chunk.run?.text
            problem = chunk.problem
            at = chunk.at.description
        }
    }
}
