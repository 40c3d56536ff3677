/// Which part of a cursor an incremental extraction reads, and how far the watermark may follow.
package struct CursorBounds: Hashable, Sendable {
    /// `nil` is the beginning.
    package let lower: CursorValue?
    /// Not included; `nil` for a number.
    package let upper: CursorValue?
    /// Values from here on are later than the source's own clock allows.
    package let future: CursorValue?
    /// The watermark may reach at most this: below it no row can appear any more that was not read. `nil`
    /// for a number of which the source does not say what its open transactions hold.
    package let settled: CursorValue?
    /// What could not be seen, in sentences.
    package let remarks: [String]

    /// What a cursor counts.
    package enum Kind: Hashable, Sendable {
        /// A moment, wherever the source is.
        case instant
        /// A time on the source's wall clock.
        case localTime
        /// A day on the source's wall clock.
        case date
        /// A number that only grows.
        case number
    }

    /// How much later than the source's clock a value may be before it is taken for a mistake.
    package static let futureAllowance = Duration.seconds(3_600)

    /// Decides for a time or a date.
    ///
    /// - Parameters:
    ///   - watermark: How far the last extraction got; `nil` reads from the beginning.
    ///   - overlap: How much before it is read again.
    ///   - clock: Asked before the snapshot began: a row that is committed between the two is either in the
    ///     snapshot or not below the bound.
    /// - previous: When the last extraction asked the clock, and by how much the wall clock was ahead of
    /// UTC then. When clocks go back, an hour of wall-clock times comes twice, the second time below the
    /// watermark.
    package static func ofTime(
        _ kind: Kind, watermark: CursorValue?, overlap: Duration, clock: SourceClock,
        previous: (readAt: Timestamp, utcOffset: Int)? = nil
    ) -> CursorBounds {
        let now = kind == .instant ? clock.now.microseconds : clock.localNow
        let second = now.floored(to: 1_000_000)
        var remarks: [String] = []
        // A row gets its time stamp when it is written and becomes visible when its transaction commits.
        var cap = second
        switch clock.oldestWriter {
        case .none: break
        case .since(let start):
            let age = max(0, clock.now.microseconds - start.microseconds)
            cap = min(second, (now - age).floored(to: 1_000_000))
            if age > 3_600_000_000 {
                remarks.append(
                    "A transaction has been open at the source since \(start), so the watermark waits there.")
            }
        case .unseen(let reason):
            remarks.append(
                "Open transactions cannot be seen (\(reason)), so only the overlap protects from late commits."
            )
        }
        var lower: CursorValue?
        if let watermark, case .time(var from) = watermark.leading {
            if kind != .instant, let previous {
                let offset = Int((clock.localNow - clock.now.microseconds).floored(to: 1_000_000) / 1_000_000)
                if offset < previous.utcOffset {
                    from -= Int64(previous.utcOffset - offset) * 1_000_000
                }
                from = min(from, previous.readAt.microseconds + Int64(previous.utcOffset) * 1_000_000)
            }
            from -= overlap.microseconds
            lower = .time(microseconds: kind == .date ? from.floored(to: .dayMicroseconds) : from)
            if kind != .date, lower == watermark.leading { lower = watermark }
        }
        guard kind == .date else {
            return CursorBounds(
                lower: lower, upper: .time(microseconds: second),
                future: .time(microseconds: second + futureAllowance.microseconds),
                settled: .time(microseconds: cap), remarks: remarks)
        }
        // The day that is still going on is read now and again.
        let today = now.floored(to: .dayMicroseconds)
        return CursorBounds(
            lower: lower, upper: .time(microseconds: today + .dayMicroseconds),
            future: .time(microseconds: today + 2 * .dayMicroseconds),
            settled: .time(microseconds: cap.floored(to: .dayMicroseconds)), remarks: remarks)
    }

    /// Decides for a number.
    ///
    /// Numbers are handed out before their rows are committed, so that a smaller one may appear later.
    ///
    /// - Parameters:
    ///   - settledMax: The greatest value that was there before all transactions ended that were open then;
    ///     `nil` if the table was empty.
    ///   - isWaitedOut: Whether those transactions have been seen to end.
    ///   - reason: Why they have not.
    package static func ofNumber(
        watermark: CursorValue?, overlap: Int64, settledMax: Int64?, isWaitedOut: Bool, reason: String
    ) -> CursorBounds {
        var lower: CursorValue?
        if let watermark {
            lower =
                if overlap > 0, case .integer(let number) = watermark.leading {
                    .integer(number.subtractingReportingOverflow(overlap).partialValue)
                } else { watermark }
        }
        guard isWaitedOut else {
            return CursorBounds(
                lower: lower, upper: nil, future: nil, settled: nil,
                remarks: [
                    "Open transactions were not waited for (\(reason)): a number that one of them holds can be "
                        + "missed unless 'overlap' reaches it."
                ])
        }
        let settled = settledMax.map { CursorValue.integer($0 == .max ? $0 : $0 + 1) }
        return CursorBounds(
            lower: lower, upper: nil, future: nil, settled: settled ?? .integer(.min), remarks: [])
    }

    /// The same with one more remark.
    package func remarking(_ remark: String) -> CursorBounds {
        CursorBounds(
            lower: lower, upper: upper, future: future, settled: settled, remarks: remarks + [remark])
    }

    /// How far the watermark moves if `greatest` is the greatest value that was read; `nil` leaves it
    /// where it was.
    package func watermark(afterReading greatest: CursorValue?) -> CursorValue? {
        guard let greatest else { return nil }
        let next = greatest.successor
        guard let settled, next.leading > settled else { return next }
        return settled
    }
}

extension CursorValue {
    /// The least value that comes after it.
    package var successor: CursorValue {
        switch self {
        case .time(let microseconds): return .time(microseconds: microseconds + 1)
        case .integer(let number): return .integer(number == .max ? number : number + 1)
        case .tuple(let values):
            guard let last = values.last else { return self }
            return .tuple(values.dropLast() + [last.successor])
        }
    }
}

extension Int64 {
    package static let dayMicroseconds: Int64 = 86_400_000_000

    /// The greatest multiple of `unit` that is not greater.
    package func floored(to unit: Int64) -> Int64 {
        floorDivided(by: unit) * unit
    }
}
