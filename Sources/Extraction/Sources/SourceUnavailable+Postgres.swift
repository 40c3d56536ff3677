internal import LakeModel
internal import Postgres
internal import Project

extension SourceUnavailable {
    init(_ error: PostgresError, source: SourceDefinition, table: TableName? = nil) {
        let subject = table.map { "\(source.name).\($0)" } ?? source.name.text
        let connection = source.connection
        var address = "the connection '\(connection.name)'"
        if case .postgres(let server) = connection.kind { address = server.inWords(connection) }
        let hint = error.hint.isEmpty ? "" : " \(error.hint)"
        switch error.kind {
        case .unreachable:
            self.init(
                "source.unreachable", .transient,
                "\(subject) cannot be reached at \(address): \(error.message)", connection.place,
                "Check that the server runs and that host, port and firewall are right; then run this again.",
                isTransient: true)
        case .accessDenied where error.isConnecting:
            self.init(
                "source.access-denied", .authExpired,
                "\(subject): the server at \(address) refused: \(error.message)", connection.place,
                "Check user and password (their variables are named in lake.yaml) and the server's pg_hba.conf."
            )
        case .accessDenied where error.message.contains("row-level security"):
            self.init(
                "source.access-denied", .authExpired,
                "\(subject): a policy would hide rows: \(error.message)",
                source.place(of: table),
                "Give the account BYPASSRLS, or read a view that is meant to show fewer rows.")
        case .accessDenied:
            self.init(
                "source.access-denied", .authExpired,
                "\(subject): the server at \(address) refused: \(error.message)", source.place(of: table),
                "GRANT USAGE ON SCHEMA and GRANT SELECT ON the table to this account.")
        case .unknownDatabase:
            self.init(
                "source.unknown-database", .badConfig,
                "\(subject): there is no database '\(source.database)' at \(address).", source.place,
                "Correct 'database' here, or create it.")
        case .unknownTable:
            self.init(
                "source.unknown-table", .badConfig,
                "\(subject) is gone from the database '\(source.database)': \(error.message)",
                source.place(of: table),
                "Take it out of this file, or exclude it with a reason. What bronze has of it stays.")
        case .unknownColumn:
            self.init(
                "source.unknown-column", .badConfig, "\(subject): \(error.message)", source.place(of: table),
                "Compare the columns named here (key, cursor) with the table at the source.")
        case .lostConnection, .deadlock, .lockWait, .timeout, .serialization, .tooManyConnections,
            .outOfResources:
            self.init(
                "source.interrupted", .transient, "\(subject): reading was cut off: \(error.message)\(hint)",
                nil, "Nothing was committed. Run this again: it reads the table anew.",
                isTransient: true)
        case .interrupted:
            self.init(
                "source.cancelled", .cancelled, "\(subject): the query was cancelled at the server.", nil,
                "Nothing was committed. Run this again when you like.")
        case .tls:
            self.init(
                "source.refused", .badConfig,
                "\(subject): \(address) is not encrypted as it must be: \(error.message)",
                connection.place,
                "Set 'tls' and 'ca_file' of the connection to what the server offers.")
        case .syntax, .readOnly, .malformed, .other:
            self.init(
                "source.refused", .badQuery,
                "\(subject): the server at \(address) said: \(error.message)\(hint) (\(error.sqlState))",
                source.place(of: table),
                "Look the code up in PostgreSQL's manual; the query was: \(error.sql)")
        }
    }

    init(missing table: TableName, of source: SourceDefinition) {
        self.init(
            "source.unknown-table", .badConfig,
            "\(source.name).\(table) is gone from the database '\(source.database)', or its columns are.",
            source.place(of: table),
            "Take it out of this file, or exclude it with a reason. What bronze has of it stays.")
    }

    init(answer sql: String, source: SourceDefinition) {
        self.init(
            "source.refused", .badQuery, "\(source.name): the server did not answer as it should.",
            source.connection.place, "Is this PostgreSQL, 12 or newer? The query was: \(sql)")
    }

    private init(
        _ code: String, _ category: FailureCategory, _ problem: String, _ place: Place?, _ remedy: String,
        isTransient: Bool = false
    ) {
        (self.code, self.category, self.problem) = (code, category, problem)
        (self.place, self.remedy, self.isTransient) = (place, remedy, isTransient)
    }
}
