internal import LakeModel
internal import MySQL
internal import Project

/// What a MySQL or MariaDB database has, in three queries however many tables there are.
extension MySQLSession {
    func discover() throws -> [DiscoveredTable] {
        try wrap(nil) {
            // MySQL 8 remembers the sizes for a day unless it is told not to; others do not know the setting.
            if !connection.isMariaDB {
                _ = try? connection.execute("SET SESSION information_schema_stats_expiry = 0")
            }
            let columns = try columnsByTable()
            let indexes = try indexesByTable()
            return try connection.query(
                """
                SELECT table_name, table_type, table_rows, data_length, table_comment \
                FROM information_schema.tables WHERE table_schema = DATABASE()
                """
            ).rows.map { row in
                let name = row[0] ?? ""
                let found = columns[name] ?? []
                let index = indexes[name] ?? Indexes()
                return DiscoveredTable(
                    name: name, kind: DiscoveredTable.Kind(mySQL: row[1] ?? ""), columns: found.map(\.column),
                    primaryKey: index.primaryKey, rowsEstimate: row[2].flatMap { Int64($0) },
                    bytes: row[3].flatMap { Int64($0) },
                    cursors: CursorOption.ranked(found.map { $0.trait(among: index.leading) }),
                    comment: row[4] ?? "")
            }
        }
    }

    private struct Column {
        let column: DiscoveredColumn
        let type: BronzeType
        let isNullable: Bool
        let extra: String

        func trait(among leading: Set<String>) -> CursorTrait {
            CursorTrait(
                column: column.name, kind: type.cursorKind, isNullable: isNullable,
                isIndexed: leading.contains(column.name), isGrowing: extra.contains("AUTO_INCREMENT"),
                isTouchedByUpdates: extra.contains("ON UPDATE CURRENT_TIMESTAMP"))
        }
    }

    private func columnsByTable() throws -> [String: [Column]] {
        let rows = try connection.query(
            """
            SELECT table_name, column_name, column_type, is_nullable, extra FROM information_schema.columns \
            WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position
            """
        ).rows
        var columns: [String: [Column]] = [:]
        for row in rows {
            let type = BronzeType(DeclaredType(row[2] ?? ""))
            columns[row[0] ?? "", default: []].append(
                Column(
                    column: DiscoveredColumn(
                        name: row[1] ?? "", declared: row[2] ?? "", bronzeType: type.sqlName),
                    type: type, isNullable: row[3] == "YES", extra: (row[4] ?? "").uppercased()))
        }
        return columns
    }

    private struct Indexes {
        var primaryKey: [String] = []
        /// The columns that an index begins with.
        var leading: Set<String> = []
    }

    private func indexesByTable() throws -> [String: Indexes] {
        let rows = try connection.query(
            """
            SELECT table_name, index_name, seq_in_index, column_name, index_type \
            FROM information_schema.statistics WHERE table_schema = DATABASE() \
            ORDER BY table_name, index_name, seq_in_index
            """
        ).rows
        var indexes: [String: Indexes] = [:]
        for row in rows {
            guard let table = row[0], let column = row[3] else { continue }
            if row[1] == "PRIMARY" { indexes[table, default: Indexes()].primaryKey.append(column) }
            if row[2] == "1", row[4] == "BTREE" {
                indexes[table, default: Indexes()].leading.insert(column)
            }
        }
        return indexes
    }

    /// A stream that is let go costs a KILL; a result without rows does not.
    func probe(_ reading: TableReading) throws {
        var reading = reading
        reading.rowsMax = 0
        try wrap(reading.table.name) {
            _ = try connection.query(reading.select(quote: MySQLConnection.quoteIdentifier))
        }
    }

    // MARK: Rights

