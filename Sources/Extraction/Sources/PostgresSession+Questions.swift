internal import LakeModel
internal import Postgres

/// What is asked of a source besides its rows.
extension PostgresSession {
    /// Ask it outside of a transaction: see ``PostgresConnection/writeHorizon()``.
    func clock() throws -> SourceClock {
        try wrap(nil) {
            let horizon = try connection.writeHorizon()
            // The session's own zone is UTC; this is what a column without a zone is most likely in.
            let offset =
                try connection.query(
                    """
                    SELECT extract(epoch FROM now() AT TIME ZONE s.reset_val - now() AT TIME ZONE 'UTC')::bigint
                    FROM pg_catalog.pg_settings s WHERE name = 'TimeZone'
                    """
                ).rows.first?[0].flatMap { Int64($0) } ?? 0
            return SourceClock(
                now: Timestamp(microseconds: horizon.now), localNow: horizon.now + offset * 1_000_000,
                oldestWriter: oldestWriter(horizon))
        }
    }

    private func oldestWriter(_ horizon: WriteHorizon) -> SourceClock.OldestWriter {
        if horizon.isStandby {
            return .unseen("a standby does not show who writes on its primary")
        }
        if horizon.unseenTransactions > 0 {
            return .unseen(
                "\(horizon.unseenTransactions) of other accounts; GRANT pg_read_all_stats shows them")
        }
        let starts = [horizon.oldestTransaction, horizon.oldestPrepared].compactMap(\.self)
        return starts.min().map { .since(Timestamp(microseconds: $0)) } ?? .none
    }

    func load(besides readers: [any SourceSession]) throws -> SourceLoad {
        try wrap(nil) {
            // In a transaction the first look at the sessions would be repeated for ever.
            try connection.execute("SELECT pg_catalog.pg_stat_clear_snapshot()")
            let row = try connection.query(
                """
                SELECT count(*) FILTER (WHERE state = 'active' AND pid <> pg_backend_pid()
                        AND application_name <> current_setting('application_name')),
                    count(*) FILTER (WHERE query = '<insufficient privilege>'),
                    CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM
                            pg_last_wal_replay_lsn()
                        THEN (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
                            * 1000000)::bigint
                        WHEN pg_is_in_recovery() THEN 0 END
                FROM pg_catalog.pg_stat_activity
                """
            ).rows.first
            let hidden = row?[1].flatMap { Int($0) } ?? 0
            return SourceLoad(
                threadsRunning: hidden == 0 ? row?[0].flatMap { Int($0) } : nil,
                replicaLag: row?[2].flatMap { Int64($0) }.map { .microseconds(max(0, $0)) },
                unseen: hidden == 0
                    ? []
                    : [
                        """
                        What \(hidden) sessions of other accounts run cannot be seen; GRANT pg_read_all_stats \
                        shows it.
                        """
                    ])
        }
    }

    func count(_ reading: TableReading) throws -> Int64 {
        try wrap(reading.table.name) {
            let from = try reading.slice.part ?? known(reading.table.name).quoted
            let condition = reading.whereClause(quote: PostgresConnection.quoteIdentifier)
            return try number("SELECT count(*) FROM \(from)\(condition)")
        }
    }

    func countDistinct(_ key: [String], of table: SourceTable) throws -> Int64 {
        try wrap(table.name) {
            let columns = key.map { column in
                let quoted = PostgresConnection.quoteIdentifier(column)
                // Collations may take 'a' and 'A' for equal; DuckDB does not.
                return table.column(column)?.type == .text ? "\(quoted)::text COLLATE \"C\"" : quoted
            }.joined(separator: ", ")
            let from = try known(table.name).quoted
            return try number("SELECT count(*) FROM (SELECT DISTINCT \(columns) FROM \(from)) AS k")
        }
    }

    func values(of column: SourceColumn, in table: SourceTable, limit: Int) throws -> [String] {
        try wrap(table.name) {
            let name = PostgresConnection.quoteIdentifier(column.name)
            // A CHAR has spaces that fill it.
            let answer = try connection.query(
                """
                SELECT DISTINCT rtrim(\(name)::text, ' ') COLLATE "C" FROM \(known(table.name).quoted)
                WHERE \(name) IS NOT NULL LIMIT \(limit)
                """)
            return answer.rows.compactMap { $0[0] }
        }
    }

