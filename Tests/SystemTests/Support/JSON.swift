import Foundation
import Testing

/// A JSON value that is read as the manual's reader would: by its keys.
struct JSON: CustomStringConvertible {
    private let value: Any

    init(_ data: Data) throws {
        value = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    }
    private init(value: Any) { self.value = value }

    /// - Throws: if there is no such key.
    func get(_ key: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> JSON {
        let object = try #require(
            value as? [String: Any], "\(self) is no object", sourceLocation: sourceLocation)
        return JSON(
            value: try #require(object[key], "no '\(key)' in \(self)", sourceLocation: sourceLocation))
    }

    func text(_ key: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let found = try get(key, sourceLocation: sourceLocation)
        return try #require(found.value as? String, sourceLocation: sourceLocation)
    }

    func number(_ key: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Double {
        let found = try get(key, sourceLocation: sourceLocation)
        return try #require(found.value as? NSNumber, sourceLocation: sourceLocation).doubleValue
    }

    func list(_ key: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [JSON] {
        try get(key, sourceLocation: sourceLocation).list(sourceLocation: sourceLocation)
    }

    func list(sourceLocation: SourceLocation = #_sourceLocation) throws -> [JSON] {
        try #require(value as? [Any], "\(self) is no list", sourceLocation: sourceLocation).map {
            JSON(value: $0)
        }
    }

    func has(_ key: String) -> Bool { (value as? [String: Any])?[key] != nil }
    var keys: Set<String> { Set((value as? [String: Any])?.keys.map { $0 } ?? []) }
    var string: String? { value as? String }
    var bool: Bool? { (value as? NSNumber)?.boolValue }
    var description: String { String("\(value)".prefix(400)) }
}
