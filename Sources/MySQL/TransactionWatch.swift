internal import Glibc
internal import Synchronization

/// One look at a server's open transactions at a time, and not many in a second, for all connections of this
/// process.
///
/// InnoDB renews the list only when nobody has read it for 0.1 s. Many extractions that each ask for
/// themselves would keep each other from ever seeing a fresh one.
final class TransactionWatch: Sendable {
    private struct Look {
        let at: ContinuousClock.Instant
        /// The server's clock just before.
        let utc: String
        let writers: OpenWriters
    }

    private static let watches = Mutex<[String: TransactionWatch]>([:])
    private static let renewal = Duration.milliseconds(110)
    private let last = Mutex<Look?>(nil)

    /// - Parameter name: of the server and the account, on whose rights it depends what is seen.
    static func of(_ name: String) -> TransactionWatch {
        watches.withLock { watches in
            if let watch = watches[name] { return watch }
            let watch = TransactionWatch()
            watches[name] = watch
            return watch
        }
    }

    /// What `look` finds, or what was found not longer than `ageMax` ago.
    ///
    /// - Parameter now: the server's clock; `look` comes after it.
    func writers(
        now: String, ageMax: Duration, _ look: () throws(MySQLError) -> OpenWriters
    ) throws(MySQLError) -> OpenWriters {
        try last.withLock { (last) throws(MySQLError) in
            if let last {
                let age = last.at.duration(to: .now)
                if age < ageMax { return last.writers.orAny(since: last.utc) }
                let rest = (Self.renewal - age).microseconds
                if rest > 0 { usleep(useconds_t(rest)) }
            }
            let writers = try look()
            last = Look(at: .now, utc: now, writers: writers)
            return writers
        }
    }
}

extension OpenWriters {
    /// With those that may have begun at or after `utc`, when nobody looked.
    fileprivate func orAny(since utc: String) -> OpenWriters {
        switch self {
        case .none: .since(utc: utc, who: "whoever began after the last look")
        case .since(let own, let who): .since(utc: min(own, utc), who: who)
        case .unseen: self
        }
    }
}
