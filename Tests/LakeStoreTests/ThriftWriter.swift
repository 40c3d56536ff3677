/// Writes Thrift's compact protocol, as far as a Parquet footer needs it.
struct ThriftWriter {
    private(set) var bytes: [UInt8] = []
    private var lastID = 0

    mutating func field(_ id: Int, kind: UInt8) {
        bytes.append(UInt8(id - lastID) << 4 | kind)
        lastID = id
    }

    mutating func int32(_ id: Int, _ value: Int64) {
        field(id, kind: 5)
        zigzag(value)
    }

    mutating func int64(_ id: Int, _ value: Int64) {
        field(id, kind: 6)
        zigzag(value)
    }

    mutating func text(_ id: Int, _ value: String) {
        field(id, kind: 8)
        unsigned(UInt64(value.utf8.count))
        bytes += Array(value.utf8)
    }

    mutating func structures(_ id: Int, _ bodies: [(inout ThriftWriter) -> Void]) {
        field(id, kind: 9)
        if bodies.count < 15 {
            bytes.append(UInt8(bodies.count) << 4 | 12)
        } else {
            bytes.append(0xFC)
            unsigned(UInt64(bodies.count))
        }
        for body in bodies {
            var inner = ThriftWriter()
            body(&inner)
            inner.stop()
            bytes += inner.bytes
        }
    }

    mutating func stop() { bytes.append(0) }

    mutating func unsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func zigzag(_ value: Int64) { unsigned(UInt64(bitPattern: value << 1 ^ value >> 63)) }
}
