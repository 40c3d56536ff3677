internal import DuckDB
internal import LakeModel

extension LogicalType {
    /// The type in which Parquet holds every value of this one exactly, and gives it back.
    ///
    /// Parquet would make a double of a HUGEINT, cut an INTERVAL to milliseconds, and forget the offset of a
    /// TIMETZ; text keeps them whole.
    var heldByParquet: LogicalType {
        switch self {
        case .hugeint, .uhugeint, .bignum, .timeNS, .timeTZ, .interval, .bit, .enumeration, .null, .any,
            .timestampTZNS, .other:
            .varchar
        case .timestampS, .timestampMS: .timestamp
        case .list(let element), .array(let element, _): .list(element.heldByParquet)
        case .structure(let fields): .structure(fields.map { Field($0.name, $0.type.heldByParquet) })
        case .map(let key, let value): .map(key: key.heldByParquet, value: value.heldByParquet)
        case .union(let members):
            .structure([Field("tag", .varchar)] + members.map { Field($0.name, $0.type.heldByParquet) })
        default: self
        }
    }

    /// `expression` of this type as ``heldByParquet``.
    func holding(_ expression: String) -> String {
        guard case .union(let members) = self else {
            return heldByParquet == self
                ? expression : "CAST(\(expression) AS \(heldByParquet))"
        }
        let fields = members.map {
            let member = "union_extract(\(expression), \(quotedLiteral($0.name)))"
            return "\(quotedIdentifier($0.name)) := \($0.type.holding(member))"
        }
        return """
            CASE WHEN \(expression) IS NOT NULL THEN struct_pack("tag" := \
            CAST(union_tag(\(expression)) AS VARCHAR), \(fields.joined(separator: ", "))) END
            """
    }

}

extension BronzeType {
    /// What holds the values of a column that DuckDB reads, which is of a type that Parquet gives back.
    init(duckdb type: LogicalType) {
        switch type {
        case .boolean: self = .boolean
        case .tinyint: self = .integer(bits: 8, isSigned: true)
        case .smallint: self = .integer(bits: 16, isSigned: true)
        case .integer: self = .integer(bits: 32, isSigned: true)
        case .bigint: self = .integer(bits: 64, isSigned: true)
        case .utinyint: self = .integer(bits: 8, isSigned: false)
        case .usmallint: self = .integer(bits: 16, isSigned: false)
        case .uinteger: self = .integer(bits: 32, isSigned: false)
        case .ubigint: self = .integer(bits: 64, isSigned: false)
        case .decimal(let width, let scale): self = .decimal(precision: width, scale: scale)
        case .float: self = .float
        case .double: self = .double
        case .date: self = .date
        case .timestamp: self = .localTimestamp
        case .timestampTZ: self = .instant
        case .varchar: self = .text
        case .blob: self = .binary
        default: self = .exact(type)
        }
    }
}
