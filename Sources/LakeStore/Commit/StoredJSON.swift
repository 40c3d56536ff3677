import FoundationEssentials
import LakeModel

/// How manifests and watermarks stand in the lake: indented JSON, names in snake_case and in alphabetical
/// order, so that the same content is the same bytes and a person can compare two of them.
package enum StoredJSON {
    /// Far more than the manifest of any table needs; what is larger is no manifest.
    static let bytesMax = ByteCount(64_000_000)

    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    /// - Throws: `ManifestDamaged`.
    static func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], at path: LakePath) throws -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try reading(path) { try decoder.decode(type, from: Data(bytes)) }
    }

    private static func reading<T>(_ path: LakePath, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DecodingError {
            throw ManifestDamaged(path: path, reason: reason(error))
        } catch {
            throw ManifestDamaged(path: path, reason: "it is not JSON")
        }
    }

    /// Like ``decode(_:_:at:)``, after a look at the number in `format`.
    /// - Throws: `ManifestTooNew`, `ManifestDamaged`.
    static func decode<T: Decodable>(_ type: T.Type, formatMax: Int, _ bytes: [UInt8], at path: LakePath)
        throws -> T
    {
        let read = try decode(Formatted<T>.self, bytes, at: path)
        guard read.format <= formatMax else {
            throw ManifestTooNew(path: path, format: read.format, formatMax: formatMax)
        }
        guard read.format >= 1 else {
            throw ManifestDamaged(path: path, reason: "its format is \(read.format)")
        }
        return try reading(path) { try read.content.get() }
    }

    /// What a newer version wrote may lack what this one knows: its number is read first.
    private struct Formatted<Content: Decodable>: Decodable {
        let format: Int
        let content: Result<Content, any Error>

        private enum Key: String, CodingKey { case format }

        init(from decoder: any Decoder) throws {
            format = try decoder.container(keyedBy: Key.self).decode(Int.self, forKey: .format)
            content = Result { try Content(from: decoder) }
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(place(context, key)) is missing"
        case .typeMismatch(_, let context): "\(place(context)) has a value of another type"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "it is not JSON" : "\(place(context)): \(context.debugDescription)"
        @unknown default: "it cannot be decoded"
        }
    }

    private static func place(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
        let keys = context.codingPath + (key.map { [$0] } ?? [])
        let path = keys.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return path.isEmpty ? "the whole" : "'\(path.hasPrefix(".") ? String(path.dropFirst()) : path)'"
    }
}
