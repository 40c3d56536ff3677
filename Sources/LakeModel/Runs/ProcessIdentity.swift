/// Which process works on a run, told apart from every other process that had the same number.
package struct ProcessIdentity: Hashable, Sendable, Codable, CustomStringConvertible {
    package let host: String
    /// Changes with every start of the machine.
    package let bootID: String
    package let pid: Int32
    /// When it started, in clock ticks since the machine did: a later process of the same number has another.
    package let startTicks: Int64

    package init(host: String, bootID: String, pid: Int32, startTicks: Int64) {
        self.host = host
        self.bootID = bootID
        self.pid = pid
        self.startTicks = startTicks
    }

    /// `process 4711 on etl-1`.
    package var description: String { "process \(pid) on \(host)" }

    /// Whether it still runs, judged from `observer`'s machine.
    ///
    /// A process of another host cannot be judged from here and counts as alive. One of an earlier start of
    /// this machine is gone.
    /// - Parameter startTicksOf: The start of the process that has a number now; `nil` if none has it.
    package func isAlive(seenFrom observer: ProcessIdentity, startTicksOf: (Int32) -> Int64?) -> Bool {
        guard host == observer.host else { return true }
        return bootID == observer.bootID && startTicksOf(pid) == startTicks
    }
}

/// What a run was begun by.
package enum RunTrigger: String, Hashable, Sendable, Codable, CaseIterable {
    case manual, schedule, sensor, freshness, backfill, watchdog, api
}
