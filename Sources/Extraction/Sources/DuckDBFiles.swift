internal import DuckDB
internal import Synchronization

/// The DuckDB files that this process has open, each once whatever the number of sessions.
///
/// An engine of its own reads a file, so that a damaged one cannot harm what else is going on. There must be
/// one only: closing any descriptor of a file gives up every lock that the process has on it.
final class DuckDBFiles: Sendable {
    static let shared = DuckDBFiles()

    /// A path and the file that it led to.
    fileprivate struct Key: Hashable {
        let path: String
        let device: UInt64
        let inode: UInt64
    }

    private struct Entry {
        let database: Database
        let fingerprint: String?
        var sessions: Int
    }

    /// A database in use; it is to be given back.
    struct Loan: Sendable {
        fileprivate let key: Key
        let database: Database
        /// Of the file as it was right before it was opened; nobody can write to it while it is open.
        let fingerprint: String?
    }

    private let open = Mutex<[Key: Entry]>([:])

    /// - Throws: ``DuckDBError`` if the file is locked by a writer, or is none of DuckDB's.
    func borrow(_ path: String, _ status: FileStatus, like engine: Database?) throws -> Loan {
        let key = Key(path: path, device: status.device, inode: status.inode)
        return try open.withLock { open in
            if var entry = open[key] {
                entry.sessions += 1
                open[key] = entry
                return Loan(key: key, database: entry.database, fingerprint: entry.fingerprint)
            }
            let fingerprint = FileStatus.fingerprint(ofDuckDB: path)
            let database = try Database(
                path: path, configuration: try DuckDBFiles.settings(like: engine))
            open[key] = Entry(database: database, fingerprint: fingerprint, sessions: 1)
            return Loan(key: key, database: database, fingerprint: fingerprint)
        }
    }

    /// The borrower's connections are closed by now.
    func giveBack(_ loan: consuming Loan) {
        let key = loan.key
        open.withLock { open in
            guard var entry = open[key] else { return }
            entry.sessions -= 1
            open[key] = entry.sessions == 0 ? nil : entry
        }
    }

    private static func settings(like engine: Database?) throws -> [String: String] {
        var settings = [
            "access_mode": "READ_ONLY", "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false", "preserve_insertion_order": "false",
        ]
        guard let engine else { return settings }
        let connection = try engine.connect()
        defer { connection.close() }
        for name in ["threads", "memory_limit", "temp_directory"] {
            let value = "\(try connection.setting(name))"
            if !value.isEmpty { settings[name] = value }
        }
        return settings
    }
}
