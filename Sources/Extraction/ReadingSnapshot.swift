/// The sessions that read a table together, and perhaps one more that counts its rows in the same snapshot.
struct ReadingSnapshot {
    let readers: [any SourceSession]
    let counter: Counter?
    let consistency: SourceSnapshot.Consistency
    /// Those that were opened for it.
    private let siblings: [any SourceSession]

    /// Sendable without the compiler's proof because one thread uses it, and the thread that began the
    /// snapshot waits for that one.
    struct Counter: @unchecked Sendable {
        let session: any SourceSession
    }

    /// - Parameter wantsCounter: Whether a session more is worth its while.
    init(
        of table: SourceTable, in session: any SourceSession, readers: Int, wantsCounter: Bool
    ) throws {
        let snapshot = try session.beginSnapshot(of: table, readers: readers + (wantsCounter ? 1 : 0))
        siblings = Array(snapshot.readers.dropFirst())
        guard wantsCounter, snapshot.readers.count > readers else {
            (self.readers, counter, consistency) = (snapshot.readers, nil, snapshot.consistency)
            return
        }
        self.readers = Array(snapshot.readers.prefix(readers))
        switch snapshot.consistency {
        case .shared, .none:
            counter = snapshot.readers.last.map(Counter.init)
            consistency = snapshot.consistency
        case .perReader:
            // What it would count is another state.
            counter = nil
            consistency = readers == 1 ? .shared("one transaction") : snapshot.consistency
        }
    }

    /// All sessions, whatever they do.
    var sessions: [any SourceSession] { readers + (counter.map { [$0.session] } ?? []) }

    func close() {
        for sibling in siblings { sibling.close() }
    }

    /// Whether one session has to count and then to read.
    var isAlone: Bool { readers.count == 1 && counter == nil }

    /// Whether each reader sees a state of its own.
    var isPerReader: Bool {
        if case .perReader = consistency { readers.count > 1 } else { false }
    }

    /// How consistent it is, for the manifest.
    var remarks: [String] {
        switch consistency {
        case .shared(let how):
            readers.count > 1 ? ["\(readers.count) connections read one state: \(how)."] : []
        case .perReader(let reason):
            readers.count > 1
                ? ["Each of \(readers.count) connections read a state of its own: \(reason)."] : []
        case .none(let reason): ["Rows may have changed while they were read: \(reason)."]
        }
    }
}
