/// How busy a server is: what a long reading asks from time to time to step back in time.
package struct ServerLoad: Hashable, Sendable {
    /// Whether this server copies another one, and how far it is behind.
    package enum Replica: Hashable, Sendable {
        case notReplica
        case behind(seconds: Int)
        /// It copies, but not now.
        case stopped(String)
        /// It cannot be known, with the reason and the right that would help.
        case unseen(String)
    }

    /// Sessions that run a statement at this moment, this one included.
    package let threadsRunning: Int
    package let replica: Replica

    package var replicaLagSeconds: Int? {
        if case .behind(let seconds) = replica { seconds } else { nil }
    }
}

extension MySQLConnection {
    /// Asks the server how busy it is. Reads no table.
    package func serverLoad() throws(MySQLError) -> ServerLoad {
        let threads = try status("Threads_running").flatMap { Int($0) } ?? 0
        return ServerLoad(threadsRunning: threads, replica: try replica())
    }

    /// The state of replication on this server. A source with several masters is as late as the latest.
    func replica() throws(MySQLError) -> ServerLoad.Replica {
        let statement =
            isMariaDB
            ? "SHOW ALL SLAVES STATUS"
            : (isServer(atLeast: 8, 0, 22) ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS")
        let result: MySQLResult
        do throws(MySQLError) {
            result = try query(statement)
        } catch {
            guard error.kind == .accessDenied else { throw error }
            let right = isMariaDB ? "REPLICA MONITOR" : "REPLICATION CLIENT"
            return .unseen("\(error.message); GRANT \(right) ON *.* TO the account shows it")
        }
        guard !result.rows.isEmpty else { return .notReplica }
        let names = ["Seconds_Behind_Master", "Seconds_Behind_Source"]
        guard let column = result.columns.firstIndex(where: names.contains) else {
            return .unseen("\(statement) has no column \(names[0])")
        }
        var latest = 0
        for row in result.rows {
            // NULL stands for a thread of the replica that does not run.
            guard let seconds = row[column].flatMap({ Int($0) }) else {
                return .stopped("\(names[0]) is NULL: replication is stopped")
            }
            latest = max(latest, seconds)
        }
        return .behind(seconds: latest)
    }

    /// A status variable of the server; nil when it has none of this name.
    func status(_ name: String) throws(MySQLError) -> String? {
        try query("SHOW GLOBAL STATUS LIKE \(Self.literal(name))").rows.first?[1]
    }

    /// Whether the server's version is this one or newer.
    func isServer(atLeast version: Int...) -> Bool {
        let digits = serverVersion.prefix { $0.isNumber || $0 == "." }
        let own = digits.split(separator: ".").compactMap { Int($0) }
        return !own.lexicographicallyPrecedes(version)
    }
}
