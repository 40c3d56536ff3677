internal import DuckDB
internal import LakeModel
internal import Project

/// How texts become values, in DuckDB's SQL: exactly, or not at all.
///
/// DuckDB's own casts round 1.5 to 2 and drop the time of a date. What a type cannot hold as it stands is
/// refused here.
struct TextCasts {
    let text: DelimitedText

    /// NULL where `source` is NULL, blank, or no value of `type`. Texts stay as they are.
    func cast(_ source: String, to type: LogicalType) -> String {
        let trimmed = "nullif(trim(\(source)), '')"
        switch type {
        case .varchar: return source
        case .blob: return "encode(\(source))"
        case .json: return "CASE WHEN json_valid(\(source)) THEN CAST(\(source) AS JSON) END"
        case .tinyint, .smallint, .integer, .bigint, .utinyint, .usmallint, .uinteger, .ubigint:
            return guarded(trimmed, "[+-]?[0-9]+", type)
        case .decimal(_, let scale):
            return guarded(
                number(trimmed), "[+-]?([0-9]+([.][0-9]{0,\(scale)}0*)?|[.][0-9]{1,\(max(scale, 1))}0*)", type
            )
        case .float, .double:
            return guarded(
                number(trimmed),
                "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?|(?i)[+-]?(nan|inf|infinity)", type)
        case .date:
            if let format = text.dateFormat {
                return "CAST(try_strptime(\(trimmed), \(quotedLiteral(format))) AS DATE)"
            }
            return guarded(trimmed, "[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}", type)
        case .timestamp:
            if let format = text.timestampFormat {
                return "CAST(try_strptime(\(trimmed), \(quotedLiteral(format))) AS TIMESTAMP)"
            }
            return guarded(trimmed, TextCasts.timestamp, type)
        case .timestampTZ:
            if let format = text.timestampFormat {
                return "CAST(try_strptime(\(trimmed), \(quotedLiteral(format))) AS TIMESTAMP WITH TIME ZONE)"
            }
            return guarded(trimmed, TextCasts.timestamp + TextCasts.zone + "?", type)
        case .time: return guarded(trimmed, TextCasts.time, type)
        default: return "TRY_CAST(\(trimmed) AS \(type))"
        }
    }

    /// Whether `source` holds something that `value`, its cast, lost.
    func isLost(_ source: String, _ value: String, _ type: LogicalType) -> String? {
        switch type {
        case .varchar, .blob: nil
        default: "(\(value) IS NULL AND nullif(trim(\(source)), '') IS NOT NULL)"
        }
    }

    /// What a column is taken for if every text of it is one, the narrowest first. A number with a leading
    /// zero or more digits than a double holds is text.
    func candidates(_ source: String) -> [(type: LogicalType, fits: String)] {
        let trimmed = "trim(\(source))"
        let number = number(trimmed)
        func all(_ pattern: String, _ type: LogicalType) -> String {
            "regexp_full_match(\(trimmed), '\(pattern)') AND \(cast(source, to: type)) IS NOT NULL"
        }
        let date = text.dateFormat == nil ? "[0-9]{4}-[0-9]{2}-[0-9]{2}" : ".*"
        let timestamp = text.timestampFormat == nil ? TextCasts.timestamp : ".*"
        return [
            (.bigint, all("-?(0|[1-9][0-9]*)", .bigint)),
            (
                .double,
                """
                coalesce(regexp_full_match(\(number), '-?(0|[1-9][0-9]*)([.][0-9]+)?'), false) AND \
                length(regexp_replace(\(number), '[^0-9]', '', 'g')) <= 15
                """
            ),
            (.boolean, "lower(\(trimmed)) IN ('true', 'false')"),
            (.date, all(date, .date)), (.timestamp, all(timestamp, .timestamp)),
            (
                .timestampTZ,
                text.timestampFormat == nil ? all(timestamp + TextCasts.zone, .timestampTZ) : "false"
            ),
        ]
    }

    private static let clock = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?"
    private static let time = clock
    private static let timestamp = "[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}([ T]\(clock))?"
    private static let zone = " ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"

    private func guarded(_ source: String, _ pattern: String, _ type: LogicalType) -> String {
        "TRY_CAST(CASE WHEN regexp_full_match(\(source), '\(pattern)') THEN \(source) END AS \(type))"
    }

    /// The text of a number with a point.
    private func number(_ source: String) -> String {
        switch text.decimalSeparator {
        case .point: source
        case .comma: "CASE WHEN NOT contains(\(source), '.') THEN replace(\(source), ',', '.') END"
        }
    }
}
