internal import Glibc
internal import LakeModel
internal import Project

/// Decides which part of the cursor the next piece covers.
struct CursorPlan {
    let table: TableDefinition
    let source: SourceDefinition
    let shape: SourceTable
    let piece: Piece

    /// One piece of the cursor.
    struct Range {
        let bounds: TableReading.Bounds
        let cursor: String
        let decided: CursorBounds
        /// How far the watermark had got before.
        let watermark: CursorValue?
        let isLast: Bool
        /// Where the piece begins and ends; `nil` if it is all there is.
        let began: CursorValue?
        let ends: CursorValue?
        let share: Double?
        var remarks: [String] { decided.remarks }

        /// What the piece covers, once it is known what was read.
        ///
        /// The last piece ends right after the greatest value that was read: a source without a row of a
        /// cursor value has been read up to nothing.
        func covered(_ ledger: ExtractionLedger) -> CursorRange {
            let nothing: CursorValue =
                if case .number? = bounds.leading.type.cursorKind { .integer(.min) } else {
                    .time(microseconds: .minimumOfCalendar)
                }
            var upper = decided.watermark(afterReading: ledger.cursorMax) ?? watermark ?? nothing
            if !isLast, let ends { upper = ends }
            if let watermark, watermark > upper { upper = watermark }
            return CursorRange(cursor: cursor, lower: bounds.lower, upper: upper)
        }
    }

    /// `nil` for a table that is read in full.
    func range(
        of session: any SourceSession, _ clock: SourceClock, _ cancellation: CancelOnce
    ) throws -> Range? {
        guard table.mode == .incremental, let cursor = table.cursor else { return nil }
        let columns = try cursors()
        let decided = try bounds(columns, session, clock, cancellation)
        let whole = TableReading.Bounds(
            cursors: columns, lower: decided.lower, upper: decided.upper, future: decided.future,
            readsNulls: columns[0].isNullable)
        guard let span = try span(of: columns[0]),
            let ends = try session.ends(
                ofCursorIn: TableReading(
                    table: shape,
                    bounds: .init(
                        cursors: columns, lower: piece.begins ?? decided.lower, upper: decided.upper)))
        else {
            // Of a table in pieces, what is left is what has no place among them.
            let lower = piece.begins ?? decided.lower
            return Range(
                bounds: .init(
                    cursors: columns, lower: lower, upper: decided.upper, future: decided.future,
                    readsNulls: whole.readsNulls), cursor: cursor, decided: decided,
                watermark: piece.watermark, isLast: true, began: lower, ends: nil, share: 1)
        }
        let end = ends.least.end(ofPieceOf: span)
        let isLast = end > ends.greatest
        let first = piece.firstBegan ?? ends.least
        return Range(
            bounds: .init(
                cursors: columns, lower: piece.begins ?? decided.lower, upper: isLast ? decided.upper : end,
                future: isLast ? decided.future : nil, readsNulls: isLast && whole.readsNulls),
            cursor: cursor, decided: decided, watermark: piece.watermark, isLast: isLast, began: first,
            ends: isLast ? nil : end, share: isLast ? 1 : end.share(from: first, to: ends.greatest))
    }

    private func cursors() throws -> [SourceColumn] {
        try table.cursors.enumerated().map { index, name in
            guard let column = shape.column(name) else {
                throw ExtractionMistake.missingColumn(name, as: "cursor", in: shape, table, of: source)
            }
            guard column.type.cursorKind != nil else {
                throw ExtractionMistake.unusableCursor(column, table, of: source)
            }
            return column
        }
    }

