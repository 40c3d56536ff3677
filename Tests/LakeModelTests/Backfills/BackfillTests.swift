import Testing

@testable import LakeModel

@Suite struct `A backfill` {
    private let noon = Timestamp(microseconds: 1_790_000_000_000_000)
    private let zone = ZoneRules.utc

    private func plan(_ count: Int, _ pace: BackfillPace) throws -> BackfillPlan {
        BackfillPlan(
            BackfillDefinition(
                name: try #require(TriggerName("calls")), selection: try Selection(["gold.m"]), pace: pace),
            asset: try #require(AssetKey("gold.m")), partitions: "all", count: count)
    }

    private func backfill(_ count: Int, _ pace: BackfillPace = BackfillPace()) throws -> Backfill {
        Backfill(BackfillID(at: noon, random: 1), try plan(count, pace), createdAt: noon)
    }

    private func run(_ number: Int) throws -> RunID { try #require(RunID("r\(number)")) }

    @Test func `begins chunk after chunk, as many at once as it may, and is over when all are done`() throws {
        var one = try backfill(7, BackfillPace(chunk: 3, runsMax: 2))
        #expect(one.plan.chunkCount == 3 && one.plan.size(ofChunk: 2) == 1)
        #expect(one.next(at: noon, in: zone) == .begin(0))
        one.begin(0, "a", count: 3, run: try run(0), at: noon)
        #expect(one.next(at: noon, in: zone) == .begin(1))
        one.begin(1, "b", count: 3, run: try run(1), at: noon)
        #expect(one.next(at: noon, in: zone) == .wait(until: nil, .runs))
        one.settle(try run(1), .built, at: noon + .seconds(60))
        #expect(one.done == 3 && one.next(at: noon, in: zone) == .begin(2))
        one.begin(2, "c", count: 1, run: try run(2), at: noon)
        one.settle(try run(0), .built, at: noon + .seconds(60))
        one.settle(try run(2), .built, at: noon + .seconds(120))
        #expect(one.next(at: noon, in: zone) == .conclude)
        one.conclude(at: noon)
        #expect(one.state == .succeeded && one.done == 7 && one.chunks.isEmpty)
        #expect(one.next(at: noon, in: zone) == .nothing)
    }

    @Test func `begins only in its hours, and not faster than it may`() throws {
        let hours = try #require(Pace.Hours("20:00-06:00"))
        // It is 13:33 UTC.
        var one = try backfill(10, BackfillPace(chunk: 2, hours: hours, ratePerHour: 4))
        let evening = try #require(Timestamp("\(noon.day)T20:00:00Z"))
        #expect(one.next(at: noon, in: zone) == .wait(until: evening, .hours))
        #expect(one.next(at: evening, in: zone) == .begin(0))
        one.begin(0, "a", count: 2, run: try run(0), at: evening)
        one.settle(try run(0), .built, at: evening + .seconds(1))
        #expect(one.next(at: evening, in: zone) == .wait(until: evening + .seconds(1_800), .rate))
        #expect(one.next(at: evening + .seconds(1_800), in: zone) == .begin(1))
    }

    @Test func `goes on after failures, tries them again when it is told to, and stops when all fail`() throws
    {
        var one = try backfill(4, BackfillPace(failuresInARowMax: 2))
        one.begin(0, "a", count: 1, run: try run(0), at: noon)
        one.settle(try run(0), .failed("no"), at: noon)
        #expect(one.next(at: noon, in: zone) == .begin(1))
        one.begin(1, "b", count: 1, run: try run(1), at: noon)
        one.settle(try run(1), .built, at: noon)
        for number in [2, 3] {
            one.begin(number, "c", count: 1, run: try run(number), at: noon)
            one.settle(try run(number), .failed("no"), at: noon)
        }
        #expect(one.state == .paused && one.reason == "2 chunks in a row have failed: no")
        one.resume()
        #expect(one.next(at: noon, in: zone) == .conclude)
        one.conclude(at: noon)
        #expect(one.state == .failed && one.progress(at: noon, in: zone).failed == 3)
        #expect(one.retry(at: noon) == 3 && one.state == .running)
        #expect(one.idempotencyKey(ofChunk: 2) == "backfill/\(one.id)/2/2")
        for number in [0, 2, 3] {
            #expect(one.next(at: noon, in: zone) == .begin(number))
            one.begin(number, "x", count: 9, run: try run(number + 10), at: noon)
            one.settle(try run(number + 10), .built, at: noon)
        }
        one.conclude(at: noon)
        #expect(one.state == .succeeded && one.done == 4 && one.retry(at: noon) == 0)
    }

    @Test func `takes what was lost again, thrice, and what was not its time later`() throws {
        var one = try backfill(1)
        for attempt in 1...3 {
            #expect(one.mayBegin(0, under: "backfill/\(one.id)/0/\(attempt)"))
            one.begin(0, "a", count: 1, run: try run(attempt), at: noon)
            one.settle(try run(attempt), .lost, at: noon)
        }
        #expect(one.chunks[0]?.state == .failed && one.next(at: noon, in: zone) == .conclude)
        _ = one.retry(at: noon)
        one.begin(0, "a", count: 1, run: try run(9), at: noon)
        one.settle(try run(9), .postponed("it is day"), at: noon)
        #expect(one.next(at: noon, in: zone) == .wait(until: noon + Backfill.postponement, .postponed))
        #expect(one.next(at: noon + Backfill.postponement, in: zone) == .begin(0))
        // Nobody asks for a run that is not its own any more.
        one.settle(try run(1), .built, at: noon)
        #expect(one.done == 0)
    }

    @Test func `says how fast it goes and when it ends, in its hours`() throws {
        let hours = try #require(Pace.Hours("20:00-06:00"))
        var one = try backfill(100, BackfillPace(chunk: 10, runsMax: 2, hours: hours))
        let evening = try #require(Timestamp("\(noon.day)T20:00:00Z"))
        #expect(one.progress(at: noon, in: zone).endsAt == nil)
        // Two at once for an hour each: 20 partitions an hour.
        for number in 0...1 { one.begin(number, "a", count: 10, run: try run(number), at: evening) }
        for number in 0...1 { one.settle(try run(number), .built, at: evening + .seconds(3_600)) }
        let progress = one.progress(at: evening + .seconds(3_600), in: zone)
        #expect(progress.done == 20 && progress.left == 80 && progress.perHour == 20)
        #expect(progress.endsAt == evening + .seconds(5 * 3_600))
        // From 05:00 on one hour is left of the night.
        let late = one.progress(at: evening + .seconds(9 * 3_600), in: zone)
        #expect(late.endsAt == evening + .seconds((24 + 3) * 3_600))
    }

    /// Whatever happens in whatever order, chunks are begun in order, none is lost, and none is done twice.
    @Test(arguments: 0..<200) func `ends with every partition counted once`(seed: UInt64) throws {
        var lot = Lot(seed &* 7_919 &+ 3)
        let pace = BackfillPace(
            chunk: lot.next(5) + 1, runsMax: lot.next(4) + 1, ratePerHour: lot.next(3) == 0 ? 100 : nil,
            failuresInARowMax: lot.next(4) + 2)
        var one = try backfill(lot.next(60), pace)
        var (now, runs, running) = (noon, 0, [RunID: Int]())
        var built: [Int: Int] = [:]
        var steps = 0
        while one.state != .succeeded {
            steps += 1
            try #require(steps < 20_000, "seed \(seed): \(one)")
            // Invariants.
            #expect(one.chunks.values.count { $0.state == .running } <= pace.runsMax)
            #expect(one.chunks.keys.allSatisfy { $0 < one.next })
            let open = one.chunks.values.reduce(0) { $0 + $1.count }
            let begun = (0..<one.next).reduce(0) { $0 + one.plan.size(ofChunk: $1) }
            #expect(one.done + open == begun, "seed \(seed)")
            switch lot.next(12) {
            case 0: one.pause()
            case 1: one.resume()
            case 2: _ = one.retry(at: now)
            case 3:
                one.handBack(Set(running.keys.prefix(1)), "Ctrl-C", at: now)
            case 4...6:
                guard let (run, number) = running.randomElement(using: &lot) else { break }
                running[run] = nil
                let isOurs = one.chunks[number]?.run == run && one.chunks[number]?.state == .running
                let outcomes: [Backfill.Outcome] = [
                    .built, .built, .built, .failed("no"), .lost, .postponed("later"),
                ]
                let outcome = outcomes[lot.next(outcomes.count)]
                one.settle(run, outcome, at: now)
                if isOurs, outcome == .built { built[number, default: 0] += 1 }
            default:
                switch one.next(at: now, in: zone) {
                case .begin(let number):
                    let key = one.idempotencyKey(ofChunk: number)
                    #expect(one.mayBegin(number, under: key))
                    runs += 1
                    running[try run(runs)] = number
                    one.begin(
                        number, "s", count: one.plan.size(ofChunk: number), run: try run(runs), at: now)
                    #expect(!one.mayBegin(number, under: key))
                case .wait(let until, _): now = until ?? now + .seconds(1)
                case .conclude: one.conclude(at: now)
                case .nothing: one.resume()
                }
            }
            if one.state == .failed { _ = one.retry(at: now) }
            now = now + .seconds(1)
        }
        #expect(one.done == one.plan.count && one.chunks.isEmpty, "seed \(seed)")
        #expect(built.values.allSatisfy { $0 == 1 } && built.count == one.plan.chunkCount, "seed \(seed)")
    }
}

/// Numbers that a seed decides.
private struct Lot: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func next(_ below: Int) -> Int { Int(next() % UInt64(below)) }
}

@Suite struct `Groups of partitions` {
    private let now = Timestamp("2026-11-23T12:00:00Z") ?? Timestamp(microseconds: 0)

    private func scheme(_ keys: [String] = []) throws -> PartitionScheme {
        let times = TimePartitions(.daily, zone: .utc, start: Day(year: 2026, month: 1, day: 1))
        return keys.isEmpty
            ? .time(times)
            : .product(times, KeyPartitions(fixed: try keys.map { try #require(PartitionKey($0)) }))
    }

    @Test func `are written as they are read again, whatever they are`() throws {
        let asset = try #require(AssetKey("gold.m"))
        for scheme in [try scheme(), try scheme(["uk", "ie"])] {
            let all = Array(scheme.all(at: now).oldestFirst)
            var lot = Lot(7)
            for _ in 0..<100 {
                let some = (0..<(1 + lot.next(40))).map { _ in all[lot.next(all.count)] }
                let set = PartitionSet(scheme, keys: some)
                let again = try PartitionSelection(of: asset, scheme, at: now).read(set.selection)
                #expect(Set(again.oldestFirst) == Set(some))
                #expect(set.count == Set(some).count)
            }
        }
    }

    @Test func `cover all, each once, in either order`() throws {
        let set = try scheme(["uk", "ie"]).all(at: now)
        for newestFirst in [true, false] {
            let groups = set.groups(of: 7, newestFirst: newestFirst)
            #expect(groups.flatMap(\.keys).count == set.count)
            #expect(Set(groups.flatMap(\.keys)) == Set(set.oldestFirst))
            for number in [0, 1, 50, groups.count - 1] {
                #expect(set.group(number, of: 7, newestFirst: newestFirst) == groups[number])
            }
            #expect(set.group(groups.count, of: 7, newestFirst: newestFirst) == nil)
        }
        let newest = try #require(set.group(0, of: 2, newestFirst: true))
        #expect(newest.selection == "2026-11-22|uk,2026-11-22|ie")
    }

    @Test func `that a choice means exist, and are over unless the present is meant`() throws {
        let from = try #require(Day(year: 2026, month: 11, day: 20))
        func texts(_ choice: TriggeredWork.PartitionChoice, offset: Int = 0) -> [String] {
            PartitionScheme.time(TimePartitions(.daily, zone: .utc, start: from, endOffset: offset)).chosen(
                by: choice, at: now
            ) { $0.text == "2026-11-21" }.oldestFirst.map(\.text)
        }
        #expect(texts(.newestComplete(1)) == ["2026-11-22"])
        #expect(texts(.newestComplete(2), offset: 1) == ["2026-11-21", "2026-11-22"])
        #expect(texts(.newestComplete(9)) == ["2026-11-20", "2026-11-21", "2026-11-22"])
        #expect(texts(.newestComplete(1), offset: -1) == ["2026-11-21"])
        #expect(texts(.current) == [] && texts(.current, offset: 1) == ["2026-11-23"])
        #expect(texts(.missing) == ["2026-11-20", "2026-11-22"])
        let keys = PartitionScheme.keys(KeyPartitions(fixed: [try #require(PartitionKey("uk"))]))
        #expect(keys.chosen(by: .newestComplete(1), at: now) { _ in false }.count == 1)
    }
}
