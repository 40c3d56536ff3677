internal import DuckDB
internal import LakeModel
internal import Project

/// Which rows of a table are one of its partitions, for its source and for its file.
struct PartitionCondition {
    let partition: Partition
    private let dimensions: [Dimension]

    fileprivate enum Dimension {
        /// Values from `lower` on and before `upper`; none if they are equal.
        case times(SourceColumn, lower: CursorValue, upper: CursorValue)
        case number(SourceColumn, Int64)
        case text(SourceColumn, String)
    }

    /// - Throws: if the table has no such partition, or its columns are not of types that can have it.
    init(
        _ key: PartitionKey, of definition: PartitionsDefinition, in shape: SourceTable,
        _ table: TableDefinition, _ source: SourceDefinition
    ) throws {
        guard let partition = definition.scheme.partition(key) else {
            throw ExtractionMistake.unknownPartition(key, definition, table, of: source)
        }
        func column(_ name: String) throws -> SourceColumn {
            guard let column = shape.column(name) else {
                throw ExtractionMistake.missingColumn(
                    name, as: "partition column", in: shape, table, of: source)
            }
            return column
        }
        self.partition = partition
        var dimensions: [Dimension] = []
        if let name = definition.timeColumn, let times = definition.scheme.times, let slot = partition.slot {
            let column = try column(name)
            switch (column.type.cursorKind, times.period) {
            case (.instant?, _):
                dimensions.append(
                    .times(
                        column, lower: .time(microseconds: slot.window.lowerBound.microseconds),
                        upper: .time(microseconds: slot.window.upperBound.microseconds)))
            case (.localTime?, _), (.date?, .daily), (.date?, .weekly), (.date?, .monthly):
                let wall = times.wall(of: slot)
                dimensions.append(
                    .times(
                        column, lower: .time(microseconds: wall.lowerBound.microsecondsSinceEpoch),
                        upper: .time(microseconds: wall.upperBound.microsecondsSinceEpoch)))
            case (.date?, .hourly), (.number?, _), (nil, _):
                throw ExtractionMistake.partitionType(column, definition, table, of: source)
            }
        }
        if let name = definition.keyColumn, let value = partition.value {
            let column = try column(name)
            switch column.type {
            case .text: dimensions.append(.text(column, value.text))
            case .integer:
                guard let number = Int64(value.text), String(number) == value.text else {
                    throw ExtractionMistake.partitionType(column, definition, table, of: source)
                }
                dimensions.append(.number(column, number))
            default: throw ExtractionMistake.partitionType(column, definition, table, of: source)
            }
        }
        self.dimensions = dimensions
    }

    /// In the SQL of `session`.
    func sql(for session: any SourceSession) -> String {
        dimensions.map { sql($0, for: session) }.joined(separator: " AND ")
    }

    private func sql(_ dimension: Dimension, for session: any SourceSession) -> String {
        switch dimension {
        case .times(_, let lower, let upper) where lower == upper: return "1 = 0"
        case .times(let column, let lower, let upper):
            let name = session.quoted(column.name)
            return "\(name) >= \(literal(lower)) AND \(name) < \(literal(upper))"
        case .number(let column, let number): return "\(session.quoted(column.name)) = \(number)"
        case .text(let column, let text):
            return session.condition(session.quoted(column.name), isExactly: quotedLiteral(text))
        }
    }

    /// From the beginning of this one to the end of a later one of the same key.
    func sql(through last: PartitionCondition, for session: any SourceSession) -> String {
        zip(dimensions, last.dimensions).map { first, last in
            guard case .times(let column, let lower, _) = first, case .times(_, _, let upper) = last else {
                return sql(first, for: session)
            }
            let name = session.quoted(column.name)
            return "\(name) >= \(literal(lower)) AND \(name) < \(literal(upper))"
        }.joined(separator: " AND ")
    }

    /// Rows that the source counts to the table but that are in no partition, as they have no value.
    func nulls(for session: any SourceSession) -> String? {
        let nullable = dimensions.map(\.column).filter(\.isNullable)
        guard !nullable.isEmpty else { return nil }
        return nullable.map { "\(session.quoted($0.name)) IS NULL" }.joined(separator: " OR ")
    }

    /// - Throws: if a row of the file is not of the partition, as the source compares values otherwise.
    ///   Values that bronze cannot hold, which are NULL there, the ledger accounts for.
    func require(
        of file: StagedFile, _ ledger: ExtractionLedger, _ table: TableDefinition, of source: SourceDefinition
    ) throws {
        let conditions = dimensions.map { dimension in
            switch dimension {
            case .times(let column, let lower, let upper):
                return
                    "\(file.comparison(of: column, ">=", lower)) AND \(file.comparison(of: column, "<", upper))"
            case .number(let column, let number): return "\(quotedIdentifier(column.name)) = \(number)"
            // A CHAR of PostgreSQL comes with the spaces that fill it.
            case .text(let column, let text):
                return "rtrim(\(quotedIdentifier(column.name)), ' ') = \(quotedLiteral(text))"
            }
        }
        let condition = conditions.joined(separator: " AND ")
        let row =
            try file.connection.query(
                """
                SELECT count(*) FILTER (NOT (\(condition))), count(*) FILTER ((\(condition)) IS NULL) \
                FROM \(file.table)
                """
            ).rows.first ?? []
        let (strangers, nulls) = (row.first?.integer ?? 0, row.last?.integer ?? 0)
        let columns = Set(dimensions.map(\.column.name))
        let lost = ledger.conversions.filter { columns.contains($0.column) }.reduce(0) { $0 + $1.values }
        guard strangers == 0, nulls <= lost else {
            throw ExtractionMistake.strangers(strangers + nulls, in: partition.key, table, of: source)
        }
    }

    /// Midnight is written as its day alone, which is less than all texts of that day where a source compares
    /// times as texts; other systems take it for midnight.
    private func literal(_ value: CursorValue) -> String {
        guard case .time(let microseconds) = value else { return "NULL" }
        let text = Timestamp(microseconds: microseconds).description.dropLast()
        let isMidnight = microseconds % Int64.dayMicroseconds == 0
        return isMidnight ? "'\(text.prefix(10))'" : "'\(String(text.map { $0 == "T" ? " " : $0 }))'"
    }
}

extension PartitionCondition.Dimension {
    fileprivate var column: SourceColumn {
        switch self {
        case .times(let column, _, _), .number(let column, _), .text(let column, _): column
        }
    }
}
