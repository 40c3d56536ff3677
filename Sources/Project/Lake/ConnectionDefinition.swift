package import LakeModel

/// How to reach the databases of a kind.
package struct ConnectionDefinition: Sendable {
    package let name: String
    package let place: Place
    package let kind: Kind

    package init(name: String, place: Place, kind: Kind) {
        self.name = name
        self.place = place
        self.kind = kind
    }

    package enum Kind: Sendable {
        /// Absolute path of the file, in which `{database}` stands for the source's database.
        case sqlite(path: String)
        /// Absolute path of the file, as for `sqlite`, and the schema that the tables are in.
        case duckdb(path: String, schema: String)
        /// Absolute path of a folder, as for `sqlite`.
        case files(folder: String)
        case mysql(ServerAddress)
        case postgres(ServerAddress)
    }

    /// A database server.
    package struct ServerAddress: Sendable {
        package let host: String
        package let port: Int
        /// A Unix socket; for PostgreSQL the folder that it is in.
        package let socket: String?
        package let user: String
        package let password: Secret
        package let tls: TLSMode

        package init(
            host: String = "localhost", port: Int, socket: String? = nil, user: String,
            password: Secret = Secret(""), tls: TLSMode = .off
        ) {
            self.host = host
            self.port = port
            self.socket = socket
            self.user = user
            self.password = password
            self.tls = tls
        }
    }

    package enum TLSMode: Hashable, Sendable {
        case off
        /// Encrypted, whoever answers.
        case on
        /// Encrypted, and the server has a certificate for its name that the authority signed; absolute path
        /// of the authority's certificate, or the system's authorities.
        case verified(authority: String?)
    }
}
