internal import LakeModel
internal import Metadata

/// Who reads, what was told, and what is to be asked next: decisions without I/O.
struct EventFeedState: Sendable {
    /// Another one when events may be missing between those before and those after.
    private(set) var name: String
    private(set) var readers: [Int: Reader] = [:]
    private let readersMax: Int
    private let behindMax: Int
    private var newestReader = 0
    private var isClosed = false
    /// The last event of each run that was told; `nil` before the first look.
    private var positions: [RunID: Int64]?
    /// All runs that were created before are over and told, or in ``positions``.
    private var floor = Timestamp(microseconds: 0)
    private var number: Int64 = 0
    /// The newest events of all runs, the oldest first.
    private var kept: [(event: RunEvent, number: Int64)] = []
    private var idleSince: ContinuousClock.Instant?
    private var endings: [Int: EventFeed.Ending] = [:]

    /// Who comes back later begins anew.
    static let memory = Duration.seconds(900)
    static let keptMax = 1_000
    /// Clocks of nodes may differ by so much, and transactions be so late.
    static let margin = Duration.seconds(60)

    struct Reader: Sendable {
        let run: RunID?
        let continuation: AsyncStream<EventFeed.Item>.Continuation
    }

    init(name: String, readersMax: Int, behindMax: Int) {
        self.name = name
        self.readersMax = readersMax
        self.behindMax = behindMax
    }

    // MARK: Readers

    mutating func subscribe(
        to run: RunID?, after id: String?, at now: ContinuousClock.Instant
    ) -> (number: Int, items: AsyncStream<EventFeed.Item>, isComplete: Bool)? {
        guard !isClosed, readers.count < readersMax else { return nil }
        var missed: ArraySlice<(event: RunEvent, number: Int64)>?
        if run == nil, let id { missed = events(after: id) }
        if let since = idleSince {
            // What has happened meanwhile is looked up only for who asks for it.
            if missed == nil || now - since > Self.memory {
                forget()
                missed = nil
            }
            idleSince = nil
        }
        newestReader += 1
        let (items, continuation) = AsyncStream.makeStream(
            of: EventFeed.Item.self, bufferingPolicy: .bufferingOldest(behindMax + Self.keptMax))
        readers[newestReader] = Reader(run: run, continuation: continuation)
        if positions != nil { continuation.yield(.ready) }
        for (event, number) in missed ?? [] { continuation.yield(.event(event, number: number)) }
        return (newestReader, items, id == nil || run != nil || missed != nil)
    }

    /// `nil` if not all of them are known.
    private func events(after id: String) -> ArraySlice<(event: RunEvent, number: Int64)>? {
        guard id.hasPrefix("\(name)-"), let last = Int64(id.dropFirst(name.count + 1)), last <= number,
            last >= (kept.first?.number ?? number + 1) - 1
        else { return nil }
        return kept.suffix(Int(number - last))
    }

    private mutating func forget() {
        positions = nil
        kept = []
        name = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    }

    mutating func leave(_ reader: Int) -> EventFeed.Ending {
        guard let left = readers.removeValue(forKey: reader) else {
            return endings.removeValue(forKey: reader) ?? .left
        }
        left.continuation.finish()
        if readers.isEmpty { idleSince = .now }
        return .left
    }

    private mutating func end(_ reader: Int, _ ending: EventFeed.Ending) {
        endings[reader] = ending
        readers.removeValue(forKey: reader)?.continuation.finish()
        if readers.isEmpty { idleSince = .now }
    }

    mutating func close() {
        isClosed = true
        for reader in readers.keys { end(reader, .closed) }
    }

    // MARK: Looking

    func question(at now: Timestamp) -> (since: Timestamp, runs: [RunID]) {
        guard let positions else { return (now - Self.margin, []) }
        return (floor, Array(positions.keys))
    }

    struct Wanted: Sendable {
        let run: RunID
        let after: Int64
        let upTo: Int64
    }

    /// Which events are to be read.
    mutating func answered(_ runs: [RunActivity]) -> [Wanted] {
        guard let positions else {
            // What has happened before is nobody's news.
            self.positions = Dictionary(
                runs.map { ($0.run, $0.newestEvent) }, uniquingKeysWith: { first, _ in first })
            tellAll(.ready)
            return []
        }
        return runs.compactMap { run in
            let after = positions[run.run] ?? 0
            return after < run.newestEvent ? Wanted(run: run.run, after: after, upTo: run.newestEvent) : nil
        }
    }

    mutating func tell(_ events: [RunEvent]) {
        for event in events {
            number += 1
            kept.append((event, number))
            tell(.event(event, number: number), ofRun: event.draft.run)
        }
        if kept.count > Self.keptMax * 2 { kept.removeFirst(kept.count - Self.keptMax) }
    }

    mutating func told(_ run: RunID, upTo last: Int64) { positions?[run] = last }

    /// Everything of this look was told.
    mutating func looked(_ runs: [RunActivity], at now: Timestamp) {
        for run in runs where run.state.isFinal { tell(.ended(run.state), ofRun: run.run, toAll: false) }
        let floor = now - Self.margin
        self.floor = floor
        let open = Set(runs.lazy.filter { !$0.state.isFinal || $0.createdAt >= floor }.map(\.run))
        positions = positions?.filter { open.contains($0.key) }
    }

    mutating func tellAll(_ item: EventFeed.Item) {
        for (number, reader) in readers { yield(item, to: number, reader) }
    }

    private mutating func tell(_ item: EventFeed.Item, ofRun run: RunID, toAll: Bool = true) {
        for (number, reader) in readers where reader.run == run || toAll && reader.run == nil {
            yield(item, to: number, reader)
        }
    }

    private mutating func yield(_ item: EventFeed.Item, to number: Int, _ reader: Reader) {
        // Who does not read has to come again, and goes on where he was.
        if case .dropped = reader.continuation.yield(item) { end(number, .behind) }
    }
}
