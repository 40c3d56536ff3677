internal import FoundationEssentials

/// DuckDB's syntax tree of one statement, as `json_serialize_sql` gives it.
indirect enum SyntaxTree: Decodable {
    case object([String: SyntaxTree])
    case array([SyntaxTree])
    case text(String)
    /// In decimal: positions go up to 2^64 - 1, constants are of any type.
    case number(String)
    case boolean(Bool)
    case null

    init(json: String) throws {
        self = try JSONDecoder().decode(SyntaxTree.self, from: Data(json.utf8))
    }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            var members: [String: SyntaxTree] = [:]
            for key in container.allKeys {
                members[key.stringValue] = try container.decode(SyntaxTree.self, forKey: key)
            }
            self = .object(members)
            return
        }
        if var container = try? decoder.unkeyedContainer() {
            var elements: [SyntaxTree] = []
            while !container.isAtEnd { elements.append(try container.decode(SyntaxTree.self)) }
            self = .array(elements)
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let boolean = try? container.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let number = try? container.decode(Int64.self) {
            self = .number(String(number))
        } else if let number = try? container.decode(UInt64.self) {
            self = .number(String(number))
        } else {
            self = .number(String(try container.decode(Double.self)))
        }
    }

    subscript(name: String) -> SyntaxTree? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var elements: [SyntaxTree] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// Where the node stands in the statement, in bytes; `nil` if the parser made it up.
    var position: Int? {
        if case .number(let number)? = self["query_location"] { Int(number) } else { nil }
    }

    /// The tree in one fixed spelling without positions, so that neither comments nor layout count.
    var canonical: String {
        var out = ""
        write(to: &out)
        return out
    }

    private func write(to out: inout String) {
        switch self {
        case .object(let members):
            out += "{"
            for (name, value) in members.sorted(by: { $0.key < $1.key }) where name != "query_location" {
                out += "\(name.debugDescription):"
                value.write(to: &out)
                out += ","
            }
            out += "}"
        case .array(let elements):
            out += "["
            for element in elements {
                element.write(to: &out)
                out += ","
            }
            out += "]"
        case .text(let text): out += text.debugDescription
        case .number(let number): out += number
        case .boolean(let boolean): out += boolean ? "true" : "false"
        case .null: out += "null"
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
