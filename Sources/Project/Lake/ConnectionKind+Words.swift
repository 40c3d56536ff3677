/// What every face says of a connection, whatever its kind: a new kind has its lines here.
extension ConnectionDefinition.Kind {
    /// As `kind:` names it.
    package var name: String {
        switch self {
        case .sqlite: ConnectionKind.sqlite.rawValue
        case .mysql: ConnectionKind.mysql.rawValue
        case .postgres: ConnectionKind.postgres.rawValue
        case .duckdb: ConnectionKind.duckdb.rawValue
        case .files: ConnectionKind.files.rawValue
        }
    }

    /// `nil` for what is no server.
    package var server: ConnectionDefinition.ServerAddress? {
        switch self {
        case .sqlite, .duckdb, .files: nil
        case .mysql(let address), .postgres(let address): address
        }
    }

    /// The file or folder, for what is one for each database; `{database}` stands for that.
    package var filePattern: String? {
        switch self {
        case .sqlite(let path), .duckdb(let path, _), .files(let path): path
        case .mysql, .postgres: nil
        }
    }

    /// Where it leads for `database`, without secrets: a path, or `etl@db.internal:3306/shop`.
    package func address(of database: String) -> String {
        if let server {
            return "\(server.user)@\(server.socket ?? "\(server.host):\(server.port)")/\(database)"
        }
        return filePattern?.replacing("{database}", with: database) ?? database
    }

    /// Whether nothing goes over a network.
    package var isThisMachine: Bool {
        guard let server else { return true }
        return server.socket != nil || ["localhost", "127.0.0.1", "::1"].contains(server.host)
    }
}
