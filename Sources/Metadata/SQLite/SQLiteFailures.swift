internal import GRDB

/// What SQLite's result codes mean to a user.
struct SQLiteFailures {
    let database: String
    let busyTimeout: Duration

    func translating<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            throw translated(error)
        }
    }

    /// The diagnostic for an error of the engine; any other error as it is.
    func translated(_ error: any Error) -> any Error {
        if let contradiction = error as? StoredContradiction {
            return MetadataDamaged(database: database, detail: contradiction.detail)
        }
        guard let error = error as? DatabaseError else { return error }
        // GRDB's message is SQLite's own: it names tables and columns, never values.
        let detail = error.message ?? error.resultCode.description
        return switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: MetadataBusy(database: database, waited: busyTimeout)
        case .SQLITE_FULL: MetadataDiskFull(database: database)
        case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_FORMAT:
            MetadataDamaged(database: database, detail: detail)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            MetadataInaccessible(database: database, detail: detail)
        case .SQLITE_INTERRUPT, .SQLITE_ABORT: CancellationError()
        default: MetadataFailure(database: database, detail: detail)
        }
    }
}

/// A stored value that this version cannot have written.
struct StoredContradiction: Error {
    let detail: String
}
