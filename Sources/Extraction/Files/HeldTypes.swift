internal import DuckDB

extension LogicalType {
    /// Whether every value of this type has exactly one in `other`.
    func isHeld(by other: LogicalType) -> Bool {
        if other == .varchar { return true }
        let integers: [LogicalType: (bits: Int, isSigned: Bool)] = [
            .tinyint: (8, true), .smallint: (16, true), .integer: (32, true), .bigint: (64, true),
            .utinyint: (8, false), .usmallint: (16, false), .uinteger: (32, false), .ubigint: (64, false),
        ]
        if let own = integers[self], let wider = integers[other] {
            return own.isSigned == wider.isSigned
                ? own.bits <= wider.bits : wider.isSigned && own.bits < wider.bits
        }
        if let own = integers[self], other == .double { return own.bits <= 32 }
        if case .decimal(let width, let scale) = self, case .decimal(let wide, let fine) = other {
            return fine >= scale && wide - fine >= width - scale
        }
        return self == .float && other == .double || self == .date && other == .timestamp
    }
}
