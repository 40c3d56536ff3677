internal import CPostgres
internal import Glibc

extension PostgresConnection {
    /// Opens a connection, or throws before there is anything to close.
    static func open(_ settings: PostgresSettings) throws(PostgresError) -> OpaquePointer {
        let deadline = ContinuousClock.now + settings.connectTimeout
        guard let handle = start(parameters(of: settings)) else {
            throw PostgresError(.unreachable, message: "out of memory", isConnecting: true)
        }
        // The library tells a failure to connect as text alone; only this makes the code a part of it.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        // A server's notice is for nobody, and the library would print it.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        do {
            try awaitSession(handle, settings, deadline)
        } catch {
            PQfinish(handle)
            throw error
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return handle
    }

    private static func awaitSession(
        _ handle: OpaquePointer, _ settings: PostgresSettings, _ deadline: ContinuousClock.Instant
    ) throws(PostgresError) {
        var events = Int32(POLLOUT)
        while PQstatus(handle) != CONNECTION_BAD {
            guard poll(PQsocket(handle), for: events, until: deadline) else {
                throw PostgresError(
                    .unreachable, message: "\(settings.address) did not answer in \(settings.connectTimeout)",
                    isConnecting: true)
            }
            switch PQconnectPoll(handle) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int32(POLLIN)
            case PGRES_POLLING_WRITING: events = Int32(POLLOUT)
            default: throw connectFailure(handle, settings)
            }
        }
        throw connectFailure(handle, settings)
    }

    /// "connection to server at … failed: FATAL:  28P01: password authentication failed …", taken apart.
    private static func connectFailure(
        _ handle: OpaquePointer, _ settings: PostgresSettings
    ) -> PostgresError {
        let text = lastMessage(handle)
        if PQconnectionNeedsPassword(handle) == 1 {
            return PostgresError(
                .accessDenied, message: "the server asks for a password", isConnecting: true)
        }
        guard let match = text.firstMatch(of: /(\w+):  ([0-9A-Z]{5}): (.*)/) else {
            return PostgresError(message: text, secret: settings.password, isConnecting: true)
        }
        // What follows is where in the server's own code the error was raised.
        let message = match.3.firstRange(of: " LOCATION: ").map { match.3[..<$0.lowerBound] } ?? match.3
        return PostgresError(
            sqlState: String(match.2), severity: String(match.1), message: String(message),
            secret: settings.password, isConnecting: true)
    }

    private static func start(_ parameters: [(String, String)]) -> OpaquePointer? {
        var keywords = parameters.map { UnsafePointer(strdup($0.0)) } + [nil]
        var values = parameters.map { UnsafePointer(strdup($0.1)) } + [nil]
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        return PQconnectStartParams(&keywords, &values, 0)
    }

    /// Everything that the environment or a file could say is said here.
    private static func parameters(of settings: PostgresSettings) -> [(String, String)] {
        var parameters = [
            ("host", settings.socketFolder ?? settings.host), ("port", "\(settings.port)"),
            ("user", settings.user), ("password", settings.password), ("dbname", settings.database),
            ("application_name", settings.applicationName), ("client_encoding", "UTF8"),
            ("passfile", "/dev/null/none"), ("gssencmode", "disable"), ("target_session_attrs", "any"),
            // A peer that has vanished is noticed within minutes, whatever the system's own defaults are.
            ("keepalives", "1"), ("keepalives_idle", "60"), ("keepalives_interval", "10"),
            ("keepalives_count", "6"), ("tcp_user_timeout", "120000"),
        ]
        // Nothing at all lets the environment speak; a blank is sent, which old poolers refuse.
        if getenv("PGOPTIONS") != nil { parameters.append(("options", " ")) }
        switch settings.tls {
        case .disabled: parameters.append(("sslmode", "disable"))
        case .required: parameters += [("sslmode", "require"), ("sslrootcert", "/dev/null/none")]
        case .verified(let authority):
            let trusted = authority ?? systemAuthorities
            parameters += [("sslmode", "verify-full"), ("sslrootcert", trusted)]
        }
        return parameters
    }

    /// Where distributions keep the certificates that the system trusts.
    private static var systemAuthorities: String {
        let places = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
        return places.first { access($0, R_OK) == 0 } ?? places[0]
    }

    /// One statement, and by `set_config` instead of start-up options, which poolers refuse.
    var sessionSetUp: String {
        var values = [
            ("TimeZone", "UTC"), ("DateStyle", "ISO"), ("IntervalStyle", "iso_8601"),
            ("extra_float_digits", "3"), ("bytea_output", "hex"),
            // A policy that hides rows is then an error, never a table with fewer rows.
            ("row_security", "off"),
            ("default_transaction_read_only", settings.isReadOnly ? "on" : "off"),
            ("statement_timeout", "\(settings.statementTimeout?.wholeMilliseconds ?? 0)"),
            ("lock_timeout", "\(settings.lockTimeout.wholeMilliseconds)"),
            (
                "idle_in_transaction_session_timeout",
                "\(settings.idleInTransactionTimeout.wholeMilliseconds)"
            ),
        ]
        // A database that never checked its text would fail at the first byte that is no UTF-8.
        if PQparameterStatus(handle, "server_encoding").map({ String(cString: $0) }) == "SQL_ASCII" {
            values.append(("client_encoding", "SQL_ASCII"))
        }
        if serverVersion >= 140_000 {
            values += [("idle_session_timeout", "0"), ("client_connection_check_interval", "10000")]
        }
        let calls = values.map { "set_config('\($0.0)', '\($0.1)', false)" }
        return "SELECT \(calls.joined(separator: ", "))"
    }
}
