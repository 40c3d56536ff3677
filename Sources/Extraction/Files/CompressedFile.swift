internal import CZlib
internal import Glibc

/// Why the bytes of a file could not be had.
struct FileFailure: Error {
    let reason: String
}

/// The bytes of a file from its beginning on, decompressed if its first bytes say that it is compressed.
final class CompressedFile {
    private let descriptor: Int32
    private var decoder: (any Decompressor)?
    private var input = [UInt8](repeating: 0, count: 1 << 18)
    private var unread = 0..<0
    private var isAtEnd = false

    /// - Throws: ``FileFailure``.
    init(_ path: String) throws(FileFailure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileFailure(reason: String(cString: strerror(errno))) }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        do throws(FileFailure) {
            try fill()
            let head = input[unread]
            if head.starts(with: [0x1F, 0x8B]) {
                decoder = try GzipDecoder()
            } else if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
                decoder = try ZstdDecoder()
            } else if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
                throw FileFailure(reason: "it is a zip file; unpack it, or compress single files with gzip")
            }
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// The next bytes; none is the end.
    func read(into output: UnsafeMutableRawBufferPointer) throws(FileFailure) -> Int {
        while true {
            if unread.isEmpty, !isAtEnd { try fill() }
            guard let decoder else {
                let count = min(unread.count, output.count)
                input.withUnsafeBytes { bytes in
                    output.copyMemory(from: .init(rebasing: bytes[unread.prefix(count)]))
                }
                unread = (unread.lowerBound + count)..<unread.upperBound
                return count
            }
            if unread.isEmpty, isAtEnd, decoder.isWhole { return 0 }
            let step = try advance(decoder, into: output)
            unread = (unread.lowerBound + step.consumed)..<unread.upperBound
            if step.produced > 0 { return step.produced }
            guard !(unread.isEmpty && isAtEnd) || decoder.isWhole else {
                throw FileFailure(reason: "its compressed data is cut off")
            }
        }
    }

    private func advance(
        _ decoder: any Decompressor, into output: UnsafeMutableRawBufferPointer
    ) throws(FileFailure) -> (consumed: Int, produced: Int) {
        let range = unread
        return try input.withUnsafeMutableBytes { bytes in
            Result { () throws(FileFailure) in
                try decoder.decompress(.init(rebasing: bytes[range]), into: output)
            }
        }.get()
    }

    private func fill() throws(FileFailure) {
        var count = 0
        repeat {
            count = input.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw FileFailure(reason: String(cString: strerror(errno))) }
        unread = 0..<count
        isAtEnd = count == 0
    }
}

/// Undoes a compression, piece by piece.
protocol Decompressor: AnyObject {
    /// Whether nothing is begun that more input would have to end.
    var isWhole: Bool { get }
    func decompress(
        _ input: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(FileFailure) -> (consumed: Int, produced: Int)
}

/// One gzip member or several, one after the other.
private final class GzipDecoder: Decompressor {
    private var stream = z_stream()
    private(set) var isWhole = false

    init() throws(FileFailure) {
        // 15 bits of window, and 16 for the header of gzip.
        guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw FileFailure(reason: "there is no memory to decompress it")
        }
    }

    deinit { inflateEnd(&stream) }

    func decompress(
        _ input: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(FileFailure) -> (consumed: Int, produced: Int) {
        guard !input.isEmpty || !isWhole else { return (0, 0) }
        if isWhole, !input.isEmpty {
            inflateReset(&stream)
            isWhole = false
        }
        stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(clamping: output.count)
        let offered = Int(stream.avail_out)
        let outcome = inflate(&stream, Z_NO_FLUSH)
        guard outcome == Z_OK || outcome == Z_STREAM_END || outcome == Z_BUF_ERROR else {
            throw FileFailure(reason: "its compressed data is damaged")
        }
        isWhole = outcome == Z_STREAM_END
        return (input.count - Int(stream.avail_in), offered - Int(stream.avail_out))
    }
}

/// Zstandard, by the library of the system, which Debian always has.
private final class ZstdDecoder: Decompressor {
    /// As `ZSTD_inBuffer` and `ZSTD_outBuffer` are laid out.
    private struct Buffer {
        var bytes: UnsafeMutableRawPointer?
        var size: Int
        var position: Int
    }

    private typealias Create = @convention(c) () -> OpaquePointer?
    private typealias Free = @convention(c) (OpaquePointer?) -> Int
    private typealias Decompress =
        @convention(c) (OpaquePointer?, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int
    private typealias IsError = @convention(c) (Int) -> UInt32

    private let stream: OpaquePointer
    private let free: Free
    private let advance: Decompress
    private let isError: IsError
    private(set) var isWhole = false

    init() throws(FileFailure) {
        guard let library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL),
            let create = dlsym(library, "ZSTD_createDStream"),
            let free = dlsym(library, "ZSTD_freeDStream"),
            let advance = dlsym(library, "ZSTD_decompressStream"),
            let isError = dlsym(library, "ZSTD_isError"),
            let stream = unsafeBitCast(create, to: Create.self)()
        else { throw FileFailure(reason: "it is compressed with zstd, and libzstd.so.1 is not installed") }
        self.stream = stream
        self.free = unsafeBitCast(free, to: Free.self)
        self.advance = unsafeBitCast(advance, to: Decompress.self)
        self.isError = unsafeBitCast(isError, to: IsError.self)
    }

    deinit { _ = free(stream) }

    func decompress(
        _ input: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(FileFailure) -> (consumed: Int, produced: Int) {
        guard !input.isEmpty || !isWhole else { return (0, 0) }
        var (from, to) = (
            Buffer(bytes: input.baseAddress, size: input.count, position: 0),
            Buffer(bytes: output.baseAddress, size: output.count, position: 0)
        )
        let left = advance(stream, &to, &from)
        guard isError(left) == 0 else { throw FileFailure(reason: "its compressed data is damaged") }
        isWhole = left == 0
        return (from.position, to.position)
    }
}
