/// Where a MySQL or MariaDB server is, who asks, and how long to wait for it.
///
/// The text is always utf8mb4 and the session's time zone always UTC. No description, mirror or dump of the
/// settings shows the password.
package struct MySQLSettings: Sendable {
    /// What the connection's encryption must be. There is no mode that silently falls back to clear text.
    package enum TLS: Hashable, Sendable {
        /// Clear text: for a server on the same machine or inside a private network.
        case disabled
        /// Encrypted, but any certificate is accepted.
        case required
        /// Encrypted, and the certificate must be for this host and signed by `authority` (a PEM file), or by
        /// one that the system trusts.
        case verified(authority: String?)
    }

    package var host: String
    package var port: UInt16
    /// The path of a Unix socket, used instead of `host` and `port` when it is there.
    package var socket: String?
    package var user: String
    package var password: String
    /// The database that unqualified names belong to.
    package var database: String?
    /// How long the server may take to answer the first time.
    package var connectTimeout: Duration
    /// How long the server may be silent, also while it computes the first row.
    package var readTimeout: Duration
    package var writeTimeout: Duration
    package var tls: TLS
    /// Whether the protocol is compressed: worth it on a slow network only.
    package var compress: Bool
    /// Whether the server refuses every write of this session.
    package var isReadOnly: Bool
    /// How long the server lets one statement of this session run, the sending of its rows included; nil for
    /// its own default. MySQL keeps the limit for SELECT only, MariaDB for every statement.
    package var statementTimeout: Duration?
    /// Whether ``MySQLConnection/loadLocalData(_:provider:)`` may be used. Even then the server is given
    /// nothing but the provider's bytes: never a file of this machine.
    package var allowsLocalData: Bool

    package init(
        host: String = "127.0.0.1", port: UInt16 = 3306, socket: String? = nil, user: String,
        password: String,
        database: String? = nil, connectTimeout: Duration = .seconds(10),
        readTimeout: Duration = .seconds(900),
        writeTimeout: Duration = .seconds(60), tls: TLS = .disabled, compress: Bool = false,
        isReadOnly: Bool = false, statementTimeout: Duration? = nil, allowsLocalData: Bool = false
    ) {
        (self.host, self.port, self.socket, self.database) = (host, port, socket, database)
        (self.user, self.password) = (user, password)
        (self.connectTimeout, self.readTimeout, self.writeTimeout) = (
            connectTimeout, readTimeout, writeTimeout
        )
        (self.tls, self.compress) = (tls, compress)
        (self.isReadOnly, self.allowsLocalData) = (isReadOnly, allowsLocalData)
        self.statementTimeout = statementTimeout
    }

    /// "127.0.0.1:3306" or the socket's path: what an error message may say.
    package var address: String { socket ?? "\(host):\(port)" }
}

extension MySQLSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(user)@\(address)/\(database ?? "")" }
    package var debugDescription: String { description }
    package var customMirror: Mirror {
        Mirror(self, children: ["address": address, "user": user, "database": database ?? ""])
    }
}
