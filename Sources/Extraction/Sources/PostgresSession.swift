internal import LakeModel
package import Postgres
package import Project
internal import Synchronization

/// A PostgreSQL database as a source: binary COPY, session in UTC, read-only.
///
/// A table is named as in its schema `public`, or `schema.table`.
final class PostgresSession: SourceSession {
    let connection: PostgresConnection
    let source: SourceDefinition
    private let settings: PostgresSettings
    private let cut = Cut()
    /// What was described, for this session and its siblings.
    private var known: [TableName: Known] = [:]

    /// Whether the connection was cut; other threads hold it, too.
    private final class Cut: Sendable {
        let isDone = Atomic(false)
    }

    /// A table as the catalogue has it.
    struct Known {
        let definition: PostgresTableDefinition
        let arrivals: [String: PostgresArrival]
        /// `"schema"."table"`.
        var quoted: String { PostgresConnection.quoteName(definition.schema, definition.name) }
    }

    init(source: SourceDefinition, address: ConnectionDefinition.ServerAddress) throws {
        self.source = source
        settings = PostgresSettings(
            address, database: source.database, statementTimeout: source.statementTimeout)
        do {
            connection = try PostgresConnection(settings)
        } catch {
            throw SourceUnavailable(error, source: source)
        }
    }

    /// Another session that sees what `session` sees.
    private init(besides session: PostgresSession, snapshot: String) throws(PostgresError) {
        (source, settings, known) = (session.source, session.settings, session.known)
        connection = try PostgresConnection(settings)
        try connection.beginSnapshot(importing: snapshot)
    }

    var system: String {
        "postgresql \(connection.serverVersion / 10_000).\(connection.serverVersion % 10_000)"
    }

    /// Cuts the connection, which never waits; ``close()``, on a thread that may, makes the server notice.
    ///
    /// A cancel request alone would miss a query that is about to be sent.
    var cancel: @Sendable () -> Void {
        let canceller = connection.canceller
        let cut = cut
        return {
            cut.isDone.store(true, ordering: .releasing)
            canceller.disconnect()
        }
    }

    /// Statistics are estimates and written late, so nothing promises that a table did not change.
    func fingerprint() -> String? { nil }

    // MARK: The catalogue

    func describe(_ table: TableName) throws -> SourceTable? {
        try wrap(table) {
            guard let definition = try definition(of: table) else { return nil }
            let columns = try connection.columns(of: definition)
            let arrivals = Dictionary(
                uniqueKeysWithValues: columns.map { ($0.name, PostgresArrival($0)) })
            known[table] = Known(definition: definition, arrivals: arrivals)
            return SourceTable(
                name: table, isView: definition.kind == .view,
                columns: columns.map {
                    SourceColumn(
                        name: $0.name, type: BronzeType($0.type), selection: $0.exactSelection,
                        declared: $0.declaredType, isNullable: $0.isNullable)
                },
                primaryKey: try connection.primaryKey(of: definition),
                rowsEstimate: definition.estimatedRows ?? definition.bytes.map { $0 / 100 })
        }
    }

    func tableNames() throws -> [String] {
        try wrap(nil) {
            try connection.tables().map { $0.schema == "public" ? $0.name : "\($0.schema).\($0.name)" }
        }
    }

    private func definition(of table: TableName) throws(PostgresError) -> PostgresTableDefinition? {
        // A point may also be a part of the name, as it was before there were schemas.
        if let found = try connection.table(table.text, in: "public") { return found }
        guard let point = table.text.firstIndex(of: ".") else { return nil }
        return try connection.table(
            String(table.text[table.text.index(after: point)...]), in: String(table.text[..<point]))
    }

    /// The table as it was described last, or now.
    func known(_ table: TableName) throws -> Known {
        if let known = known[table] { return known }
        _ = try describe(table)
        guard let known = known[table] else {
            throw SourceUnavailable(missing: table, of: source)
        }
        return known
    }

    // MARK: The snapshot

    /// Locks the table as every reader does, so that nobody empties or alters it meanwhile: that would be
    /// seen even by an older snapshot. Then all readers import the first one's snapshot.
    func beginSnapshot(of table: SourceTable, readers: Int) throws -> SourceSnapshot {
        try wrap(table.name) {
            let known = try known(table.name)
            try connection.beginSnapshot()
            // Other kinds cannot be locked.
            if [.table, .partitioned, .view].contains(known.definition.kind) {
                try connection.execute("LOCK TABLE \(known.quoted) IN ACCESS SHARE MODE")
            }
            guard readers > 1 else {
                // The snapshot is taken by the first statement that reads.
                _ = try connection.query("SELECT 1")
                return SourceSnapshot(readers: [self], consistency: .shared("one transaction"))
            }
            let snapshot = try connection.exportSnapshot()
            var siblings: [PostgresSession] = []
            for _ in 1..<readers {
                do throws(PostgresError) {
                    siblings.append(try PostgresSession(besides: self, snapshot: snapshot))
                } catch {
                    // The server or the account has no more connections: those that are there read all.
                    if error.isTransient || error.kind == .accessDenied { break }
                    for sibling in siblings { sibling.close() }
                    throw error
                }
            }
            return SourceSnapshot(
                readers: [self] + siblings, consistency: .shared("one exported snapshot"))
        }
    }

    // MARK: Rows

    func rows(_ reading: TableReading) throws -> any RowProducer {
        try wrap(reading.table.name) {
            let known = try known(reading.table.name)
            let arrivals = try reading.table.columns.map { column in
                guard let arrival = known.arrivals[column.name] else {
                    throw SourceUnavailable(missing: reading.table.name, of: source)
                }
                return arrival.declared(column.type)
            }
            let items = zip(reading.table.columns, arrivals).map { column, arrival in
                "\(arrival.expression) AS \(PostgresConnection.quoteIdentifier(column.name))"
            }
            let from = reading.slice.part ?? known.quoted
            let condition = reading.whereClause(quote: PostgresConnection.quoteIdentifier)
            let stream = try connection.copy(
                "SELECT \(items.joined(separator: ", ")) FROM \(from)\(condition)")
            return PostgresRows(
                stream, reading: reading, arrivals: arrivals,
                explain: { [source] in SourceUnavailable($0, source: source, table: reading.table.name) })
        }
    }

    func close() {
        // If the server cannot be told, it notices by itself.
        if cut.isDone.load(ordering: .acquiring) { try? connection.canceller.cancel() }
        connection.close()
    }

    func wrap<T>(_ table: TableName?, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as PostgresError {
            throw SourceUnavailable(error, source: source, table: table)
        }
    }
}

extension PostgresSettings {
    /// A database at an address of `lake.yaml`.
    package init(
        _ address: ConnectionDefinition.ServerAddress, database: String, statementTimeout: Duration? = nil
    ) {
        self.init(
            host: address.host, port: UInt16(clamping: address.port), socketFolder: address.socket,
            user: address.user, password: address.password.reveal(), database: database,
            tls: TLS(address.tls), statementTimeout: statementTimeout)
    }
}

extension PostgresSettings.TLS {
    fileprivate init(_ mode: ConnectionDefinition.TLSMode) {
        self =
            switch mode {
            case .off: .disabled
            case .on: .required
            case .verified(let authority): .verified(authority: authority)
            }
    }
}
