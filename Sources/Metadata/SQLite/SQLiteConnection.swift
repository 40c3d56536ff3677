internal import GRDB

/// A transaction of SQLite's, through GRDB, which remembers prepared statements.
struct SQLiteConnection: SQLConnection {
    let db: Database

    var dialect: SQLDialect { .sqlite }

    func execute(_ sql: String, _ arguments: [(any SQLBindable)?]) throws -> Int {
        try db.cachedStatement(sql: sql).execute(arguments: bound(arguments))
        return db.changesCount
    }

    func rows(_ sql: String, _ arguments: [(any SQLBindable)?]) throws -> [SQLRow] {
        let statement = try db.cachedStatement(sql: sql)
        let columns = SQLColumns(statement.columnNames)
        let cursor = try Row.fetchCursor(statement, arguments: bound(arguments))
        var rows: [SQLRow] = []
        while let row = try cursor.next() {
            rows.append(
                SQLRow(
                    columns,
                    row.databaseValues.map { value in
                        switch value.storage {
                        case .null, .blob: .null
                        case .int64(let number): .integer(number)
                        case .double(let number): .real(number)
                        case .string(let text): .text(text)
                        }
                    }))
        }
        return rows
    }

    /// Who waits looks for himself.
    func call() {}

    private func bound(_ arguments: [(any SQLBindable)?]) -> StatementArguments {
        StatementArguments(
            arguments.map { argument -> (any DatabaseValueConvertible)? in
                switch argument?.sqlValue {
                case .integer(let number)?: number
                case .real(let number)?: number
                case .text(let text)?: text
                case .null?, nil: nil
                }
            })
    }
}
