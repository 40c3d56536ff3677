internal import ADLSClient
internal import Blocking
internal import Glibc
internal import LakeModel
internal import NIOCore

/// A body cut into blocks, one after the other.
struct BodyBlocks: Sendable {
    /// Bytes at hand, or where they are.
    enum Block: Sendable {
        case bytes(ByteBuffer)
        case part(OpenFile, Range<Int64>)

        /// - Throws: `StoreFailed` if the file cannot be read, or has become shorter.
        func load(_ pool: BlockingPool, into buffers: BlockBuffers) async throws -> ByteBuffer {
            switch self {
            case .bytes(let bytes): return bytes
            case .part(let file, let range):
                return try await pool.run {
                    var buffer = buffers.take(range.count)
                    let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) {
                        try file.read(into: $0, at: range.lowerBound, count: range.count)
                    }
                    guard count == range.count else {
                        throw StoreFailed(
                            path: "the file", act: "read", reason: "it became shorter", isTransient: true)
                    }
                    return buffer
                }
            }
        }
    }

    private enum Source {
        case bytes([UInt8], offset: Int)
        case file(OpenFile, offset: Int64, size: Int64)
        case stream(ByteStream.AsyncIterator, rest: ByteBuffer)
    }

    /// A blob has 50,000 blocks at most: of what is larger than 180 GiB, they are larger.
    private static let countMax: Int64 = 45_000

    private var source: Source
    private let blockBytes: Int
    private var count: Int64 = 0

    init(_ body: ObjectBody, blockBytes: Int, pool: BlockingPool) async throws {
        switch body {
        case .bytes(let bytes):
            source = .bytes(bytes, offset: 0)
            self.blockBytes = max(blockBytes, bytes.count / Int(Self.countMax) + 1)
        case .file(let path):
            let (file, size) = try await pool.run {
                let descriptor = open(path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else {
                    let reason = String(cString: strerror(errno))
                    throw StoreFailed(path: path, act: "read", reason: reason, isTransient: false)
                }
                let file = OpenFile(descriptor: descriptor)
                return (file, try file.status().size)
            }
            source = .file(file, offset: 0, size: size)
            self.blockBytes = max(blockBytes, Int(size / Self.countMax) + 1)
        case .stream(let stream):
            source = .stream(stream.makeAsyncIterator(), rest: ByteBuffer())
            self.blockBytes = blockBytes
        }
    }

    /// `nil` at the end; no block is empty.
    mutating func next() async throws -> Block? {
        switch source {
        case .bytes(let bytes, let offset):
            guard offset < bytes.count else { return nil }
            let end = min(offset + blockBytes, bytes.count)
            source = .bytes(bytes, offset: end)
            return .bytes(ByteBuffer(bytes: bytes[offset..<end]))
        case .file(let file, let offset, let size):
            guard offset < size else { return nil }
            let end = min(offset + Int64(blockBytes), size)
            source = .file(file, offset: end, size: size)
            return .part(file, offset..<end)
        case .stream(var iterator, var rest):
            count += 1
            // How long a stream is nobody knows: after the first 80 GiB its blocks grow.
            let wanted = count > 20_000 ? blockBytes * 8 : blockBytes
            while rest.readableBytes < wanted, let chunk = try await iterator.next() {
                if rest.writableBytes < chunk.count { rest.reserveCapacity(wanted + chunk.count) }
                rest.writeBytes(chunk)
            }
            guard rest.readableBytes > 0 else { return nil }
            guard rest.readableBytes > wanted else {
                source = .stream(iterator, rest: ByteBuffer())
                return .bytes(rest)
            }
            guard let block = rest.readSlice(length: wanted) else { return nil }
            // A buffer of its own: a slice would keep the whole block alive.
            source = .stream(iterator, rest: ByteBuffer(bytes: rest.readableBytesView))
            return .bytes(block)
        }
    }
}

extension OpenFile {
    /// Fills the buffer with up to `count` bytes at `offset`; fewer at the end of the file only.
    fileprivate func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int64, count: Int
    ) throws(SystemError) -> Int {
        var filled = 0
        while filled < count {
            let read = pread(
                descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, Int(offset) + filled)
            if read < 0, errno == EINTR { continue }
            if read < 0 { throw SystemError(code: errno) }
            if read == 0 { break }
            filled += read
        }
        return filled
    }
}
