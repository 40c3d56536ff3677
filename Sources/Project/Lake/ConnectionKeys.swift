internal import LakeModel
internal import Yams

/// The databases that a connection can reach.
enum ConnectionKind: String, CaseIterable, Sendable {
    case sqlite, duckdb, files, mysql, postgres
}

/// How much a connection is protected.
enum WrittenTLS: Sendable {
    case off, on, verify
}

/// The keys of a connection of `environments.<name>.connections`.
enum ConnectionKeys {
    static let kind = Key(
        "kind", .choice as ValueShape<ConnectionKind>, isRequired: true, "The database system.")

    static let path = Key(
        "path", .text, isRequired: true,
        "The database file, relative to the lake's folder. {database} stands for the source's database.")

    static let schemaName = Key("schema", .text, "The schema that the tables are in. Default: main.")
    static let filesFolder = Key(
        "folder", .text, isRequired: true,
        "The folder of the files, relative to the lake's folder; 'lake:landing' is a folder in the lake's store."
    )

    static let host = Key("host", .text, "The server's name or address. Default: localhost.")
    static let port = Key(
        "port", .integer(1...65_535), "The server's TCP port. Default: 3306 of MySQL, 5432 of PostgreSQL.")
    static let socket = Key("socket", .text, "A Unix socket instead of host and port.")
    static let user = Key("user", .text, isRequired: true, "Who logs in; the right to SELECT is enough.")
    static let password = Key(
        "password", .secret("a password", key: "password"),
        "${VARIABLE} with the password. A password itself may not stand in this file.")
    static let passwordFile = Key(
        "password_file", .text, "A file that holds the password, relative to the lake's folder.")
    static let tls = Key(
        "tls", .tls,
        "Whether it is encrypted; verify checks the certificate, too. Default: true, unless the server is this machine."
    )
    static let certificateAuthority = Key(
        "ca_file", .text,
        "The certificate of the authority that signed the server's, relative to the lake's folder; for 'tls: verify'."
    )

    static let sqlite = MappingShape("an SQLite connection", [kind, path])
    static let duckdb = MappingShape("a DuckDB connection", [kind, path, schemaName])
    static let files = MappingShape("a connection to files", [kind, filesFolder])
    private static let server: [any MappingKey] = [
        kind, host, port, socket, user, password, passwordFile, tls, certificateAuthority,
    ]
    static let mysql = MappingShape("a MySQL connection", server)
    static let postgres = MappingShape("a PostgreSQL connection", server)

    static let schema: JSONValue = [
        "oneOf": .array(
            [
                (ConnectionKind.sqlite, sqlite), (.duckdb, duckdb), (.files, files), (.mysql, mysql),
                (.postgres, postgres),
            ].map { kind, shape in
                ["allOf": [shape.schema, ["properties": ["kind": ["const": .string(kind.rawValue)]]]]]
            })
    ]

    /// Which connection a mapping describes, with paths made absolute.
    ///
    /// - Parameter store: Where the lake's own objects are; `nil` if that is wrong.
    static func read(
        _ node: Node, _ document: YAMLDocument, folder: LakeFolder, store: StoreLocation?
    ) -> ConnectionDefinition.Kind? {
        guard case .mapping(let mapping) = node else {
            document.reportType(node, expected: "the keys of a connection")
            return nil
        }
        guard let kindNode = mapping.first(where: { $0.key.scalar?.string == kind.name })?.value else {
            document.report(
                .missingKey, node, "a connection needs the key 'kind'.",
                remedy:
                    "Add 'kind:' with one of \(ConnectionKind.allCases.map(\.rawValue).joined(separator: ", ")); "
                    + "it decides what else can be said.")
            return nil
        }
        switch kind.value.read(kindNode, document) {
        case .sqlite: return MappingReader(node, sqlite, document).flatMap { sqlite($0, folder) }
        case .duckdb: return MappingReader(node, duckdb, document).flatMap { duckdb($0, folder) }
        case .files: return MappingReader(node, files, document).flatMap { files($0, folder, store) }
        case .mysql:
            return MappingReader(node, mysql, document).flatMap { server($0, folder, port: 3_306) }
                .map { .mysql($0) }
        case .postgres:
            return MappingReader(node, postgres, document).flatMap { server($0, folder, port: 5_432) }
                .map { .postgres($0) }
        case nil: return nil
        }
    }

