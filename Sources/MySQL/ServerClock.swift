/// A server's own clock, and what may still be committed with an earlier time.
///
/// Read it before the snapshot is taken: a transaction that ends in between is then seen by the snapshot, and
/// has only made the bound earlier than it had to be.
package struct ServerClock: Hashable, Sendable {
    /// "2026-11-23 03:45:36.534545", in UTC.
    package let utc: String
    /// The same moment as the server's own zone writes it: what NOW() gives to a session with no zone set.
    package let local: String
    /// "SYSTEM (JST)", "Europe/London", "+01:00".
    package let zone: String
    package let writers: OpenWriters
}

/// The transactions that had begun to write and may still commit.
package enum OpenWriters: Hashable, Sendable {
    case none
    /// The earliest moment, in UTC, whose rows may still arrive, and who would bring them.
    case since(utc: String, who: String)
    /// They cannot be seen, with the reason and what would help.
    case unseen(String)
}

extension MySQLConnection {
    /// Reads the server's clock and its open transactions.
    ///
    /// Inside a transaction of this connection the open ones are not looked at.
    ///
    /// - Parameter ageMax: how old a look at the transactions may be that another connection of this process
    ///   had; who began to write since then is allowed for.
    package func serverClock(ageMax: Duration = .zero) throws(MySQLError) -> ServerClock {
        // The clock first: what begins to write after this statement writes later times.
        let row =
            try query(
                """
                SELECT UTC_TIMESTAMP(6), CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', @@GLOBAL.time_zone), \
                @@GLOBAL.time_zone, @@system_time_zone
                """
            ).rows.first ?? []
        guard row.count == 4, let utc = row[0] else {
            throw MySQLError(number: 2027, message: "the server has no clock")
        }
        let zone = row[2] ?? ""
        let watch = TransactionWatch.of("\(settings.user) \(canceller.server)")
        let writers = try watch.writers(now: utc, ageMax: ageMax) { () throws(MySQLError) in
            try openWriters(now: utc)
        }
        return ServerClock(
            utc: utc, local: row[1] ?? utc, zone: zone == "SYSTEM" ? "SYSTEM (\(row[3] ?? ""))" : zone,
            writers: writers)
    }

    private func openWriters(now: String) throws(MySQLError) -> OpenWriters {
        let replica = try replica()
        let seen: [OpenWriter]
        do throws(MySQLError) {
            seen = try transactions(now: now)
        } catch {
            guard error.kind == .accessDenied || error.number == Self.staleNumber else { throw error }
            return .unseen(
                error.kind == .accessDenied
                    ? "\(error.message); GRANT PROCESS ON *.* TO the account shows them" : error.message)
        }
        if let lost = seen.first(where: { $0.isRecovered }) {
            return .unseen(
                "\(lost.who) was prepared before the server's last start, so nobody knows when it began; "
                    + "end it (XA RECOVER, then XA COMMIT or XA ROLLBACK)")
        }
        var writers = seen
        switch replica {
        case .behind(let seconds):
            // Copied rows carry their master's times. A second more, because the lag is in whole seconds.
            let since = try moment(now, minusMicroseconds: Int64(seconds + 1) * 1_000_000)
            writers.append(
                OpenWriter(since: since, who: "replication, \(seconds) s behind", isRecovered: false))
        case .stopped(let reason):
            return .unseen("\(reason), and copied rows carry their master's times; START REPLICA first")
        case .notReplica, .unseen: break
        }
        guard let oldest = writers.min(by: { $0.since < $1.since }) else { return .none }
        return .since(utc: oldest.since, who: oldest.who)
    }

    func moment(_ utc: String, minusMicroseconds count: Int64) throws(MySQLError) -> String {
        try query("SELECT \(Self.literal(utc)) - INTERVAL \(count) MICROSECOND").rows.first?[0] ?? utc
    }
}
