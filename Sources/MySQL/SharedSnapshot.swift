internal import Glibc

/// Several connections that see the tables of one moment, as far as the server allows, and how it was done.
///
/// Every connection is inside a read-only transaction; ``MySQLConnection/rollBack()`` or closing ends it.
package struct SharedSnapshot: Hashable, Sendable {
    /// What makes sure that the connections agree.
    package enum Agreement: Hashable, Sendable {
        /// There is nobody to disagree with.
        case oneReader
        /// Nothing was committed while the snapshots were opened: all are at this place of the binary log.
        case binlogPosition(String)
        /// Nothing could be committed to the tables: they were locked for so long.
        case tableLock(held: Duration)
        /// Nothing could be committed to any table.
        case globalLock(held: Duration)
        /// Each connection has a moment of its own.
        case none
    }

    package let readers: Int
    package let agreement: Agreement
    /// Why the better ways failed, in the order in which they were tried.
    package let reasons: [String]
    /// The tables whose engine keeps no versions, with it: "log (MyISAM)". No snapshot protects them.
    package let unversioned: [String]

    package var isShared: Bool { agreement != .none }
}

extension SharedSnapshot: CustomStringConvertible {
    package var description: String {
        let text =
            switch agreement {
            case .oneReader: "one connection reads one state"
            case .none: "each of \(readers) connections reads its own state: \(means)"
            case .binlogPosition, .tableLock, .globalLock:
                "\(readers) connections read one state (\(means))"
            }
        return withoutVersions.map { "\(text); \($0)" } ?? text
    }

    /// How the connections agree, or why they do not.
    package var means: String {
        switch agreement {
        case .oneReader: "one transaction"
        case .binlogPosition(let position): "binary log at \(position), no lock"
        case .tableLock(let held): "tables locked for \(held.milliseconds) ms"
        case .globalLock(let held): "server locked for \(held.milliseconds) ms"
        case .none: reasons.joined(separator: "; ")
        }
    }

    /// What no snapshot protects; nil if there is nothing.
    package var withoutVersions: String? {
        guard !unversioned.isEmpty else { return nil }
        return
            "\(unversioned.joined(separator: ", ")) has an engine without snapshots: what is written to it "
            + "while it is read may be read or not"
    }
}

extension SharedSnapshot {
    /// How hard to try.
    package struct Effort: Hashable, Sendable {
        /// How often to open all snapshots and compare, before locking.
        package var attemptsMax = 5
        /// How long to wait for a lock; other writers wait behind us meanwhile.
        package var lockWait: Duration = .seconds(2)
        /// The server takes the lock away by itself when we are silent for so long.
        package var lockHold: Duration = .seconds(5)

        package init() {}
    }

    /// Opens a snapshot on each of the connections, all of one moment if the server allows it.
    ///
    /// - Parameters:
    ///   - tables: names in the connections' database, all that will be read.
    ///   - opened: told after each snapshot, with the connection's index. For tests and for logs.
    /// - Throws: when a connection fails; then no transaction is left open on any of them.
    package static func open(
        on readers: [MySQLConnection], tables: [String], effort: Effort = Effort(),
        opened: (Int) throws -> Void = { _ in }
    ) throws -> SharedSnapshot {
        guard let first = readers.first else {
            preconditionFailure("A snapshot needs a connection to be seen through.")
        }
        do {
            let unversioned = try first.unversioned(among: tables)
            var reasons: [String] = []
            func snapshot(_ agreement: Agreement) -> SharedSnapshot {
                SharedSnapshot(
                    readers: readers.count, agreement: agreement, reasons: reasons, unversioned: unversioned)
            }
            guard readers.count > 1 else {
                try begin(readers, opened)
                return snapshot(.oneReader)
            }
            switch try openWithoutLock(readers, effort, opened) {
            case .agreed(let agreement): return snapshot(agreement)
            case .failed(let reason): reasons.append(reason)
            }
            switch try openBehindLock(readers, tables, effort, opened) {
            case .agreed(let agreement): return snapshot(agreement)
            case .failed(let reason): reasons.append(reason)
            }
            try begin(readers, opened)
            return snapshot(.none)
        } catch {
            close(readers)
            throw error
        }
    }

