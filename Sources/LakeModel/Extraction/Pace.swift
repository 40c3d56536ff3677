/// How hard a source may be read.
package struct Pace: Hashable, Sendable {
    /// Of all connections of one table together.
    package let rowsPerSecond: Int?
    /// When it may be read; `nil` is always.
    package let hours: Hours?
    /// Reading waits while the source is further behind the server that it replicates.
    package let replicaLagMax: Duration?
    /// Reading waits while more statements than these run at the source.
    package let threadsRunningMax: Int?

    package init(
        rowsPerSecond: Int? = nil, hours: Hours? = nil, replicaLagMax: Duration? = nil,
        threadsRunningMax: Int? = nil
    ) {
        self.rowsPerSecond = rowsPerSecond
        self.hours = hours
        self.replicaLagMax = replicaLagMax
        self.threadsRunningMax = threadsRunningMax
    }

    /// A part of the day in the lake's time zone; it may pass midnight. The end is not in it.
    package struct Hours: Hashable, Sendable {
        /// Minutes since midnight.
        package let from: Int
        package let to: Int

        package init?(from: Int, to: Int) {
            guard (0..<1_440).contains(from), (0...1_440).contains(to), from != to else { return nil }
            self.from = from
            self.to = to
        }
    }

    /// Whether nothing slows the reading down.
    package var isFree: Bool { self == Pace() }
}