    func inspect() throws -> SourceInspection? {
        try wrap(nil) {
            let zones = try connection.query("SELECT @@global.time_zone, @@system_time_zone").rows.first
            var zone = zones?[0] ?? ""
            if zone == "SYSTEM" { zone = "SYSTEM (\(zones?[1] ?? ""))" }
            return SourceInspection(
                protection: try protection(), zone: zone,
                rights: [try transactionsRight(), try lockRight(), try replicationRight()])
        }
    }

    private func protection() throws -> SourceInspection.Protection {
        if connection.settings.socket != nil { return .local("a socket of this machine") }
        var status: [String: String] = [:]
        for row in try connection.query("SHOW SESSION STATUS LIKE 'Ssl\\_%'").rows {
            if let name = row[0] { status[name] = row[1] }
        }
        guard let cipher = status["Ssl_cipher"], !cipher.isEmpty else { return .clear }
        return .encrypted(
            [status["Ssl_version"] ?? "", cipher].filter { !$0.isEmpty }.joined(separator: ", "))
    }

    private func transactionsRight() throws -> SourceInspection.Right {
        SourceInspection.Right(
            name: "open transactions",
            isGranted: try isAllowed("SELECT COUNT(*) FROM information_schema.innodb_trx"),
            consequence:
                "late commits are covered by 'overlap' alone, not by the oldest open transaction",
            remedy: "GRANT PROCESS ON *.* TO \(connection.settings.user)")
    }

    private func lockRight() throws -> SourceInspection.Right {
        let rights = try grants()
        return SourceInspection.Right(
            name: "shared snapshot",
            isGranted: !rights.isDisjoint(with: ["ALL PRIVILEGES", "LOCK TABLES", "RELOAD"]),
            consequence: "several connections that read one table may each see another moment of it",
            remedy:
                "GRANT LOCK TABLES ON \(MySQLConnection.quoteIdentifier(source.database)).* TO \(connection.settings.user)"
        )
    }

    private func replicationRight() throws -> SourceInspection.Right {
        SourceInspection.Right(
            name: "replica's lag",
            isGranted: try isAllowed(
                connection.isMariaDB ? "SHOW ALL SLAVES STATUS" : "SHOW SLAVE STATUS",
                or: "SHOW REPLICA STATUS"),
            consequence: "'pace' cannot wait for a replica that is behind",
            remedy:
                "GRANT \(connection.isMariaDB ? "REPLICA MONITOR" : "REPLICATION CLIENT") ON *.* TO "
                + connection.settings.user)
    }

    private func isAllowed(_ sql: String, or other: String? = nil) throws -> Bool {
        do {
            _ = try connection.query(sql)
            return true
        } catch {
            // 1227 and its kin; a statement that this version does not know is asked for by its other name.
            if error.kind == .accessDenied { return false }
            guard let other, connection.isOpen else { throw error }
            return try isAllowed(other)
        }
    }

    /// The rights of the account on everything and on the database of the source.
    private func grants() throws -> Set<String> {
        let database = source.database.split(separator: "_", omittingEmptySubsequences: false)
        let places = [
            " ON *.* TO ", " ON \(MySQLConnection.quoteIdentifier(source.database)).* TO ",
            " ON \(MySQLConnection.quoteIdentifier(database.joined(separator: "\\_"))).* TO ",
        ]
        var rights: Set<String> = []
        for row in try connection.query("SHOW GRANTS").rows {
            guard let line = row[0], line.hasPrefix("GRANT "),
                let place = places.lazy.compactMap({ line.firstRange(of: $0) }).first
            else { continue }
            for right in line[..<place.lowerBound].dropFirst("GRANT ".count).split(separator: ",") {
                rights.insert(right.drop { $0 == " " }.uppercased())
            }
        }
        return rights
    }
}

extension DiscoveredTable.Kind {
    init(mySQL type: String) {
        switch type {
        case "BASE TABLE", "SYSTEM VERSIONED": self = .table
        case "VIEW", "SYSTEM VIEW": self = .view
        case "SEQUENCE": self = .other("a sequence")
        default: self = .other("a \(type.lowercased())")
        }
    }
}
