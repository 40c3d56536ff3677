internal import LakeModel
internal import Yams

extension Node {
    /// Whether nothing stands there: `key:` or `key: null`.
    var isNothing: Bool {
        guard case .scalar(let scalar) = self else { return false }
        return scalar.kind == .nothing
    }

    /// What a mistake calls it; texts and numbers are quoted as they are written.
    var inWords: String {
        switch self {
        case .mapping: return "a mapping"
        case .sequence: return "a list"
        case .alias: return "an alias"
        case .scalar(let scalar):
            let text = scalar.string.prefix { !$0.isNewline }
            let shown =
                text.count > 40 || text.utf8.count < scalar.string.utf8.count
                ? "\(text.prefix(40))…" : "\(text)"
            switch scalar.kind {
            case .nothing: return "nothing"
            case .bool: return "the truth value \(shown)"
            case .number: return "the number \(shown)"
            case .text: return "'\(shown)'"
            }
        }
    }
}

extension Node.Scalar {
    enum Kind { case nothing, bool, number, text }

    /// What YAML 1.2's core schema takes it for; what is quoted or holds a variable is text.
    var kind: Kind {
        guard style == .plain || style == .any else { return .text }
        switch string {
        case "", "~", "null", "Null", "NULL": return .nothing
        case "true", "True", "TRUE", "false", "False", "FALSE": return .bool
        default: return looksLikeNumber ? .number : .text
        }
    }

    private var looksLikeNumber: Bool {
        guard let first = string.utf8.first, first < 0x3A, first != UInt8(ascii: "$") else { return false }
        if string.hasPrefix("0x") { return UInt64(string.dropFirst(2), radix: 16) != nil }
        if string.hasPrefix("0o") { return UInt64(string.dropFirst(2), radix: 8) != nil }
        return Double(string) != nil
    }

    /// Whether a variable may decide what it is.
    var holdsVariable: Bool { string.contains("${") }
}

extension YAMLDocument {
    func reportType(_ node: Node, expected: String) {
        report(
            .wrongType, node, "expected \(expected), found \(node.inWords).",
            remedy: "Write \(expected) here.")
    }

    func reportValue(_ node: Node, _ problem: String, remedy: String) {
        report(.badValue, node, problem, remedy: remedy)
    }

    /// The text of a scalar that is text, is not empty, and has its variables replaced.
    func text(_ node: Node, expected: String = "text") -> String? {
        guard case .scalar(let scalar) = node else {
            reportType(node, expected: expected)
            return nil
        }
        switch scalar.kind {
        case .text:
            guard let text = text(of: scalar) else { return nil }
            guard text.contains(where: { !$0.isWhitespace }) else {
                reportValue(
                    node, "expected \(expected), found an empty text.", remedy: "Write \(expected) here.")
                return nil
            }
            return text
        case .number where expected == "text", .bool where expected == "text":
            report(
                .wrongType, node, "expected text, found \(node.inWords).",
                remedy: "Put it into quotes if it is meant as text: '\(scalar.string)'.")
        default: reportType(node, expected: expected)
        }
        return nil
    }

    /// The text of a scalar that is written plainly or by a variable, for numbers and truth values.
    func plainText(_ node: Node, expected: String) -> String? {
        guard case .scalar(let scalar) = node, scalar.kind != .nothing,
            scalar.style == .plain || scalar.holdsVariable
        else {
            reportType(node, expected: expected)
            return nil
        }
        return text(of: scalar)
    }
}

/// What an integer, a duration and so on may also be in the schema: text with a variable.
func orVariable(_ schemas: JSONValue...) -> JSONValue {
    ["anyOf": .array(schemas + [["type": "string", "pattern": "\\$\\{"]])]
}

/// A shape of a scalar: `parse` gives `nil` if the text is not of that form.
func parsed<Value>(
    _ expected: String, schema: JSONValue, _ parse: @escaping @Sendable (String) -> Value?
) -> ValueShape<Value> {
    ValueShape(schema: schema) { node, document in
        guard case .scalar(let scalar) = node, scalar.kind != .nothing else {
            document.reportType(node, expected: expected)
            return nil
        }
        guard let text = document.text(of: scalar) else { return nil }
        guard let value = parse(text) else {
            document.reportType(node, expected: expected)
            return nil
        }
        return value
    }
}

