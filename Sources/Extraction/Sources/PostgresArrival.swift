internal import Postgres

/// How the values of one column come from PostgreSQL, and what they become in bronze.
struct PostgresArrival: Hashable, Sendable {
    /// What is written behind SELECT, without a name.
    let expression: String
    let type: PostgresType
    /// As the column is declared, if nothing else was said of it.
    let bronze: BronzeType

    init(_ column: PostgresColumnDefinition) {
        type = column.type
        expression = column.exactExpression
        bronze = BronzeType(column.type)
    }

    private init(expression: String, type: PostgresType, bronze: BronzeType) {
        (self.expression, self.type, self.bronze) = (expression, type, bronze)
    }

    /// The same column when it was declared to be another type in bronze.
    ///
    /// The server prints what becomes text: it knows every type.
    func declared(_ other: BronzeType) -> PostgresArrival {
        guard other != bronze else { return self }
        switch (other, type) {
        case (.text, .text), (.text, .json), (.binary, .text), (.binary, .json), (.binary, .bytea):
            return PostgresArrival(expression: expression, type: type, bronze: other)
        case (.boolean, .int2), (.boolean, .int4), (.boolean, .int8):
            return PostgresArrival(expression: expression, type: type, bronze: other)
        default:
            return PostgresArrival(expression: "(\(expression))::text", type: .text, bronze: other)
        }
    }

    /// The measure of ``ColumnChecksum`` in PostgreSQL's SQL, of finite values alone; `nil` if values are
    /// only counted.
    func measure(of column: String, serverVersion: Int) -> String? {
        switch bronze {
        case .boolean: type == .bool ? "\(column)::int" : column
        case .integer: type == .uint32 ? "\(column)::text::numeric" : "\(column)::numeric"
        // DuckDB prints no zero before the point of such a sum, so that texts would differ.
        case .decimal(_, scale: 38): nil
        case .decimal: "CASE WHEN \(column) <> 'NaN' THEN \(column) END"
        case .date: "CASE WHEN isfinite(\(column)) THEN \(column) - DATE '1970-01-01' END"
        // Before that version the parts of a time are doubles.
        case .localTimestamp, .instant:
            serverVersion >= 140_000
                ? "CASE WHEN isfinite(\(column)) THEN trunc(extract(epoch FROM \(column)) * 1000000) END"
                : nil
        case .timeSpan:
            serverVersion >= 140_000 ? "trunc(extract(epoch FROM \(column)) * 1000000)" : nil
        // A cast to text takes the blanks from a char(n), which concat() leaves.
        case .text, .binary:
            type == .bytea
                ? "octet_length(\(column))" : "octet_length(convert_to(concat(\(expression)), 'UTF8'))"
        case .float, .double, .uuid, .exact, .bits: nil
        }
    }
}

extension BronzeType {
    /// The mapping of `docs/sources-postgres.md`.
    init(_ type: PostgresType) {
        self =
            switch type {
            case .bool: .boolean
            case .int2: .integer(bits: 16, isSigned: true)
            case .int4: .integer(bits: 32, isSigned: true)
            case .int8: .integer(bits: 64, isSigned: true)
            case .uint32: .integer(bits: 32, isSigned: false)
            case .float4: .float
            case .float8: .double
            // Without a form there is no bound to its digits.
            case .numeric(let form):
                form?.decimal.map { .decimal(precision: $0.precision, scale: $0.scale) } ?? .text
            case .date: .date
            case .timestamp: .localTimestamp
            case .timestamptz: .instant
            case .time: .timeSpan
            case .bytea: .binary
            case .uuid: .uuid
            case .timetz, .interval, .bits, .text, .json, .jsonb: .text
            }
    }
}
