import Blocking
import LakeModel
import Postgres
import Project
import TarnTesting
import Testing

/// Lends a lake beside a new PostgreSQL database that `statements` filled, and a way to change it.
func withPostgreSQL<T: Sendable>(
    _ statements: [String], _ body: (LittleLake, PostgresSettings) async throws -> T
) async throws -> T {
    try await PostgreSQLServer.shared().withDatabase { server in
        let settings = PostgresSettings(
            host: server.host, port: server.port, user: server.user, password: server.password,
            database: server.database, applicationName: "app", isReadOnly: false)
        try await change(settings, statements)
        return try await body(try LittleLake(postgres: settings), settings)
    }
}

func change(_ settings: PostgresSettings, _ statements: [String]) async throws {
    try await BlockingPool.shared.run {
        let connection = try PostgresConnection(settings)
        defer { connection.close() }
        for statement in statements { _ = try connection.execute(statement) }
    }
}

extension TableDefinition {
    /// A table of which nothing is said but what becomes of values that do not fit.
    static func full(
        losses: LossPolicy, invalidText: InvalidTextPolicy = .replace, columns: [ColumnDefinition] = [],
        hasChecksum: Bool = false
    ) throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName("t")), losses: losses, invalidText: invalidText,
            hasChecksum: hasChecksum, columns: columns,
            place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }
}
