package import LakeModel
internal import DuckDB
internal import MySQL
internal import Project
internal import SQLite

/// A source that cannot be reached or that refuses what it is asked.
package struct SourceUnavailable: Diagnostic {
    package let code: String
    package let problem: String
    package let place: Place?
    package let remedy: String
    package let isTransient: Bool
    package let category: FailureCategory

    init(_ error: MySQLError, source: SourceDefinition, table: TableName? = nil) {
        let subject = table.map { "\(source.name).\($0)" } ?? source.name.text
        let connection = source.connection
        var address = "the connection '\(connection.name)'"
        if case .mysql(let server) = connection.kind { address = server.inWords(connection) }
        isTransient = error.isTransient
        switch error.kind {
        case .unreachable:
            (code, category) = ("source.unreachable", .transient)
            problem = "\(subject) cannot be reached at \(address): \(error.message)"
            remedy =
                "Check that the server runs and that host, port and firewall are right; then run this again."
            place = connection.place
        case .accessDenied:
            (code, category) = ("source.access-denied", .authExpired)
            problem = "\(subject): the server at \(address) refused: \(error.message)"
            remedy =
                "Check user and password (their variables are named in lake.yaml) and GRANT SELECT on \(source.database).*."
            place = connection.place
        case .unknownDatabase:
            (code, category) = ("source.unknown-database", .badConfig)
            problem = "\(subject): there is no database '\(source.database)' at \(address)."
            remedy = "Correct 'database' here, or create it."
            place = source.place
        case .unknownTable:
            (code, category) = ("source.unknown-table", .badConfig)
            problem = "\(subject) is gone from the database '\(source.database)': \(error.message)"
            remedy = "Take it out of this file, or exclude it with a reason. What bronze has of it stays."
            place = source.place(of: table)
        case .unknownColumn:
            (code, category) = ("source.unknown-column", .badConfig)
            problem = "\(subject): \(error.message)"
            remedy = "Compare the columns named here (key, cursor) with the table at the source."
            place = source.place(of: table)
        case .lostConnection, .deadlock, .lockWait, .timeout, .tooManyConnections:
            (code, category) = ("source.interrupted", .transient)
            problem = "\(subject): reading was cut off: \(error.message)"
            remedy = "Nothing was committed. Run this again: it reads the table anew."
            place = nil
        case .interrupted:
            (code, category) = ("source.cancelled", .cancelled)
            problem = "\(subject): the query was cancelled at the server."
            remedy = "Nothing was committed. Run this again when you like."
            place = nil
        case .syntax, .readOnly, .tls, .other:
            (code, category) = ("source.refused", .badQuery)
            problem = "\(subject): the server at \(address) said: \(error.message) (\(error.number))"
            remedy = "Look the number up in the server's manual; the query was: \(error.sql)"
            place = source.place(of: table)
        }
    }

    init(_ error: SQLiteError, source: SourceDefinition, table: TableName? = nil, path: String) {
        let subject = table.map { "\(source.name).\($0)" } ?? source.name.text
        isTransient = error.isTransient
        if error.isTransient {
            (code, category) = ("source.busy", .transient)
            problem = "\(subject): \(path) is locked by another program: \(error.message)"
            remedy = "Run this again when the writer is done."
            place = nil
        } else if error.kind == .interrupted {
            (code, category) = ("source.cancelled", .cancelled)
            problem = "\(subject): the query was cancelled."
            remedy = "Nothing was committed. Run this again when you like."
            place = nil
        } else {
            (code, category) = ("source.refused", .badQuery)
            problem = "\(subject): SQLite cannot read \(path): \(error.message)"
            remedy = "Check the file with: sqlite3 '\(path)' 'PRAGMA integrity_check'"
            place = table == nil ? source.connection.place : source.place(of: table)
        }
    }

    init(_ error: DuckDBError, source: SourceDefinition, table: TableName? = nil, path: String) {
        let subject = table.map { "\(source.name).\($0)" } ?? source.name.text
        if error.message.contains("lock on file") {
            (code, category, isTransient) = ("source.busy", .transient, true)
            problem = "\(subject): \(path) is locked by another program that writes to it."
            remedy =
                "Run this again when it has closed the file: DuckDB lets either one write or several read."
            place = nil
        } else if error.isInterrupt {
            (code, category, isTransient) = ("source.cancelled", .cancelled, false)
            problem = "\(subject): the query was cancelled."
            remedy = "Nothing was committed. Run this again when you like."
            place = nil
        } else {
            (code, category, isTransient) = ("source.refused", .badQuery, false)
            problem = "\(subject): DuckDB cannot read \(path): \(error.message)"
            remedy =
                "Look at it with: duckdb -readonly '\(path)'. If it is damaged, restore it from a backup."
            place = table == nil ? source.connection.place : source.place(of: table)
        }
    }

    init(clock text: String, source: SourceDefinition) {
        (code, category, isTransient) = ("source.clock", .badConfig, false)
        problem = "\(source.name): the server's clock cannot be read: UTC_TIMESTAMP(6) gave '\(text)'."
        remedy = "Is this MySQL 5.6 or newer, or MariaDB?"
        place = source.connection.place
    }

    init(unsupported kind: String, source: SourceDefinition) {
        (code, category, isTransient) = ("source.unsupported", .badConfig, false)
        problem = "\(source.name): this build of tarn cannot read sources of kind \(kind)."
        remedy = "Use a build that can, or take the source out of sources/."
        place = source.place
    }

    init(missingFolder path: String, source: SourceDefinition) {
        (code, category, isTransient) = ("source.missing-folder", .badConfig, false)
        problem = "\(source.name): there is no folder \(path)."
        remedy = "Correct 'folder' of the connection, or mount the disk that it is on."
        place = source.connection.place
    }

    init(missingFile path: String, source: SourceDefinition) {
        (code, category, isTransient) = ("source.missing-file", .badConfig, false)
        problem = "\(source.name): there is no database file \(path)."
        remedy =
            "Correct 'path' of the connection or 'database' of the source. For the demo: tarn demo generate"
        place = source.place
    }
}

extension SourceDefinition {
    /// Where `table` is declared, or where the source is.
    func place(of table: TableName?) -> Place {
        tables.first { $0.name == table }?.place ?? place
    }
}

extension ConnectionDefinition.ServerAddress {
    /// `etl@db.internal:3306 (connection 'v3')`.
    func inWords(_ connection: ConnectionDefinition) -> String {
        "\(user)@\(socket ?? "\(host):\(port)") (connection '\(connection.name)')"
    }
}
