internal import LakeModel
internal import MySQL
internal import Project

extension MySQLSession {
    func clock() throws -> SourceClock {
        // Fifty tables that are extracted in one second share a few looks at the transactions.
        let clock = try wrap(nil) { try connection.serverClock(ageMax: .milliseconds(150)) }
        guard let now = Timestamp(clock.utc + "Z"), let local = Timestamp(clock.local + "Z") else {
            throw SourceUnavailable(clock: clock.utc, source: source)
        }
        let oldest: SourceClock.OldestWriter =
            switch clock.writers {
            case .none: .none
            case .unseen(let reason): .unseen(reason)
            case .since(let utc, let who):
                Timestamp(utc + "Z").map { .since($0) } ?? .unseen("\(who) began at '\(utc)'")
            }
        return SourceClock(now: now, localNow: local.microseconds, oldestWriter: oldest)
    }

    func load(besides readers: [any SourceSession]) throws -> SourceLoad {
        let load = try wrap(nil) { try connection.serverLoad() }
        // The server counts everybody who is served; who waits for us may have been sent everything.
        let ids = (readers.compactMap { ($0 as? MySQLSession)?.id } + [id]).map(String.init)
        let ours = try wrap(nil) {
            try connection.query(
                """
                SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Query' \
                AND id IN (\(ids.joined(separator: ", ")))
                """
            ).rows.first?[0].flatMap { Int($0) } ?? 1
        }
        var unseen: [String] = []
        switch load.replica {
        case .unseen(let reason): unseen = ["The replica's lag cannot be seen: \(reason)."]
        case .stopped(let reason): unseen = ["The replica's lag is unknown: \(reason)."]
        case .notReplica, .behind: break
        }
        return SourceLoad(
            threadsRunning: max(0, load.threadsRunning - ours),
            replicaLag: load.replicaLagSeconds.map { .seconds($0) }, unseen: unseen)
    }

    func beginSnapshot(of table: SourceTable, readers: Int) throws -> SourceSnapshot {
        var siblings: [MySQLSession] = []
        do {
            let refusal = try connect(&siblings, upTo: max(0, readers - 1))
            let snapshot = try wrap(table.name) {
                try SharedSnapshot.open(
                    on: [connection] + siblings.map(\.connection), tables: [table.name.text])
            }
            return SourceSnapshot(
                readers: [self] + siblings, consistency: SourceSnapshot.Consistency(snapshot, refusal))
        } catch {
            for sibling in siblings { sibling.close() }
            throw error
        }
    }

    /// Fewer than asked for will do when the server has no more connections for us.
    /// - Returns: What it said.
    private func connect(_ siblings: inout [MySQLSession], upTo count: Int) throws -> String? {
        while siblings.count < count {
            do {
                siblings.append(try MySQLSession(source: source, address: address))
            } catch let refused as SourceUnavailable where refused.code == "source.interrupted" {
                return refused.problem
            }
        }
        return nil
    }

    func slices(of reading: TableReading, into pieces: Int) throws -> [Slice] {
        try wrap(reading.table.name) {
            let ranges = try connection.keyRanges(
                of: reading.table.name.text, into: pieces,
                where: reading.condition(quote: MySQLConnection.quoteIdentifier))
            return ranges.pieces.map { Slice(condition: $0.condition) }
        }
    }
}

extension SourceSnapshot.Consistency {
    fileprivate init(_ snapshot: SharedSnapshot, _ refusal: String?) {
        if let unprotected = snapshot.withoutVersions {
            self = .none(unprotected)
        } else if snapshot.isShared {
            self = .shared(
                ([snapshot.means] + (refusal.map { ["not more, because \($0)"] } ?? [])).joined(
                    separator: "; "))
        } else {
            self = .perReader(snapshot.means)
        }
    }
}
