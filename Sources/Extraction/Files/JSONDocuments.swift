internal import DuckDB
internal import LakeModel
internal import Project

/// JSON files of which DuckDB takes the objects apart: arrays of them, or one after the other.
struct JSONDocuments {
    /// Gives `c0`, `__file`, `__line`, `__error` and `__raw` of each object.
    let select: String

    private static let objectBytesMax = 64 << 20

    init(_ files: FilesTable, _ inputs: [FoundFile]) throws {
        var (arrays, sequences): ([String], [String]) = ([], [])
        for input in inputs {
            do {
                switch try JSONDocuments.firstCharacter(of: input) {
                case nil: continue
                case UInt8(ascii: "["): arrays.append(input.absolutePath)
                default: sequences.append(input.absolutePath)
                }
            } catch {
                throw files.unreadable(input)(error)
            }
        }
        let parts = [(arrays, "array"), (sequences, "unstructured")].filter { !$0.0.isEmpty }.map {
            paths, format in
            """
            SELECT CAST(json AS VARCHAR) AS c0, \(files.relativePath("filename")) AS __file, \
            CAST(NULL AS BIGINT) AS __line, CAST(NULL AS VARCHAR) AS __error, CAST(json AS VARCHAR) AS __raw \
            FROM read_json_objects([\(paths.map(quotedPath).joined(separator: ", "))], \
            format = '\(format)', filename = true, hive_partitioning = false, \
            maximum_object_size = \(JSONDocuments.objectBytesMax))
            """
        }
        select =
            parts.isEmpty
            ? """
            SELECT NULL::VARCHAR AS c0, NULL::VARCHAR AS __file, NULL::BIGINT AS __line, \
            NULL::VARCHAR AS __error, NULL::VARCHAR AS __raw WHERE false
            """ : parts.joined(separator: " UNION ALL ")
    }

    /// `nil` if there is nothing but white space.
    private static func firstCharacter(of input: FoundFile) throws(FileFailure) -> UInt8? {
        let text = try TextFile(input.absolutePath, encoding: .utf8)
        while true {
            try text.extend()
            if let first = text.text.first(where: { $0 > 0x20 }) { return first }
            if text.isAtEnd { return nil }
            text.consume(text.text.count)
        }
    }
}

extension FilesTable {
    /// The path in `expression`, relative to the folder.
    func relativePath(_ expression: String) -> String {
        "substr(\(expression), length(\(quotedLiteral(folder))) + 2)"
    }

    /// Makes a diagnostic of what DuckDB says of files: it names the one that it could not read.
    func explain(_ error: DuckDBError, _ inputs: [FoundFile]) -> any Error {
        let isOurs = error.kind == .outOfMemory || error.message.contains("No space left")
        if error.isInterrupt || isOurs || error.underlying != nil { return error.underlying ?? error }
        let named = inputs.filter {
            error.message.contains($0.absolutePath)
                || error.message.contains(globEscaped($0.absolutePath))
        }
        .max { $0.absolutePath.utf8.count < $1.absolutePath.utf8.count }
        guard let file = named ?? (inputs.count == 1 ? inputs.first : nil) else { return error }
        return unreadable(file)(FileFailure(reason: error.message))
    }
}
