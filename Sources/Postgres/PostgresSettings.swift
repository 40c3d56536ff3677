/// Where a PostgreSQL server is, who asks, and how long to wait for it.
///
/// The text is always UTF-8 and the session's time zone always UTC. No description, mirror or dump of the
/// settings shows the password, and neither the environment nor files of the user's home change them.
package struct PostgresSettings: Sendable {
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
    /// The folder of a Unix socket, used instead of `host` when it is there; `port` then names the socket in
    /// it.
    package var socketFolder: String?
    package var user: String
    package var password: String
    package var database: String
    package var tls: TLS
    /// How long the server may take until the session is there.
    package var connectTimeout: Duration
    /// How long the server may be silent, also while it computes the first row.
    package var readTimeout: Duration
    /// How long one statement may run at the server; nil for as long as it takes, whatever the role's own
    /// default is.
    package var statementTimeout: Duration?
    /// How long a statement may wait for somebody else's lock.
    package var lockTimeout: Duration
    /// How long the server lets a transaction of this session idle: it bounds what a reader that hangs can
    /// hold back.
    package var idleInTransactionTimeout: Duration
    /// What `pg_stat_activity` shows.
    package var applicationName: String
    /// Whether the server refuses every write of this session.
    package var isReadOnly: Bool

    package init(
        host: String = "127.0.0.1", port: UInt16 = 5432, socketFolder: String? = nil, user: String,
        password: String, database: String, tls: TLS = .disabled, connectTimeout: Duration = .seconds(10),
        readTimeout: Duration = .seconds(900), statementTimeout: Duration? = nil,
        lockTimeout: Duration = .seconds(30), idleInTransactionTimeout: Duration = .seconds(4 * 3600),
        applicationName: String = "tarn", isReadOnly: Bool = true
    ) {
        (self.host, self.port, self.socketFolder) = (host, port, socketFolder)
        (self.user, self.password, self.database, self.tls) = (user, password, database, tls)
        (self.connectTimeout, self.readTimeout) = (connectTimeout, readTimeout)
        (self.statementTimeout, self.lockTimeout) = (statementTimeout, lockTimeout)
        self.idleInTransactionTimeout = idleInTransactionTimeout
        (self.applicationName, self.isReadOnly) = (applicationName, isReadOnly)
    }

    /// "127.0.0.1:5432" or the socket's path: what an error message may say.
    package var address: String {
        socketFolder.map { "\($0)/.s.PGSQL.\(port)" } ?? "\(host):\(port)"
    }
}

extension PostgresSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(user)@\(address)/\(database)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror {
        Mirror(self, children: ["address": address, "user": user, "database": database])
    }
}

extension Duration {
    /// Rounded up, because zero means "for ever" to the server.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return max(1, seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
