/// Reads Thrift's compact protocol from bytes that nobody vouches for.
///
/// Every read is checked against the end, nesting is bounded, and nothing is allocated by a length that the
/// bytes claim. Of the protocol it knows what a Parquet footer is made of.
struct ThriftReader {
    private let bytes: [UInt8]
    private(set) var position = 0
    private static let depthMax = 32

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    struct Malformed: Error {}

    /// The types of the compact protocol, by their numbers.
    enum Kind: UInt8 {
        case stop = 0, yes, no, byte, int16, int32, int64, double, binary, list, set, map, structure, uuid
    }

    /// Calls `body` for every field of a structure; a field that `body` answers with `false` is skipped.
    mutating func forEachField(
        depth: Int = 0, _ body: (inout ThriftReader, _ id: Int, Kind) throws(Malformed) -> Bool
    ) throws(Malformed) {
        guard depth < ThriftReader.depthMax else { throw Malformed() }
        var id = 0
        while true {
            let header = try byte()
            guard let kind = Kind(rawValue: header & 0x0F) else { throw Malformed() }
            if kind == .stop { return }
            let delta = Int(header >> 4)
            if delta == 0 {
                guard let next = Int(exactly: try integer()), abs(next) <= Int(Int16.max) else {
                    throw Malformed()
                }
                id = next
            } else {
                id += delta
            }
            guard id <= Int(Int16.max) else { throw Malformed() }
            if try !body(&self, id, kind) { try skip(kind, depth: depth + 1) }
        }
    }

    /// The kind and count of a list's elements. The count is at most that of the bytes left.
    mutating func listHeader() throws(Malformed) -> (kind: Kind, count: Int) {
        let header = try byte()
        guard let kind = Kind(rawValue: header & 0x0F), kind != .stop else { throw Malformed() }
        var count = UInt64(header >> 4)
        if count == 15 { count = try unsigned() }
        guard count <= UInt64(bytes.count - position) else { throw Malformed() }
        return (kind, Int(count))
    }

    /// A zigzag-coded integer.
    mutating func integer() throws(Malformed) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A text; broken UTF-8 is repaired.
    mutating func text() throws(Malformed) -> String {
        let count = try length()
        defer { position += count }
        return String(decoding: bytes[position..<(position + count)], as: UTF8.self)
    }

    mutating func skip(_ kind: Kind, depth: Int) throws(Malformed) {
        guard depth < ThriftReader.depthMax else { throw Malformed() }
        switch kind {
        case .stop: throw Malformed()
        case .yes, .no: return
        case .byte: try advance(1)
        case .int16, .int32, .int64: _ = try unsigned()
        case .double: try advance(8)
        case .uuid: try advance(16)
        case .binary: try advance(length())
        case .list, .set:
            let (kind, count) = try listHeader()
            for _ in 0..<count { try skipElement(kind, depth: depth + 1) }
        case .map:
            let count = try unsigned()
            guard count <= UInt64(bytes.count - position) else { throw Malformed() }
            guard count > 0 else { return }
            let kinds = try byte()
            guard let key = Kind(rawValue: kinds >> 4), let value = Kind(rawValue: kinds & 0x0F) else {
                throw Malformed()
            }
            for _ in 0..<count {
                try skipElement(key, depth: depth + 1)
                try skipElement(value, depth: depth + 1)
            }
        case .structure:
            try forEachField(depth: depth + 1) { (_, _, _) throws(Malformed) in false }
        }
    }

    /// In collections a truth value is a byte; in fields it is in the header.
    private mutating func skipElement(_ kind: Kind, depth: Int) throws(Malformed) {
        if kind == .yes || kind == .no { try advance(1) } else { try skip(kind, depth: depth) }
    }

    private mutating func byte() throws(Malformed) -> UInt8 {
        guard position < bytes.count else { throw Malformed() }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func unsigned() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 { return value }
            shift += 7
        }
        throw Malformed()
    }

    private mutating func length() throws(Malformed) -> Int {
        let count = try unsigned()
        guard count <= UInt64(bytes.count - position) else { throw Malformed() }
        return Int(count)
    }

    private mutating func advance(_ count: Int) throws(Malformed) {
        guard count <= bytes.count - position else { throw Malformed() }
        position += count
    }
}
