import LakeModel
import Testing

@Suite struct `The bounds of a cursor` {
    private static let hour: Int64 = 3_600_000_000

    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    private func clock(
        _ now: String, local: String? = nil, _ writer: SourceClock.OldestWriter = .none
    ) throws -> SourceClock {
        SourceClock(now: try time(now), localNow: try time(local ?? now).microseconds, oldestWriter: writer)
    }

    private func value(_ text: String) throws -> CursorValue {
        .time(microseconds: try time(text).microseconds)
    }

    @Test func `end before the second that is running, and begin an overlap before the watermark`() throws {
        let bounds = CursorBounds.ofTime(
            .instant, watermark: try value("2026-03-01T10:00:00.5Z"), overlap: .seconds(300),
            clock: try clock("2026-03-01T12:00:00.9Z"))
        #expect(bounds.lower == (try value("2026-03-01T09:55:00.5Z")))
        #expect(bounds.upper == (try value("2026-03-01T12:00:00Z")) && bounds.settled == bounds.upper)
        #expect(bounds.future == (try value("2026-03-01T13:00:00Z")) && bounds.remarks == [])
        #expect(
            CursorBounds.ofTime(
                .instant, watermark: nil, overlap: .seconds(300), clock: try clock("2026-03-01T12:00:00Z")
            ).lower == nil)
    }

    @Test func `let the watermark wait for the oldest open transaction, not the reading`() throws {
        let bounds = CursorBounds.ofTime(
            .instant, watermark: try value("2026-03-01T10:00:00Z"), overlap: .zero,
            clock: try clock("2026-03-01T12:00:00Z", .since(try time("2026-03-01T09:30:00.7Z"))))
        #expect(bounds.upper == (try value("2026-03-01T12:00:00Z")))
        #expect(bounds.settled == (try value("2026-03-01T09:30:00Z")))
        #expect(bounds.remarks.count == 1, "a transaction that is open for hours is worth a word")
        #expect(bounds.watermark(afterReading: try value("2026-03-01T11:59:59Z")) == bounds.settled)
        #expect(
            bounds.watermark(afterReading: try value("2026-03-01T09:00:00Z"))
                == .time(microseconds: try time("2026-03-01T09:00:00Z").microseconds + 1))
        #expect(bounds.watermark(afterReading: nil) == nil)
    }

    @Test func `say what cannot be seen`() throws {
        let bounds = CursorBounds.ofTime(
            .instant, watermark: nil, overlap: .seconds(300),
            clock: try clock("2026-03-01T12:00:00Z", .unseen("no PROCESS")))
        #expect(bounds.remarks.count == 1 && bounds.remarks[0].contains("no PROCESS"))
        #expect(bounds.settled == bounds.upper)
    }

    @Test func `of a wall clock are on that clock`() throws {
        // 12:00 in London in summer is 11:00 in UTC; the transaction began two hours ago.
        let bounds = CursorBounds.ofTime(
            .localTime, watermark: try value("2026-07-01T10:00:00Z"), overlap: .seconds(60),
            clock: try clock(
                "2026-07-01T11:00:00Z", local: "2026-07-01T12:00:00Z",
                .since(try time("2026-07-01T09:00:00Z"))
            ), previous: (try time("2026-07-01T09:00:00Z"), 3_600))
        #expect(bounds.lower == (try value("2026-07-01T09:59:00Z")))
        #expect(bounds.upper == (try value("2026-07-01T12:00:00Z")))
        #expect(bounds.settled == (try value("2026-07-01T10:00:00Z")))
    }

    /// In the night of 25 October 2026 the clocks of London go from 02:00 back to 01:00, at 01:00 UTC. Rows
    /// get the wall-clock time; an extraction every ten minutes must find each of them.
    @Test func `lose no row of the hour that comes twice`() throws {
        let start = try time("2026-10-24T23:00:00Z").microseconds
        let fold = try time("2026-10-25T01:00:00Z").microseconds
        let minute: Int64 = 60_000_000
        func local(_ instant: Int64) -> Int64 { instant + (instant < fold ? Self.hour : 0) }
        var found: Set<Int64> = []
        var watermark: CursorValue?
        var previous: (readAt: Timestamp, utcOffset: Int)?
        for extraction in 1...30 {
            let now = start + Int64(extraction) * 10 * minute
            let clock = SourceClock(
                now: Timestamp(microseconds: now), localNow: local(now), oldestWriter: .none)
            let bounds = CursorBounds.ofTime(
                .localTime, watermark: watermark, overlap: .zero, clock: clock, previous: previous)
            var greatest: CursorValue?
            // A row every minute, written at that very moment.
            for row in stride(from: start, to: now, by: Int(minute)) {
                let value = CursorValue.time(microseconds: local(row))
                guard bounds.lower.map({ value >= $0 }) ?? true, let upper = bounds.upper, value < upper
                else { continue }
                found.insert(row)
                greatest = max(greatest ?? value, value)
            }
            // The watermark never goes back.
            if let next = bounds.watermark(afterReading: greatest), watermark.map({ next > $0 }) ?? true {
                watermark = next
            }
            previous = (Timestamp(microseconds: now), now < fold ? 3_600 : 0)
        }
        #expect(found.count == 300)
    }

    @Test func `of a day read the day that is going on, again and again`() throws {
        let bounds = CursorBounds.ofTime(
            .date, watermark: try value("2026-03-03T00:00:00.000001Z"), overlap: .seconds(300),
            clock: try clock("2026-03-03T12:00:00Z"))
        #expect(bounds.lower == (try value("2026-03-02T00:00:00Z")))
        #expect(bounds.upper == (try value("2026-03-04T00:00:00Z")))
        #expect(bounds.watermark(afterReading: try value("2026-03-03T00:00:00Z")) == bounds.settled)
        #expect(bounds.settled == (try value("2026-03-03T00:00:00Z")))
        #expect(bounds.future == (try value("2026-03-05T00:00:00Z")))
    }

    @Test func `of a number wait for the transactions that may hold smaller ones`() {
        let seen = CursorBounds.ofNumber(
            watermark: .integer(10), overlap: 0, settledMax: 20, isWaitedOut: true, reason: "")
        #expect(seen.lower == .integer(10) && seen.upper == nil && seen.remarks == [])
        #expect(seen.watermark(afterReading: .integer(30)) == .integer(21))
        #expect(seen.watermark(afterReading: .integer(15)) == .integer(16))
        let unseen = CursorBounds.ofNumber(
            watermark: .integer(10), overlap: 4, settledMax: 20, isWaitedOut: false, reason: "no PROCESS")
        #expect(unseen.lower == .integer(6) && unseen.remarks.count == 1)
        #expect(unseen.watermark(afterReading: .integer(30)) == .integer(31))
    }

    @Test func `of several columns keep the whole tuple where nothing is read twice`() throws {
        let tuple = CursorValue.tuple([try value("2026-03-01T10:00:00Z"), .integer(7)])
        let exact = CursorBounds.ofTime(
            .instant, watermark: tuple, overlap: .zero, clock: try clock("2026-03-01T12:00:00Z"))
        #expect(exact.lower == tuple)
        let overlapping = CursorBounds.ofTime(
            .instant, watermark: tuple, overlap: .seconds(1), clock: try clock("2026-03-01T12:00:00Z"))
        #expect(overlapping.lower == (try value("2026-03-01T09:59:59Z")))
        #expect(exact.watermark(afterReading: tuple) == .tuple([tuple.leading, .integer(8)]))
    }

    @Test func `values are ordered column by column and survive being stored`() throws {
        let a = CursorValue.tuple([.integer(1), .integer(9)])
        let b = CursorValue.tuple([.integer(2), .integer(0)])
        #expect(a < b && !(b < a) && CursorValue.tuple([.integer(1)]) < a)
        #expect(CursorValue.integer(.max).successor == .integer(.max))
        #expect(a.description == "1, 9")
    }
}
