/// What time it is at a source, and since when something may be written there that nobody sees yet.
package struct SourceClock: Hashable, Sendable {
    package let now: Timestamp
    /// The same moment on the wall clock of the source, in microseconds since 1970-01-01 00:00 there: what a
    /// `DATETIME` column of the source would hold.
    package let localNow: Int64
    package let oldestWriter: OldestWriter

    /// The oldest transaction that may still commit rows.
    package enum OldestWriter: Hashable, Sendable {
        /// There is none.
        case none
        /// It began then, by the source's clock.
        case since(Timestamp)
        /// The source does not let us see it: why, and what would help.
        case unseen(String)
    }

    package init(now: Timestamp, localNow: Int64, oldestWriter: OldestWriter) {
        self.now = now
        self.localNow = localNow
        self.oldestWriter = oldestWriter
    }
}

/// How busy a source is; `nil` is what it does not say.
package struct SourceLoad: Hashable, Sendable {
    /// Statements that run there, besides those of the reading that asks.
    package let threadsRunning: Int?
    /// How far it is behind the server that it replicates.
    package let replicaLag: Duration?
    /// Why something of it cannot be known, and what would help.
    package let unseen: [String]

    package init(threadsRunning: Int? = nil, replicaLag: Duration? = nil, unseen: [String] = []) {
        self.threadsRunning = threadsRunning
        self.replicaLag = replicaLag
        self.unseen = unseen
    }
}
