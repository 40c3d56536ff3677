internal import LakeModel

/// Which rows of a table are read.
struct TableReading: Hashable, Sendable {
    let table: SourceTable
    let bounds: Bounds?
    let slice: Slice
    /// The columns that tell people which row it is.
    let key: [String]
    /// The condition of a partition in the source's SQL; `nil` is all of the table.
    var partition: String?
    /// At most so many rows, whichever; `nil` is all.
    var rowsMax: Int?

    /// The part of the cursor that is read:
    /// `(lower <= cursor AND leading < upper) OR leading >= future OR leading IS NULL`.
    struct Bounds: Hashable, Sendable {
        /// The leading column first.
        let cursors: [SourceColumn]
        /// A tuple if there are several cursors and all count; the leading value alone otherwise.
        let lower: CursorValue?
        /// Of the leading column, not included. `nil` for a number, which has no clock.
        let upper: CursorValue?
        /// Values of the leading column from here on are later than the source's own clock allows: they are
        /// read, too, every time.
        let future: CursorValue?
        /// Whether rows without a leading value are read.
        let readsNulls: Bool

        init(
            cursors: [SourceColumn], lower: CursorValue?, upper: CursorValue?, future: CursorValue? = nil,
            readsNulls: Bool = false
        ) {
            precondition(!cursors.isEmpty, "Bounds are of a cursor.")
            self.cursors = cursors
            self.lower = lower
            self.upper = upper
            self.future = future
            self.readsNulls = readsNulls
        }

        var leading: SourceColumn { cursors[0] }
    }

    /// - Parameter key: `nil` is the table's primary key.
    init(table: SourceTable, bounds: Bounds? = nil, slice: Slice = .whole, key: [String]? = nil) {
        self.table = table
        self.bounds = bounds
        self.slice = slice
        self.key = key ?? table.primaryKey
    }

    func sliced(_ slice: Slice) -> TableReading {
        var reading = TableReading(table: table, bounds: bounds, slice: slice, key: key)
        reading.partition = partition
        reading.rowsMax = rowsMax
        return reading
    }

    /// The positions of the cursors among the columns, the leading one first.
    var cursorIndexes: [Int] {
        bounds.map { bounds in
            bounds.cursors.compactMap { cursor in table.columns.firstIndex { $0.name == cursor.name } }
        } ?? []
    }
}
