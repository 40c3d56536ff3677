/// Reads the values of PostgreSQL's binary format where they lie: no copy, no allocation.
///
/// Every reader takes the whole field and answers nil (or `.malformed`) for bytes that are not exactly one
/// value of the type: what cannot be represented is for the caller to count, never rounded or cut here.
/// Text, names, enum labels and json need no reader: their bytes are the text.
public enum PostgresBinary {
    @inlinable @inline(__always)
    public static func bool(_ field: UnsafeRawBufferPointer) -> Bool? {
        guard field.count == 1, field[0] <= 1 else { return nil }
        return field[0] == 1
    }

    @inlinable @inline(__always)
    public static func int16(_ field: UnsafeRawBufferPointer) -> Int16? {
        field.count == 2 ? Int16(bitPattern: field.bigEndian(0, as: UInt16.self)) : nil
    }

    @inlinable @inline(__always)
    public static func int32(_ field: UnsafeRawBufferPointer) -> Int32? {
        field.count == 4 ? Int32(bitPattern: field.bigEndian(0, as: UInt32.self)) : nil
    }

    @inlinable @inline(__always)
    public static func int64(_ field: UnsafeRawBufferPointer) -> Int64? {
        field.count == 8 ? Int64(bitPattern: field.bigEndian(0, as: UInt64.self)) : nil
    }

    /// An oid, xid or cid.
    @inlinable @inline(__always)
    public static func uint32(_ field: UnsafeRawBufferPointer) -> UInt32? {
        field.count == 4 ? field.bigEndian(0, as: UInt32.self) : nil
    }

    /// Any float, NaN and infinities too.
    @inlinable @inline(__always)
    public static func float(_ field: UnsafeRawBufferPointer) -> Float? {
        field.count == 4 ? Float(bitPattern: field.bigEndian(0, as: UInt32.self)) : nil
    }

    /// Any double, NaN and infinities too.
    @inlinable @inline(__always)
    public static func double(_ field: UnsafeRawBufferPointer) -> Double? {
        field.count == 8 ? Double(bitPattern: field.bigEndian(0, as: UInt64.self)) : nil
    }

    /// A uuid as a number, its first byte the most significant.
    @inlinable @inline(__always)
    public static func uuid(_ field: UnsafeRawBufferPointer) -> UInt128? {
        guard field.count == 16 else { return nil }
        return UInt128(field.bigEndian(0, as: UInt64.self)) << 64
            | UInt128(field.bigEndian(8, as: UInt64.self))
    }

    /// A uuid as its 36 characters.
    /// - Returns: Whether it is one, and `text` its characters.
    public static func uuid(_ field: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        guard field.count == 16 else { return false }
        text.removeAll(keepingCapacity: true)
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(hexDigit(field[index] >> 4))
            text.append(hexDigit(field[index] & 15))
        }
        return true
    }

    @inlinable
    static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The text of a jsonb, which travels behind the number of its format.
    @inlinable @inline(__always)
    public static func jsonb(_ field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard field.count >= 1, field[0] == 1 else { return nil }
        return UnsafeRawBufferPointer(rebasing: field[1...])
    }

    /// The zeros and ones of a bit or varbit, as PostgreSQL prints them.
    /// - Returns: False for bytes that are none; `text` then is empty.
    public static func bits(_ field: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        text.removeAll(keepingCapacity: true)
        guard field.count >= 4 else { return false }
        let count = Int(Int32(bitPattern: field.bigEndian(0, as: UInt32.self)))
        guard count >= 0, field.count == 4 + (count + 7) / 8 else { return false }
        text.reserveCapacity(count)
        for index in 0..<count {
            let bit = field[4 + index / 8] >> (7 - UInt8(index % 8)) & 1
            text.append(UInt8(ascii: "0") + bit)
        }
        return true
    }
}

extension UnsafeRawBufferPointer {
    /// An integer in the order of the network. The caller has checked the bounds.
    @inlinable @inline(__always)
    func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
        T(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
