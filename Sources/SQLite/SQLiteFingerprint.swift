internal import CSQLite
internal import Glibc

/// What tells one state of a database file from every later one, without reading its rows.
///
/// **Promise.** Two fingerprints of one file are different if any transaction was committed between them.
/// Reading through a `.readOnly` connection does not change it. It may change without a commit (a checkpoint,
/// a copy, a touched file): a false alarm costs an extraction, a missed change would cost rows.
///
/// **Argument, rollback journal.** A transaction that changes the file adds one to the change counter in its
/// header (bytes 24–27) before it lets go of the lock.
///
/// **Argument, WAL.** The header's counter does not move with every commit, so it proves nothing here:
/// - A commit appends frames to the -wal file and marks the last one. Within one generation of that file (one
///   pair of salts) the number of the last commit frame only grows. The file's size does not: a restarted WAL
///   writes over its old frames. So the frames are walked, by the rule of SQLite's own recovery: a frame
///   counts if its salts and its checksum, which covers all frames before it, are right.
/// - A restart makes a new generation: the first salt grows by one, the second is random.
/// - When the WAL is gone or empty, every commit since has been copied into the main file by a checkpoint,
///   which moves that file's time of change (ctime, which no user can set). That clock has ticks, and two
///   writes in one tick leave one time; so in this case the fingerprint is taken only after the tick of the
///   last write is over.
package struct SQLiteFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// Text to be stored and compared as a whole.
    package let description: String
}

extension SQLiteConnection {
    /// The fingerprint of the database as it is now.
    ///
    /// Take it before the snapshot that it stands for: a commit in between is then read twice, never missed.
    /// Blocks for some milliseconds after a checkpoint.
    /// - Throws: `.ioFailure`, and `.busy` when the file is being rewritten all the time.
    package func fingerprint() throws(SQLiteError) -> SQLiteFingerprint {
        // A look at a restarted WAL while it is being written can be torn; two equal looks are not.
        var earlier = try look()
        for _ in 0..<20 {
            let later = try look()
            if later == earlier { return SQLiteFingerprint(description: later) }
            earlier = later
        }
        throw SQLiteError(
            extendedCode: SQLITE_BUSY, message: "\(path) changes faster than it can be looked at")
    }

    private func look() throws(SQLiteError) -> String {
        let header = try mainHeader()
        let isWAL = header.count >= 20 && header[18] == 2
        let log = isWAL ? try WriteAheadLog.lastCommit(of: path + "-wal") : nil
        var status = try fileStatus()
        if isWAL, log == nil {
            awaitEndOfTick(of: status)
            status = try fileStatus()
        }
        let counter = header.count >= 28 ? header[24..<28].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } : 0
        let file = "\(status.st_ino).\(status.st_size).\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
        return "\(counter)-\(file)-\(log ?? "none")"
    }

    /// The first hundred bytes of the main file; none while it is empty.
    ///
    /// They are read through SQLite's own descriptor: if this process opened and closed the file by itself,
    /// the kernel would drop the locks that SQLite holds on it.
    private func mainHeader() throws(SQLiteError) -> [UInt8] {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = withUnsafeMutablePointer(to: &file) {
            sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, $0)
        }
        guard code == SQLITE_OK, let file, let read = file.pointee.pMethods?.pointee.xRead else {
            throw SQLiteError(extendedCode: SQLITE_IOERR, message: "\(path) is not a file")
        }
        var header = [UInt8](repeating: 0, count: 100)
        let outcome = header.withUnsafeMutableBytes { read(file, $0.baseAddress, Int32($0.count), 0) }
        // SQLITE_IOERR_SHORT_READ, a macro that Swift does not see.
        if outcome == SQLITE_IOERR | (2 << 8) { return [] }
        guard outcome == SQLITE_OK else {
            throw SQLiteError(extendedCode: outcome, message: "cannot read the header of \(path)")
        }
        return header
    }

    private func fileStatus() throws(SQLiteError) -> stat {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SQLiteError(extendedCode: SQLITE_IOERR, message: "cannot look at \(path): errno \(errno)")
        }
        return status
    }

    /// Returns when a write from now on would leave a later time of change than `status` has.
    private func awaitEndOfTick(of status: stat) {
        // File systems stamp with a clock that moves every few milliseconds, some old ones every two seconds.
        let tick: Int64 = status.st_ctim.tv_nsec == 0 ? 2_100_000_000 : 20_000_000
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seconds = Int64(now.tv_sec - status.st_ctim.tv_sec)
        guard seconds < 10 else { return }
        let age = seconds * 1_000_000_000 + Int64(now.tv_nsec - status.st_ctim.tv_nsec)
        let left = min(tick, tick - age)
        guard left > 0 else { return }
        var pause = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        var rest = timespec()
        while nanosleep(&pause, &rest) != 0, errno == EINTR { pause = rest }
    }
}
