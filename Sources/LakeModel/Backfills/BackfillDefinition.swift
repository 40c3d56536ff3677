/// A range of partitions that is to be built bit by bit, as somebody asks for it.
package struct BackfillDefinition: Hashable, Sendable {
    package let name: TriggerName
    package let description: String?
    package let selection: Selection
    /// As it is written after `--partition`.
    package let partitions: String
    package let pace: BackfillPace
    /// Among queued runs the higher one goes first.
    package let priority: Int
    package let tags: [String]
    /// Whether partitions that are built and not out of date are built again.
    package let isRebuild: Bool
    package let place: Place?
    package let partitionsPlace: Place?

    /// Below everything that nobody has given a priority.
    package static let defaultPriority = -10
    package static let unnamed = TriggerName(known: "backfill")

    package init(
        name: TriggerName, description: String? = nil, selection: Selection, partitions: String = "all",
        pace: BackfillPace = BackfillPace(), priority: Int = BackfillDefinition.defaultPriority,
        tags: [String] = [], isRebuild: Bool = false, place: Place? = nil, partitionsPlace: Place? = nil
    ) {
        self.name = name
        self.description = description
        self.selection = selection
        self.partitions = partitions
        self.pace = pace
        self.priority = priority
        self.tags = tags
        self.isRebuild = isRebuild
        self.place = place
        self.partitionsPlace = partitionsPlace
    }
}

/// How fast a backfill goes, and when.
package struct BackfillPace: Hashable, Sendable, Codable {
    /// Partitions that one run builds together.
    package var chunk: Int
    /// Runs at once.
    package var runsMax: Int
    /// When runs begin, in the lake's time zone; `nil` is always. What has begun is not stopped.
    package var hours: Pace.Hours?
    package var order: Order
    /// Partitions in an hour, at most.
    package var ratePerHour: Int?
    /// After so many failures in a row it pauses.
    package var failuresInARowMax: Int

    package enum Order: String, CaseIterable, Hashable, Sendable, Codable { case newest, oldest }

    package static let defaultChunk = 1

    package init(
        chunk: Int = BackfillPace.defaultChunk, runsMax: Int = 1, hours: Pace.Hours? = nil,
        order: Order = .newest, ratePerHour: Int? = nil, failuresInARowMax: Int = 10
    ) {
        precondition(chunk > 0 && runsMax > 0 && failuresInARowMax > 0, "A backfill goes on.")
        self.chunk = chunk
        self.runsMax = runsMax
        self.hours = hours
        self.order = order
        self.ratePerHour = ratePerHour
        self.failuresInARowMax = failuresInARowMax
    }
}

/// What a backfill builds, fixed when it was created: what is declared may change while it goes on.
package struct BackfillPlan: Hashable, Sendable, Codable {
    package let name: TriggerName
    package let included: [String]
    package let excluded: [String]
    /// Whose partitions the chunks are.
    package let asset: AssetKey
    /// As it is written after `--partition`.
    package let partitions: String
    package let count: Int
    package let pace: BackfillPace
    package let priority: Int
    package let tags: [String]
    package let isRebuild: Bool

    package init(
        _ definition: BackfillDefinition, asset: AssetKey, partitions: String, count: Int
    ) {
        name = definition.name
        included = definition.selection.included
        excluded = definition.selection.excluded
        self.asset = asset
        self.partitions = partitions
        self.count = count
        pace = definition.pace
        priority = definition.priority
        tags = definition.tags
        isRebuild = definition.isRebuild
    }

    package var chunkCount: Int { (count + pace.chunk - 1) / pace.chunk }

    /// How many partitions a chunk has; the last may have fewer.
    package func size(ofChunk number: Int) -> Int { min(pace.chunk, count - number * pace.chunk) }
}

/// One backfill: `b-20261122T031502Z-4f9a1c`, which sorts by time.
package struct BackfillID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let text: String

    package init(at time: Timestamp, random: UInt32) { text = "b-\(RunID(at: time, random: random))" }

    /// `nil` unless `text` begins with `b-` and goes on like the id of a run.
    package init?(_ text: String) {
        guard text.hasPrefix("b-"), RunID(text) != nil else { return nil }
        self.text = text
    }

    package var description: String { text }
    package static func < (left: BackfillID, right: BackfillID) -> Bool { left.text < right.text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = BackfillID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a backfill's id")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Pace.Hours: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let minutes = try container.decode([Int].self)
        guard minutes.count == 2, let hours = Pace.Hours(from: minutes[0], to: minutes[1]) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(minutes) are no hours of a day")
        }
        self = hours
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([from, to])
    }
}

extension TriggerName: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let name = TriggerName(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no name")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
