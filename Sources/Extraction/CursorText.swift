internal import LakeModel
internal import MySQL

extension CursorValue {
    /// A cursor's value as a database prints it; `nil` if it is none, as `0000-00-00`.
    init?(text: String, of column: SourceColumn) {
        var text = text
        let value: CursorValue? = text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            switch column.type.cursorKind {
            case .number: return MySQLText.int64(bytes).map { .integer($0) }
            case .date:
                guard case .value(let days) = MySQLText.date(bytes) else { return nil }
                return .time(microseconds: Int64(days) * Int64.dayMicroseconds)
            case .instant, .localTime:
                guard case .value(let microseconds) = MySQLText.dateTime(bytes) else { return nil }
                return .time(microseconds: microseconds)
            case nil: return nil
            }
        }
        guard let value else { return nil }
        self = value
    }
}
