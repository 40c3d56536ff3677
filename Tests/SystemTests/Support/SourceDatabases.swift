import Foundation
import MySQL
import TarnTesting

/// Where the tables of a lake come from, asked without Tarn.
enum SourceDatabases: Sendable {
    case sqlite(folder: String)
    case mariaDB(MySQLSettings)

    /// The variables that point the telecom template at it.
    var environment: [String: String] {
        guard case .mariaDB(let settings) = self else { return [:] }
        return [
            "TARN_ENVIRONMENT": "mysql", "MYSQL_HOST": settings.host, "MYSQL_PORT": "\(settings.port)",
            "MYSQL_USER": settings.user, "MYSQL_PASSWORD": settings.password,
        ]
    }

    /// Runs one query in the database, and returns its rows with `|` between the values.
    func rows(_ sql: String, in database: String) async throws -> [String] {
        let text =
            switch self {
            case .sqlite(let folder):
                try await Program.output(["sqlite3", "-bail", "\(folder)/\(database).db"], input: sql)
            case .mariaDB(let settings):
                try await Program.output(
                    [
                        "mariadb", "--host=\(settings.host)", "--port=\(settings.port)",
                        "--user=\(settings.user)", "--password=\(settings.password)", "--batch",
                        "--skip-column-names", "--binary-mode", "--database=\(database)",
                    ], input: sql
                ).replacingOccurrences(of: "\t", with: "|")
            }
        return text.split(separator: "\n").map(String.init)
    }

    /// The columns of MySQL's type TIME, which bronze keeps as microseconds.
    func timesOfDay() async throws -> Set<String> {
        guard case .mariaDB = self else { return [] }
        return Set(
            try await rows(
                """
                SELECT concat(table_schema, '.', table_name, '.', column_name) FROM information_schema.columns
                WHERE data_type = 'time'
                """, in: "information_schema"))
    }

    /// A column's name as the database quotes it.
    func quoted(_ name: String) -> String {
        switch self {
        case .sqlite: "\"\(name)\""
        case .mariaDB: "`\(name)`"
        }
    }

    /// The seconds since 1970 of a date and time; NULL for zero dates, as in bronze.
    func seconds(_ column: String) -> String {
        switch self {
        case .sqlite:
            "CASE WHEN \(column) NOT LIKE '0000%' THEN CAST(strftime('%s', \(column)) AS INTEGER) END"
        case .mariaDB:
            "CASE WHEN \(column) > '0001-01-01' THEN TIMESTAMPDIFF(SECOND, '1970-01-01', \(column)) END"
        }
    }
}

/// The MariaDB of these tests alone: its databases have the template's names.
enum SystemTestServer {
    private static let started = Task { try await MariaDBServer.another() }

    static func settings() async throws -> MySQLSettings { try await started.value.administrator }

    /// Lends the server without any database of the template.
    static func withoutDatabases<T>(_ body: (SourceDatabases) async throws -> T) async throws -> T {
        let databases = SourceDatabases.mariaDB(try await settings())
        let kept = "('mysql', 'sys', 'information_schema', 'performance_schema')"
        let names = try await databases.rows(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN \(kept)",
            in: "information_schema")
        for name in names {
            _ = try await databases.rows("DROP DATABASE `\(name)`", in: "information_schema")
        }
        return try await body(databases)
    }
}