    private func number(_ sql: String) throws -> Int64 {
        guard let number = try connection.query(sql).rows.first?[0].flatMap({ Int64($0) }) else {
            throw SourceUnavailable(answer: sql, source: source)
        }
        return number
    }

    func ends(ofCursorIn reading: TableReading) throws -> (least: CursorValue, greatest: CursorValue)? {
        guard let cursor = reading.bounds?.leading, let kind = cursor.type.cursorKind else { return nil }
        return try wrap(reading.table.name) {
            let column = PostgresConnection.quoteIdentifier(cursor.name)
            let from = try reading.slice.part ?? known(reading.table.name).quoted
            var condition = reading.whereClause(quote: PostgresConnection.quoteIdentifier)
            // Infinities have no place among pieces; written so, an index still answers.
            if kind != .number {
                condition += condition.isEmpty ? " WHERE" : " AND"
                condition += " \(column) > '-infinity' AND \(column) < 'infinity'"
            }
            // The binary form is exact on every version of the server.
            let stream = try connection.copy("SELECT min(\(column)), max(\(column)) FROM \(from)\(condition)")
            defer { stream.close() }
            guard try stream.next(), let least = stream.field(0).flatMap({ CursorValue(postgres: $0, kind) }),
                let greatest = stream.field(1).flatMap({ CursorValue(postgres: $0, kind) })
            else { return nil }
            _ = try stream.next()
            return (least, greatest)
        }
    }

    func checksums(of reading: TableReading) throws -> [ColumnChecksum]? {
        try wrap(reading.table.name) {
            let known = try known(reading.table.name)
            let columns = reading.table.columns
            let items = columns.map { column in
                let quoted = PostgresConnection.quoteIdentifier(column.name)
                let measure = known.arrivals[column.name]?.declared(column.type)
                    .measure(of: quoted, serverVersion: connection.serverVersion)
                return "count(\(quoted)), \(measure.map { "sum(\($0))" } ?? "NULL")"
            }
            guard !items.isEmpty else { return [] }
            let condition = reading.whereClause(quote: PostgresConnection.quoteIdentifier)
            let from = reading.slice.part ?? known.quoted
            let row =
                try connection.query(
                    "SELECT \(items.joined(separator: ", ")) FROM \(from)\(condition)"
                ).rows.first ?? []
            return columns.indices.map { index in
                ColumnChecksum(
                    column: columns[index].name, values: row[2 * index].flatMap { Int64($0) } ?? 0,
                    sum: row[2 * index + 1])
            }
        }
    }

    /// Ranges of blocks, of each partition by itself. They are asked before the snapshot begins; the last
    /// one of each has no end, so that blocks which came since are in it.
    func slices(of reading: TableReading, into pieces: Int) throws -> [Slice] {
        try wrap(reading.table.name) {
            let segments = try connection.segments(of: known(reading.table.name).definition)
            let blocks = segments.reduce(0) { $0 + $1.blocks }
            let blocksPerSlice = max(1, (blocks + Int64(pieces) - 1) / Int64(max(1, pieces)))
            return segments.flatMap { segment -> [Slice] in
                let part = segments.count > 1 || segment.isDivisible ? segment.source : nil
                guard segment.isDivisible, segment.blocks > blocksPerSlice else {
                    return [Slice(condition: nil, part: part)]
                }
                return stride(from: 0, to: segment.blocks, by: Int(blocksPerSlice)).map { lower in
                    let upper = lower + blocksPerSlice
                    return Slice(
                        condition: PostgresSegment.condition(
                            blocks: lower..<upper, isLast: upper >= segment.blocks), part: part)
                }
            }
        }
    }
}

extension CursorValue {
    /// A cursor's value in the binary form; `nil` if it has no place on a line.
    fileprivate init?(postgres field: UnsafeRawBufferPointer, _ kind: CursorBounds.Kind) {
        switch kind {
        case .number:
            let number =
                PostgresBinary.int64(field) ?? PostgresBinary.int32(field).map { Int64($0) }
                ?? PostgresBinary.int16(field).map { Int64($0) }
            guard let number else { return nil }
            self = .integer(number)
        case .date:
            guard case .value(let days) = PostgresBinary.date(field) else { return nil }
            self = .time(microseconds: Int64(days) * .dayMicroseconds)
        case .instant, .localTime:
            guard case .value(let microseconds) = PostgresBinary.timestamp(field) else { return nil }
            self = .time(microseconds: microseconds)
        }
    }
}
