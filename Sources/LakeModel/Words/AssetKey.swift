/// One table of one layer. Its key is its SQL name.
package enum AssetKey: Hashable, Sendable {
    case bronze(SourceName, TableName)
    case silver(TableName)
    case gold(TableName)

    /// From `bronze_v3_customer.customer`, `silver.fact_invoice` or `gold.revenue_by_month`; otherwise `nil`.
    package init?(_ text: String) {
        guard let dot = text.firstIndex(of: ".") else { return nil }
        self.init(schema: String(text[..<dot]), table: String(text[text.index(after: dot)...]))
    }

    /// From the two parts of an SQL name; `nil` if they do not name an asset.
    package init?(schema: String, table: String) {
        guard let name = TableName(table) else { return nil }
        switch schema {
        case "silver": self = .silver(name)
        case "gold": self = .gold(name)
        default:
            guard schema.hasPrefix("bronze_"), let source = SourceName(String(schema.dropFirst(7))) else {
                return nil
            }
            self = .bronze(source, name)
        }
    }

    package var layer: Layer {
        switch self {
        case .bronze: .bronze
        case .silver: .silver
        case .gold: .gold
        }
    }

    package var source: SourceName? {
        if case .bronze(let source, _) = self { source } else { nil }
    }

    package var table: TableName {
        switch self {
        case .bronze(_, let table), .silver(let table), .gold(let table): table
        }
    }

    /// The schema part of its SQL name: `bronze_v3_customer`, `silver` or `gold`.
    package var schema: String {
        switch self {
        case .bronze(let source, _): "bronze_\(source)"
        case .silver: "silver"
        case .gold: "gold"
        }
    }

    /// Its SQL name with both parts quoted.
    package var quotedName: String { "\(quotedIdentifier(schema)).\(quotedIdentifier(table.text))" }
}

/// As extracted; cleaned and joined; marts.
package enum Layer: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    case bronze, silver, gold

    package static func < (left: Layer, right: Layer) -> Bool {
        left == .bronze && right != .bronze || left == .silver && right == .gold
    }
}

extension AssetKey: CustomStringConvertible, Comparable, Codable {
    package var description: String { "\(schema).\(table)" }

    package static func < (left: AssetKey, right: AssetKey) -> Bool {
        left.layer != right.layer ? left.layer < right.layer : left.description < right.description
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let key = AssetKey(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not an asset's key")
        }
        self = key
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
