package import LakeModel
package import Project

/// Looks whether a source can be extracted as it is declared, without reading its rows. Blocks.
package struct SourceCheckup: Sendable {
    private let source: SourceDefinition
    private let exclusions: [Exclusion]
    private let now: @Sendable () -> Timestamp

    /// - Parameter exclusions: The lake's; the source's own are known.
    package init(
        _ source: SourceDefinition, exclusions: [Exclusion], now: @escaping @Sendable () -> Timestamp
    ) {
        self.source = source
        self.exclusions = exclusions + source.exclusions
        self.now = now
    }

    /// Everything that was found; nothing is thrown, because a failure is what is looked for.
    package func run() -> [SourceFinding] {
        let session: any SourceSession
        do {
            session = try SourceConnector(source).connect()
        } catch {
            return [SourceFinding("connection", broken: error)]
        }
        defer { session.close() }
        var findings = [SourceFinding("connection", .fine, "reachable, logged in: \(session.system)")]
        findings += connection(session)
        findings += source.tables.map { table(session, $0) }
        return findings
    }

    // MARK: The connection

    private func connection(_ session: any SourceSession) -> [SourceFinding] {
        var findings: [SourceFinding] = []
        do {
            let inspection = try session.inspect()
            if let inspection { findings.append(encryption(inspection.protection)) }
            if let found = try clock(session, zone: inspection?.zone) { findings.append(found) }
            findings += inspection?.rights.map(right) ?? []
        } catch {
            findings.append(SourceFinding("connection", broken: error))
        }
        return findings
    }

    private func encryption(_ protection: SourceInspection.Protection) -> SourceFinding {
        switch protection {
        case .local(let reason): SourceFinding("encryption", .fine, "not needed: \(reason)")
        case .encrypted(let how): SourceFinding("encryption", .fine, how)
        case .clear:
            source.connection.kind.isThisMachine
                ? SourceFinding("encryption", .fine, "none; the server is this machine")
                : SourceFinding(
                    "encryption", .remark, "none: rows and password go over the network in clear text",
                    remedy:
                        "Write 'tls: true' or 'tls: verify' at the connection (\(source.connection.place)).")
        }
    }

    /// More than this is no delay of the network.
    private static let clockTolerance = Duration.seconds(2)

    private func clock(_ session: any SourceSession, zone: String?) throws -> SourceFinding? {
        guard let zone else { return nil }
        let before = now()
        let clock = try session.clock()
        let middle = Timestamp(microseconds: before.microseconds + (now() - before).microseconds / 2)
        let difference = clock.now - middle
        let seconds = Double(difference.microseconds) / 1_000_000
        let tenths = (seconds * 10).rounded() / 10
        let offset = "time zone \(zone), \(clock.utcOffset / 60) minutes from UTC"
        guard difference > SourceCheckup.clockTolerance || difference < .zero - SourceCheckup.clockTolerance
        else {
            return SourceFinding(
                "clock", .fine, "within \(max(0.1, abs(tenths))) s of this machine's; \(offset)")
        }
        return SourceFinding(
            "clock", .remark,
            "\(abs(tenths)) s \(difference > .zero ? "ahead of" : "behind") this machine's; \(offset)",
            remedy:
                "Extractions go by the source's own clock, so that no row is lost; let both machines keep time (NTP)."
        )
    }

    private func right(_ right: SourceInspection.Right) -> SourceFinding {
        right.isGranted
            ? SourceFinding("right: \(right.name)", .fine, "granted")
            : SourceFinding(
                "right: \(right.name)", .remark, "not granted: \(right.consequence)", remedy: right.remedy)
    }

    // MARK: Tables

    private func table(_ session: any SourceSession, _ table: TableDefinition) -> SourceFinding {
        do {
            let shape = try agreed(session, table)
            var reading = TableReading(table: shape)
            reading.rowsMax = 1
            try session.probe(reading)
            return finding(table, shape)
        } catch {
            return SourceFinding(table.name.text, broken: error)
        }
    }

    private func agreed(_ session: any SourceSession, _ table: TableDefinition) throws -> SourceTable {
        guard let found = try session.describe(table.name), !found.columns.isEmpty else {
            throw ExtractionMistake.missingTable(table, of: source, existing: try session.tableNames())
        }
        if found.isView, let exclusion = exclusions.first(where: { $0.subject == .views }) {
            throw ExtractionMistake.excludedView(table, of: source, exclusion)
        }
        let shape = try found.ruled(by: table)
        for column in table.key where shape.column(column) == nil {
            throw ExtractionMistake.missingColumn(column, as: "key", in: shape, table, of: source)
        }
        if table.mode == .incremental {
            if table.key.isEmpty, shape.primaryKey.isEmpty {
                throw ExtractionMistake.missingKey(table, of: source)
            }
            for cursor in table.cursors {
                guard let column = shape.column(cursor) else {
                    throw ExtractionMistake.missingColumn(cursor, as: "cursor", in: shape, table, of: source)
                }
                guard column.type.cursorKind != nil else {
                    throw ExtractionMistake.unusableCursor(column, table, of: source)
                }
            }
        }
        return shape
    }

    private func finding(_ table: TableDefinition, _ shape: SourceTable) -> SourceFinding {
        let key = table.key.isEmpty ? shape.primaryKey : table.key
        var words = ["\(table.mode.rawValue)"]
        if !key.isEmpty { words.append("key \(key.joined(separator: ", "))") }
        if let cursor = table.cursor { words.append("cursor \(cursor)") }
        words.append(shape.columns.count == 1 ? "1 column" : "\(shape.columns.count) columns")
        let text = words.joined(separator: "; ")
        let subject = table.name.text
        if !table.key.isEmpty, Set(table.key) != Set(shape.primaryKey) {
            return SourceFinding(
                subject, .remark, "\(text). The source does not keep the key unique.",
                remedy: "If two rows can have one key, only the newest of them counts. Its primary key: "
                    + (shape.primaryKey.isEmpty ? "none" : shape.primaryKey.joined(separator: ", ")))
        }
        if table.mode == .incremental, let cursor = table.cursors.first,
            shape.column(cursor)?.isNullable == true
        {
            return SourceFinding(
                subject, .remark, "\(text). The cursor may be NULL.",
                remedy: "Rows without a value are read by every run; let the source fill it.")
        }
        return SourceFinding(subject, .fine, text)
    }
}
