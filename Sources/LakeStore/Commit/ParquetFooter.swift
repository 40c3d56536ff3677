package import LakeModel

/// What the end of a Parquet file says of its rows; read without touching the data.
///
/// The file may come from anywhere: damaged or hostile bytes end in `ParquetDamaged`, never in a crash, and
/// never make this allocate more than the footer's own bytes.
package struct ParquetFooter: Hashable, Sendable {
    package let rows: Int64
    /// Rows of each row group.
    package let rowGroups: [Int64]
    /// The names of the columns; of a nested column that of the whole.
    package let columns: [String]
    /// The program that wrote the file, as it calls itself.
    package let createdBy: String?

    /// Footers hold statistics of every column of every row group; what is larger than this is no footer.
    private static let bytesMax: Int64 = 512_000_000
    /// Most footers fit into the first request.
    private static let firstReadBytes: Int64 = 64 << 10
    private static let magic = Array("PAR1".utf8)

    /// Reads the footer with two or three ranged requests.
    /// - Throws: `ObjectNotFound`, `ParquetDamaged`.
    package static func read(_ path: LakePath, from store: some ObjectStore) async throws -> ParquetFooter {
        guard let object = try await store.head(path) else { throw ObjectNotFound(path: path) }
        let size = object.size.bytes
        guard size >= 12 else { throw ParquetDamaged(path: path, reason: "it has only \(object.size)") }
        guard try await store.readRange(path, 0..<4) == magic else {
            throw ParquetDamaged(path: path, reason: "it does not begin with PAR1")
        }
        let tailStart = max(4, size - firstReadBytes)
        let tail = try await store.readRange(path, tailStart..<size)
        guard tail.count >= 8, Array(tail.suffix(4)) == magic else {
            let isEncrypted = tail.suffix(4) == Array("PARE".utf8)[...]
            throw ParquetDamaged(
                path: path, reason: isEncrypted ? "its footer is encrypted" : "it does not end with PAR1")
        }
        let length = tail.suffix(8).prefix(4).reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard length <= size - 12, length <= bytesMax else {
            throw ParquetDamaged(path: path, reason: "its footer claims to have \(ByteCount(length))")
        }
        let start = size - 8 - length
        let footer =
            start >= tailStart
            ? Array(tail[Int(start - tailStart)..<(tail.count - 8)])
            : try await store.readRange(path, start..<(size - 8))
        return try ParquetFooter(footer, of: path)
    }

    /// From the bytes between the data and the footer's length.
    init(_ bytes: [UInt8], of path: LakePath) throws {
        do {
            try self.init(thrift: bytes)
        } catch {
            throw ParquetDamaged(path: path, reason: "its footer cannot be decoded")
        }
    }

    /// `FileMetaData` of parquet.thrift: 2 is the schema, 3 the rows, 4 the row groups, 6 who created it.
    private init(thrift bytes: [UInt8]) throws(ThriftReader.Malformed) {
        var reader = ThriftReader(bytes)
        var schema: [SchemaElement]?
        var rows: Int64?
        var groups: [Int64]?
        var creator: String?
        try reader.forEachField { (reader, id, kind) throws(ThriftReader.Malformed) in
            switch (id, kind) {
            case (2, .list):
                schema = try reader.structures { (reader) throws(ThriftReader.Malformed) in
                    try SchemaElement(&reader)
                }
            case (3, .int64): rows = try reader.integer()
            case (4, .list): groups = try reader.structures(ParquetFooter.rowsOfGroup)
            case (6, .binary): creator = try reader.text()
            default: return false
            }
            return true
        }
        guard let schema, let rows, let groups, rows >= 0, groups.allSatisfy({ $0 >= 0 }) else {
            throw ThriftReader.Malformed()
        }
        self.rows = rows
        rowGroups = groups
        columns = try ParquetFooter.topLevelNames(schema)
        createdBy = creator
    }

    /// `RowGroup`: 3 is the number of rows.
    private static func rowsOfGroup(_ reader: inout ThriftReader) throws(ThriftReader.Malformed) -> Int64 {
        var rows: Int64?
        try reader.forEachField(depth: 1) { (reader, id, kind) throws(ThriftReader.Malformed) in
            guard id == 3, kind == .int64 else { return false }
            rows = try reader.integer()
            return true
        }
        guard let rows else { throw ThriftReader.Malformed() }
        return rows
    }

    /// `SchemaElement`: 4 is the name, 5 how many of those that follow are inside it.
    private struct SchemaElement {
        var name = ""
        var children = 0

        init(_ reader: inout ThriftReader) throws(ThriftReader.Malformed) {
            try reader.forEachField(depth: 1) { (reader, id, kind) throws(ThriftReader.Malformed) in
                switch (id, kind) {
                case (4, .binary): name = try reader.text()
                case (5, .int32):
                    guard let count = Int32(exactly: try reader.integer()), count >= 0 else {
                        throw ThriftReader.Malformed()
                    }
                    children = Int(count)
                default: return false
                }
                return true
            }
        }
    }

    /// The tree is written depth first, the root before all others.
    private static func topLevelNames(_ schema: [SchemaElement]) throws(ThriftReader.Malformed) -> [String] {
        guard let root = schema.first else { throw ThriftReader.Malformed() }
        var names: [String] = []
        var next = 1
        while names.count < root.children {
            guard next < schema.count else { throw ThriftReader.Malformed() }
            names.append(schema[next].name)
            var open = 1
            while open > 0 {
                guard next < schema.count else { throw ThriftReader.Malformed() }
                open += schema[next].children - 1
                next += 1
            }
        }
        guard next == schema.count else { throw ThriftReader.Malformed() }
        return names
    }

    /// Whether the groups hold as many rows as the file.
    package var isConsistent: Bool {
        var sum: Int64 = 0
        for count in rowGroups {
            let (total, overflow) = sum.addingReportingOverflow(count)
            if overflow { return false }
            sum = total
        }
        return sum == rows
    }
}

extension ThriftReader {
    /// The elements of a list of structures.
    fileprivate mutating func structures<T>(
        _ element: (inout ThriftReader) throws(Malformed) -> T
    ) throws(Malformed) -> [T] {
        let (kind, count) = try listHeader()
        guard kind == .structure || count == 0 else { throw Malformed() }
        var all: [T] = []
        for _ in 0..<count { all.append(try element(&self)) }
        return all
    }
}

/// A file that should be Parquet is not, or not whole.
package struct ParquetDamaged: Diagnostic {
    package let path: LakePath
    package let reason: String

    package var code: String { "parquet.damaged" }
    package var problem: String { "\(path) is not a whole Parquet file: \(reason)." }
    package var remedy: String {
        "Run again: an unfinished file is written anew. If it is bronze, restore it from a backup."
    }
}