    private func bounds(
        _ columns: [SourceColumn], _ session: any SourceSession, _ clock: SourceClock,
        _ cancellation: CancelOnce
    ) throws -> CursorBounds {
        guard let kind = columns[0].type.cursorKind else {
            throw ExtractionMistake.unusableCursor(columns[0], table, of: source)
        }
        guard kind == .number else {
            var overlap = Duration.seconds(300)
            switch table.overlap {
            case .standard: break
            case .time(let duration): overlap = duration
            case .number: throw ExtractionMistake.wrongSpan("overlap", of: columns[0], table, of: source)
            }
            let previous = piece.before?.origin
            return .ofTime(
                kind, watermark: overlap == .zero ? piece.watermark : piece.watermark?.leading,
                overlap: overlap, clock: clock,
                previous: previous.flatMap { origin in origin.utcOffset.map { (origin.readAt, $0) } })
        }
        var overlap: Int64 = 0
        switch table.overlap {
        case .standard: break
        case .number(let number): overlap = number
        case .time: throw ExtractionMistake.wrongSpan("overlap", of: columns[0], table, of: source)
        }
        return try boundsOfNumber(columns, overlap, session, clock, cancellation)
    }

    /// How long an extraction waits for transactions that hold numbers.
    private static let patience = Duration.seconds(10)

    private func boundsOfNumber(
        _ columns: [SourceColumn], _ overlap: Int64, _ session: any SourceSession, _ clock: SourceClock,
        _ cancellation: CancelOnce
    ) throws -> CursorBounds {
        let everything = TableReading(
            table: shape, bounds: .init(cursors: [columns[0]], lower: nil, upper: nil))
        var settledMax: Int64?
        if case .integer(let number)? = try session.ends(ofCursorIn: everything)?.greatest.leading {
            settledMax = number
        }
        let asked = clock.now
        let began = ContinuousClock.now
        var latest = try session.clock()
        var reason = ""
        while true {
            switch latest.oldestWriter {
            case .unseen(let why):
                return .ofNumber(
                    watermark: piece.watermark, overlap: overlap, settledMax: settledMax, isWaitedOut: false,
                    reason: why)
            case .since(let start) where start <= asked: reason = "one has been open since \(start)"
            case .none, .since:
                return .ofNumber(
                    watermark: piece.watermark, overlap: overlap, settledMax: settledMax, isWaitedOut: true,
                    reason: "")
            }
            guard ContinuousClock.now - began < CursorPlan.patience else {
                // Nothing can be said of what is new, so that it is read again next time.
                let watermark = piece.watermark?.leading
                var stays: Int64?
                if case .integer(let number)? = watermark { stays = number - 1 }
                return CursorBounds.ofNumber(
                    watermark: piece.watermark, overlap: overlap, settledMax: stays, isWaitedOut: true,
                    reason: reason
                ).remarking("The watermark stays where it is: \(reason).")
            }
            try cancellation.check()
            usleep(50_000)
            latest = try session.clock()
        }
    }

    private func span(of column: SourceColumn) throws -> ChunkSize? {
        switch (table.chunk, column.type.cursorKind) {
        case (nil, _): return nil
        case (.number?, .number?), (.time?, .instant?), (.time?, .localTime?): return table.chunk
        case (.time(let duration)?, .date?):
            return .time(max(duration, .seconds(86_400)))
        default: throw ExtractionMistake.wrongSpan("chunk", of: column, table, of: source)
        }
    }
}

extension CursorValue {
    /// Where a piece ends that begins with this value: at a multiple of its size, so that pieces of a day are
    /// days.
    func end(ofPieceOf size: ChunkSize) -> CursorValue {
        switch (leading, size) {
        case (.time(let microseconds), .time(let duration)):
            let unit = max(1_000_000, duration.microseconds)
            return .time(microseconds: microseconds.floored(to: unit) + unit)
        case (.integer(let number), .number(let unit)):
            let (end, isOver) = number.floored(to: unit).addingReportingOverflow(unit)
            return .integer(isOver ? .max : end)
        default: return self
        }
    }

    /// How far this is between two others, from 0 to 1.
    func share(from first: CursorValue, to last: CursorValue) -> Double? {
        switch (first.leading, leading, last.leading) {
        case (.time(let a), .time(let x), .time(let b)), (.integer(let a), .integer(let x), .integer(let b)):
            let (done, all) = (Double(x) - Double(a), Double(b) - Double(a))
            return all > 0 ? min(1, max(0, done / all)) : nil
        default: return nil
        }
    }
}
