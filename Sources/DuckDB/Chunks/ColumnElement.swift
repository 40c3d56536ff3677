/// A Swift type whose bytes are those of one value in a DuckDB vector.
///
/// `Int32` reads INTEGER, DATE and DECIMAL of up to 9 digits; `Int64` also the times and timestamps; `Int128`
/// is HUGEINT, wide DECIMALs and UUID with its highest bit turned over.
public protocol ColumnElement: BitwiseCopyable, Sendable {
    static var layout: Layout { get }
}

extension Bool: ColumnElement { @inlinable public static var layout: Layout { .bool } }
extension Int8: ColumnElement { @inlinable public static var layout: Layout { .int8 } }
extension Int16: ColumnElement { @inlinable public static var layout: Layout { .int16 } }
extension Int32: ColumnElement { @inlinable public static var layout: Layout { .int32 } }
extension Int64: ColumnElement { @inlinable public static var layout: Layout { .int64 } }
extension Int128: ColumnElement { @inlinable public static var layout: Layout { .int128 } }
extension UInt8: ColumnElement { @inlinable public static var layout: Layout { .uint8 } }
extension UInt16: ColumnElement { @inlinable public static var layout: Layout { .uint16 } }
extension UInt32: ColumnElement { @inlinable public static var layout: Layout { .uint32 } }
extension UInt64: ColumnElement { @inlinable public static var layout: Layout { .uint64 } }
extension UInt128: ColumnElement { @inlinable public static var layout: Layout { .uint128 } }
extension Float: ColumnElement { @inlinable public static var layout: Layout { .float } }
extension Double: ColumnElement { @inlinable public static var layout: Layout { .double } }
extension Value.Interval: ColumnElement { @inlinable package static var layout: Layout { .interval } }