    /// Ends the transaction on every connection; one that does not obey is closed.
    package static func close(_ readers: [MySQLConnection]) {
        for reader in readers where reader.isOpen {
            do throws(MySQLError) { try reader.rollBack() } catch { reader.close() }
        }
    }

    private static func begin(_ readers: [MySQLConnection], _ opened: (Int) throws -> Void) throws {
        for (index, reader) in readers.enumerated() {
            try reader.beginConsistentSnapshot()
            try opened(index)
        }
    }

    private enum Outcome {
        case agreed(Agreement)
        case failed(String)
    }

    // MARK: Without a lock

    /// MariaDB tells for each snapshot where the binary log was. Equal places mean equal states, unless
    /// somebody commits without logging; the counter of transactions shows that.
    private static func openWithoutLock(
        _ readers: [MySQLConnection], _ effort: Effort, _ opened: (Int) throws -> Void
    ) throws -> Outcome {
        let first = readers[0]
        guard first.isMariaDB else { return .failed("only MariaDB tells the moment of a snapshot") }
        guard try first.query("SELECT @@GLOBAL.log_bin").rows.first?[0] == "1" else {
            return .failed("the server keeps no binary log to compare snapshots by")
        }
        let counter = "Innodb_max_trx_id"
        guard try first.status(counter) != nil else { return .failed("the server has no \(counter)") }
        for attempt in 1...max(1, effort.attemptsMax) {
            let before = try first.status(counter)
            try begin(readers, opened)
            let positions = try readers.map { try $0.snapshotPosition() }
            let after = try first.status(counter)
            if let position = positions[0], Set(positions).count == 1, before == after {
                return .agreed(.binlogPosition(position))
            }
            for reader in readers { try reader.rollBack() }
            usleep(useconds_t(2_000 * attempt))
        }
        return .failed(
            "in each of \(max(1, effort.attemptsMax)) attempts something was committed while the snapshots "
                + "were opened")
    }

    // MARK: Behind a lock

    private static func openBehindLock(
        _ readers: [MySQLConnection], _ tables: [String], _ effort: Effort, _ opened: (Int) throws -> Void
    ) throws -> Outcome {
        let lock: SnapshotLock
        do throws(SnapshotLock.Refused) {
            lock = try SnapshotLock(tables, like: readers[0], effort)
        } catch {
            return .failed(error.reason)
        }
        // Closing the lock's connection is what frees the tables, whatever happens below.
        defer { lock.close() }
        try begin(readers, opened)
        do throws(MySQLError) {
            let held = try lock.release()
            return .agreed(lock.isGlobal ? .globalLock(held: held) : .tableLock(held: held))
        } catch {
            for reader in readers { try reader.rollBack() }
            return .failed("the lock was lost while the snapshots were opened (\(error.message))")
        }
    }
}

extension MySQLConnection {
    /// "binlog.000001:772"; nil when the server does not say.
    fileprivate func snapshotPosition() throws(MySQLError) -> String? {
        let rows = try query("SHOW STATUS LIKE 'binlog_snapshot_%'").rows
        func value(_ name: String) -> String? { rows.first { $0[0]?.lowercased() == name }?[1] }
        guard let file = value("binlog_snapshot_file"), let place = value("binlog_snapshot_position"),
            !file.isEmpty
        else { return nil }
        return "\(file):\(place)"
    }

    /// Those of the tables that have no versions, with their engine.
    fileprivate func unversioned(among tables: [String]) throws(MySQLError) -> [String] {
        guard !tables.isEmpty else { return [] }
        let names = tables.map { Self.literal($0) }.joined(separator: ", ")
        return try query(
            """
            SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE() \
            AND table_name IN (\(names)) AND engine IS NOT NULL \
            AND engine NOT IN ('InnoDB', 'ROCKSDB', 'TokuDB') ORDER BY table_name
            """
        ).rows.map { "\($0[0] ?? "") (\($0[1] ?? ""))" }
    }
}

extension Duration {
    /// With one digit after the point.
    fileprivate var milliseconds: String {
        let tenths = (microseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}
