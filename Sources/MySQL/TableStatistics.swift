/// What the server believes about a table's size. InnoDB estimates it: half or twice as much is usual.
package struct TableStatistics: Hashable, Sendable {
    package let name: String
    package let rows: Int64
    package let dataBytes: Int64
    package let indexBytes: Int64
}

extension MySQLConnection {
    /// The sizes of the tables of a database, by name; views have none.
    package func statistics(in database: String) throws(MySQLError) -> [TableStatistics] {
        try query(
            """
            SELECT table_name, table_rows, data_length, index_length FROM information_schema.tables \
            WHERE table_schema = \(Self.literal(database)) AND table_rows IS NOT NULL ORDER BY table_name
            """
        ).rows.map { row in
            func number(_ column: Int) -> Int64 { row[column].flatMap { Int64($0) } ?? 0 }
            return TableStatistics(
                name: row[0] ?? "", rows: number(1), dataBytes: number(2), indexBytes: number(3))
        }
    }
}