extension ValueShape where Value == String {
    static var text: ValueShape {
        ValueShape(schema: ["type": "string", "minLength": 1]) { node, document in document.text(node) }
    }

    /// Any scalar as it is written: numbers and truth values too.
    static var anyScalar: ValueShape {
        ValueShape(schema: ["type": ["string", "number", "boolean"]]) { node, document in
            guard case .scalar(let scalar) = node, scalar.kind != .nothing else {
                document.reportType(node, expected: "a value")
                return nil
            }
            return document.text(of: scalar)
        }
    }

    /// A word such as `billing` or `pii-high`.
    static var tag: ValueShape {
        parsed(
            "a tag of lower-case letters, digits, '-' and '_'",
            schema: orVariable(["type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"])
        ) { text in
            let isTag =
                !text.isEmpty && !text.hasPrefix("-") && !text.hasPrefix("_")
                && text.utf8.allSatisfy {
                    switch $0 {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "_"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
            return isTag ? text : nil
        }
    }

    /// Memory as DuckDB takes it: `4GB`, `512MiB`, `80%`.
    static var size: ValueShape {
        parsed(
            "a size such as 4GB, 512MiB or 80%",
            schema: orVariable(["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?([kKMGT]i?B|%)$"])
        ) { text in
            let units = ["KB", "MB", "GB", "TB", "kB", "KiB", "MiB", "GiB", "TiB", "kiB", "%"]
            guard let unit = units.first(where: { text.hasSuffix($0) }) else { return nil }
            var number = text.dropLast(unit.count)
            if number.last == " " { number.removeLast() }
            guard let first = number.first, let last = number.last, first.isWholeNumber, last.isWholeNumber,
                let value = Double(number), value > 0, unit != "%" || value <= 100
            else { return nil }
            return text
        }
    }
}

extension ValueShape where Value == ByteCount {
    /// `100GB`, `512MiB`.
    static var byteCount: ValueShape {
        parsed(
            "a size such as 100GB or 512MiB",
            schema: orVariable(["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?([kKMGT]i?B)$"])
        ) { text in
            let units: [(String, Double)] = [
                ("KiB", 1_024), ("kiB", 1_024), ("MiB", 1_048_576), ("GiB", 1_073_741_824),
                ("TiB", 1_099_511_627_776), ("KB", 1e3), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
            ]
            guard let unit = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
            var number = text.dropLast(unit.0.count)
            if number.last == " " { number.removeLast() }
            guard let first = number.first, let last = number.last, first.isWholeNumber, last.isWholeNumber,
                let value = Double(number), value > 0, value * unit.1 < 9e18
            else { return nil }
            return ByteCount(Int64(value * unit.1))
        }
    }
}

extension ValueShape where Value == Int {
    static func integer(_ bounds: ClosedRange<Int>) -> ValueShape {
        let limit =
            bounds.upperBound == .max
            ? "from \(bounds.lowerBound) on" : "from \(bounds.lowerBound) to \(bounds.upperBound)"
        var schema: [(key: String, value: JSONValue)] = [
            ("type", "integer"), ("minimum", .integer(bounds.lowerBound)),
        ]
        if bounds.upperBound != .max { schema.append(("maximum", .integer(bounds.upperBound))) }
        let expected = "a whole number \(limit)"
        return ValueShape(schema: orVariable(.object(schema))) { node, document in
            guard let text = document.plainText(node, expected: expected) else { return nil }
            guard let number = Int(text), bounds.contains(number) else {
                document.reportType(node, expected: expected)
                return nil
            }
            return number
        }
    }
}

extension ValueShape where Value == Bool {
    static var bool: ValueShape {
        ValueShape(schema: orVariable(["type": "boolean"])) { node, document in
            guard let text = document.plainText(node, expected: "true or false") else { return nil }
            switch text {
            case "true", "True", "TRUE": return true
            case "false", "False", "FALSE": return false
            default:
                document.reportType(node, expected: "true or false")
                return nil
            }
        }
    }
}

extension ValueShape where Value == Double {
    /// `1%` or `0.01`; a bare 1 is refused because it could mean either.
    static var share: ValueShape {
        parsed(
            "a share such as 1% or 0.01",
            schema: orVariable(
                ["type": "number", "minimum": 0, "exclusiveMaximum": 1],
                ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?%$"])
        ) { text in
            let isPercent = text.hasSuffix("%")
            var number = isPercent ? text.dropLast() : text[...]
            if isPercent, number.last == " " { number.removeLast() }
            guard let first = number.first, first.isWholeNumber || first == ".", let value = Double(number)
            else { return nil }
            if isPercent { return value <= 100 ? value / 100 : nil }
            return value < 1 ? value : nil
        }
    }
}

extension ValueShape where Value == Duration {
    /// `90s`, `5m`, `2h` or `1d`.
    static var duration: ValueShape {
        parsed(
            "a duration such as 90s, 5m, 2h or 1d",
            schema: orVariable(["type": "string", "pattern": "^[0-9]{1,9} ?[smhd]$"])
        ) { text in
            guard let unit = text.last else { return nil }
            let seconds: Int
            switch unit {
            case "s": seconds = 1
            case "m": seconds = 60
            case "h": seconds = 3_600
            case "d": seconds = 86_400
            default: return nil
            }
            var number = text.dropLast()
            if number.last == " " { number.removeLast() }
            guard (1...9).contains(number.utf8.count), number.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let count = Int(number)
            else { return nil }
            return .seconds(count * seconds)
        }
    }
}

extension ValueShape where Value == WrittenTLS {
    /// `true`, `false` or `verify`.
    static var tls: ValueShape {
        let expected = "true, false or verify"
        return ValueShape(schema: orVariable(["type": "boolean"], ["const": "verify"])) { node, document in
            guard let text = document.plainText(node, expected: expected) else { return nil }
            switch text {
            case "true", "True", "TRUE": return .on
            case "false", "False", "FALSE": return .off
            case "verify": return .verify
            default:
                document.reportType(node, expected: expected)
                return nil
            }
        }
    }
}

/// A stretch of a cursor.
enum Span: Hashable, Sendable {
    case time(Duration)
    case number(Int64)
}

extension ValueShape where Value == Span {
    /// `5m` or `1000`.
    static var span: ValueShape {
        let duration = ValueShape<Duration>.duration
        let number = ValueShape<Int>.integer(1...Int.max)
        return ValueShape(schema: ["anyOf": [duration.schema, number.schema]]) { node, document in
            if case .scalar(let scalar) = node, scalar.kind == .number {
                return number.read(node, document).map { .number(Int64($0)) }
            }
            return duration.read(node, document).map { .time($0) }
        }
    }
}

extension ValueShape where Value == Pace.Hours {
    /// `22:00-06:00`.
    static var hours: ValueShape {
        parsed(
            "hours such as 22:00-06:00",
            schema: orVariable([
                "type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9] ?- ?[0-2][0-9]:[0-5][0-9]$",
            ])
        ) { Pace.Hours($0) }
    }
}

extension ValueShape where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of the values of an enumeration.
    static var choice: ValueShape {
        let values = Array(Value.allCases)
        let names = values.map(\.rawValue)
        let expected = names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))"
        return ValueShape(schema: orVariable(["enum": .array(names.map { .string($0) })])) { node, document in
            guard let text = document.text(node, expected: expected) else { return nil }
            guard let value = values.first(where: { $0.rawValue == text }) else {
                let meant = suggestion(for: node.scalar?.string ?? "", among: names)
                document.reportValue(
                    node, "expected \(expected), found \(node.inWords)\(meant.isEmpty ? "." : meant)",
                    remedy: "Write \(expected).")
                return nil
            }
            return value
        }
    }
}
