internal import CLinux
internal import Glibc
internal import NIOCore
internal import Synchronization

/// A file in the staging folder that may become visible, whole, at the end. Unless it is placed, it goes with
/// its last owner.
final class StagedFile: Sendable {
    let descriptor: Int32
    let location: String
    private let isPlaced = Atomic(false)
    /// Up to where the kernel was asked to begin writing to the disk.
    private let flushed = Atomic<Int64>(0)

    private static let flushStep: Int64 = 16 << 20

    init(at location: String, mustExist: Bool = false) throws(FileFailure) {
        let flags = mustExist ? O_RDWR | O_CLOEXEC : O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC
        descriptor = open(location, flags, 0o666)
        guard descriptor >= 0 else { throw FileFailure(errno, "make a file") }
        self.location = location
    }

    deinit {
        close(descriptor)
        if !isPlaced.load(ordering: .relaxed) { unlink(location) }
    }

    /// It has another name now, or somebody else's care.
    func wasPlaced() { isPlaced.store(true, ordering: .relaxed) }

    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }

    func write(_ buffers: [ByteBuffer], at offset: Int64) throws(FileFailure) {
        var offset = offset
        for buffer in buffers {
            let code = buffer.withUnsafeReadableBytes { bytes -> Int32 in
                var rest = bytes
                while let base = rest.baseAddress, !rest.isEmpty {
                    let count = pwrite(descriptor, base, rest.count, off_t(offset))
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return errno }
                    offset += Int64(count)
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                }
                return 0
            }
            guard code == 0 else { throw FileFailure(code, "write") }
        }
        // What is on its way to the disk already need not be waited for at the end.
        let begun = flushed.load(ordering: .relaxed)
        if offset - begun >= Self.flushStep {
            flushed.store(offset, ordering: .relaxed)
            _ = sync_file_range(descriptor, begun, offset - begun, 2)
        }
    }

    /// Copies bytes of another file inside the kernel, on some file systems without moving them.
    func copy(from source: Int32, _ bytes: Range<Int64>, to offset: Int64) throws(FileFailure) {
        var (from, to) = (bytes.lowerBound, offset)
        while from < bytes.upperBound {
            let count = copy_file_range(source, &from, descriptor, &to, Int(bytes.upperBound - from), 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP {
                return try copySlowly(from: source, from..<bytes.upperBound, to: to)
            }
            guard count >= 0 else { throw FileFailure(errno, "copy") }
            guard count > 0 else { throw FileFailure(EIO, "copy") }
        }
    }

    private func copySlowly(from source: Int32, _ bytes: Range<Int64>, to offset: Int64) throws(FileFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let buffer = try ByteBuffer(
                ofFile: source, rest.lowerBound, count: Int(min(Int64(rest.count), 1 << 20)))
            guard buffer.readableBytes > 0 else { throw FileFailure(EIO, "copy") }
            try write([buffer], at: offset + rest.lowerBound - bytes.lowerBound)
            rest = rest.lowerBound + Int64(buffer.readableBytes)..<rest.upperBound
        }
    }

    func truncate(to size: Int64) throws(FileFailure) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileFailure(errno, "write") }
    }

    /// Afterwards the bytes survive a power cut.
    func sync() throws(FileFailure) {
        guard fsync(descriptor) == 0 else { throw FileFailure(errno, "sync") }
    }
}

extension ByteBuffer {
    /// Up to `count` bytes of a file; fewer only at its end.
    init(ofFile descriptor: Int32, _ offset: Int64, count: Int) throws(FileFailure) {
        self.init()
        reserveCapacity(count)
        var failure: Int32 = 0
        while readableBytes < count {
            let got = readableBytes
            let read = writeWithUnsafeMutableBytes(minimumWritableBytes: count - got) { bytes in
                let result = pread(descriptor, bytes.baseAddress, count - got, off_t(offset) + off_t(got))
                if result < 0 { failure = errno }
                return max(0, result)
            }
            if failure == EINTR {
                failure = 0
                continue
            }
            guard failure == 0 else { throw FileFailure(failure, "read") }
            if read == 0 { return }
        }
    }
}
