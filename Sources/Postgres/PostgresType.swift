/// How the values of a column arrive in a ``CopyStream`` when its
/// ``PostgresColumnDefinition/exactSelection`` is selected.
package enum PostgresType: Hashable, Sendable {
    case bool, int2, int4, int8, float4, float8
    /// An oid, xid or cid.
    case uint32
    /// Without a form any number of digits, before and behind the point.
    case numeric(PostgresNumericForm?)
    case date, timestamp, timestamptz, time, timetz, interval
    case uuid, bytea
    /// bit and varbit.
    case bits
    /// The bytes are the text: text, varchar, bpchar, name, "char", citext, enums, and whatever is printed by
    /// the server because it has no reader here.
    case text
    /// The bytes are the text as it was stored.
    case json
    /// The text behind one byte; arrays and rows arrive as ``json`` text.
    case jsonb
}

/// What `numeric(precision, scale)` declares.
package struct PostgresNumericForm: Hashable, Sendable {
    /// 1 to 1000.
    package let precision: Int
    /// -1000 to 1000: a negative one rounds before the point, one above the precision begins behind zeros.
    package let scale: Int

    package init(precision: Int, scale: Int) { (self.precision, self.scale) = (precision, scale) }

    /// The narrowest DECIMAL of an engine without such scales; nil when that needs more than 38 digits.
    package var decimal: (precision: Int, scale: Int)? {
        let digits = scale < 0 ? precision - scale : max(precision, scale)
        return digits <= 38 ? (digits, max(0, scale)) : nil
    }

    /// - Returns: Nil for a numeric that declares none.
    init?(modifier: Int) {
        guard modifier >= 4 else { return nil }
        precision = ((modifier - 4) >> 16) & 0xFFFF
        // Eleven bits with a sign.
        scale = (((modifier - 4) & 0x7FF) ^ 0x400) - 0x400
    }
}

extension PostgresType {
    /// What the catalogue says of a type, after domains have been followed to what they are made of.
    struct Facts {
        let id: UInt32
        /// "b" base, "c" composite, "e" enum, "r" range, "m" multirange, …
        let kind: String
        /// "A" is an array.
        let category: String
        let modifier: Int
    }

    /// How a column is selected so that nothing is lost, and how it then arrives.
    static func reading(
        _ facts: Facts, quoted: String
    ) -> (type: PostgresType, expression: String) {
        if let type = PostgresType(ownReader: facts) { return (type, quoted) }
        // A literal of PostgreSQL is for PostgreSQL alone; JSON keeps elements and names, and its numbers
        // are printed with all digits.
        if facts.category == "A" || facts.kind == "c" {
            return (.json, "to_json(\(quoted))::text")
        }
        // The text of money depends on the server's locale.
        if facts.id == 790 { return (.numeric(nil), "\(quoted)::numeric") }
        return (.text, "\(quoted)::text")
    }

    /// The types that are read in their own binary form. Their numbers are fixed for ever.
    private init?(ownReader facts: Facts) {
        if facts.kind == "e" {
            self = .text
            return
        }
        switch facts.id {
        case 16: self = .bool
        case 20: self = .int8
        case 21: self = .int2
        case 23: self = .int4
        case 26, 28, 29: self = .uint32
        case 700: self = .float4
        case 701: self = .float8
        case 1700: self = .numeric(PostgresNumericForm(modifier: facts.modifier))
        case 1082: self = .date
        case 1114: self = .timestamp
        case 1184: self = .timestamptz
        case 1083: self = .time
        case 1266: self = .timetz
        case 1186: self = .interval
        case 2950: self = .uuid
        case 17: self = .bytea
        case 1560, 1562: self = .bits
        case 19, 25, 1042, 1043: self = .text
        case 114: self = .json
        case 3802: self = .jsonb
        default: return nil
        }
    }
}