    private static func sqlite(_ reader: MappingReader, _ folder: LakeFolder) -> ConnectionDefinition.Kind? {
        databasePath(path, reader).map { .sqlite(path: folder.absolute($0)) }
    }

    private static func duckdb(_ reader: MappingReader, _ folder: LakeFolder) -> ConnectionDefinition.Kind? {
        let schema = reader.has(schemaName.name) ? reader[schemaName] : "main"
        guard let path = databasePath(path, reader), let schema else { return nil }
        return .duckdb(path: folder.absolute(path), schema: schema)
    }

    private static func files(
        _ reader: MappingReader, _ folder: LakeFolder, _ store: StoreLocation?
    ) -> ConnectionDefinition.Kind? {
        guard let path = databasePath(filesFolder, reader) else { return nil }
        guard path.hasPrefix("lake:") else { return .files(folder: folder.absolute(path)) }
        let root: String
        switch store {
        case .local(let path)?: root = path
        case .adls?:
            if let node = reader.value(of: filesFolder.name) {
                reader.document.reportValue(
                    node, "\(node.inWords) is in a store that is not on this machine.",
                    remedy: "Name a folder of this machine; 'tarn store cp -r' brings files from the store.")
            }
            return nil
        // One that is wrong has been reported.
        case nil: return nil
        }
        let inside = path.dropFirst(5)
        guard let own = LakePath(String(inside)), !own.isHidden else {
            if let node = reader.value(of: filesFolder.name) {
                reader.document.reportValue(
                    node, "\(node.inWords) is no folder in the lake's store.",
                    remedy: "Write, say, 'lake:landing'.")
            }
            return nil
        }
        return .files(folder: "\(root)/\(own)")
    }

    /// A path in which nothing but `{database}` is to be replaced; `nil` if it is not there or wrong.
    private static func databasePath(_ key: Key<String>, _ reader: MappingReader) -> String? {
        guard let path = reader[key] else { return nil }
        if let open = path.replacing("{database}", with: "").firstIndex(of: "{"),
            let node = reader.value(of: key.name)
        {
            let name = path.replacing("{database}", with: "")[open...].prefix { $0 != "/" }
            reader.document.reportValue(
                node, "'\(name)' in the path stands for nothing.",
                remedy: "Only {database} is replaced in a path.")
            return nil
        }
        return path
    }

    private static func server(
        _ reader: MappingReader, _ folder: LakeFolder, port standardPort: Int
    ) -> ConnectionDefinition.ServerAddress? {
        let document = reader.document
        reader.reportBoth(of: [("socket", "host"), ("socket", "port"), ("password", "password_file")])
        let (host, port, socket) = (reader[host], reader[port], reader[socket])
        let (user, tls, authority) = (reader[user], reader[tls], reader[certificateAuthority])
        if reader.has(certificateAuthority.name), tls != .verify {
            document.report(
                .conflict, reader.node(of: certificateAuthority.name),
                "'ca_file' has no meaning without 'tls: verify'.", remedy: "Add 'tls: verify'.")
        }
        guard let password = password(reader, folder), let user else { return nil }
        for key in ["host", "port", "socket", "tls", "ca_file"] where reader.has(key) {
            let values: [String: Any?] = [
                "host": host, "port": port, "socket": socket, "tls": tls, "ca_file": authority,
            ]
            if (values[key] ?? nil) == nil { return nil }
        }
        let isLocal = socket != nil || ["localhost", "127.0.0.1", "::1"].contains(host ?? "localhost")
        let mode: ConnectionDefinition.TLSMode =
            switch tls ?? (isLocal ? .off : .on) {
            case .off: .off
            case .on: .on
            case .verify: .verified(authority: authority.map { folder.absolute($0) })
            }
        return ConnectionDefinition.ServerAddress(
            host: host ?? "localhost", port: port ?? standardPort, socket: socket.map { folder.absolute($0) },
            user: user, password: password, tls: mode)
    }

    /// `nil` if there should be one and it cannot be had.
    private static func password(_ reader: MappingReader, _ folder: LakeFolder) -> Secret? {
        guard reader.has("password") || reader.has("password_file") else { return Secret("") }
        return reader.secret(password, orFile: passwordFile, "password", folder)
    }
}
