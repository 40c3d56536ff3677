internal import LakeModel

/// How far the values of one column got; of a column that is no cursor it stays as it began.
struct CursorTrack {
    let isCursor: Bool
    /// Values of a leading cursor from here on do not count for the watermark.
    private let future: Int64?
    /// The greatest value, and that of the current row; `.min` if there is none.
    private(set) var greatest: Int64 = .min
    var current: Int64 = .min

    init(isCursor: Bool, future: CursorValue? = nil) {
        self.isCursor = isCursor
        self.future =
            switch future {
            case .time(let microseconds): microseconds
            case .integer(let number): number
            case .tuple, nil: nil
            }
    }

    /// Notes a value of a cursor.
    /// - Returns: A reason if the watermark may not follow it.
    @inline(never)
    mutating func follow(_ value: Int64) -> Conversion.Reason? {
        if let future, value >= future { return .futureCursor }
        current = value
        if value > greatest { greatest = value }
        return nil
    }
}

/// Writes the values of one column of a source into a DuckDB vector.
protocol ValueSink {
    var track: CursorTrack { get set }
}
