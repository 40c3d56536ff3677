import Glibc
import LakeModel
import Synchronization

/// A file that becomes an object or disappears with the last reference to it.
///
/// It is locked while it is open: after the death of its process it is recognised as abandoned.
final class TemporaryFile: Sendable {
    let descriptor: Int32
    let location: String
    private let isPlaced = Atomic(false)
    private static let count = Atomic<UInt64>(0)

    init(descriptor: Int32, location: String) {
        self.descriptor = descriptor
        self.location = location
    }

    deinit {
        if !isPlaced.load(ordering: .acquiring) { unlink(location) }
        Glibc.close(descriptor)
    }

    static func newName() -> String {
        let number = count.add(1, ordering: .relaxed).newValue
        return "\(getpid())-\(number)-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    }

    /// It has been renamed, so there is nothing left to remove.
    func wasPlaced() { isPlaced.store(true, ordering: .releasing) }

    func append(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError(code: errno)
            }
            written += count
        }
    }

    /// Returns when the bytes are on the disk.
    func sync() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw SystemError(code: errno) }
    }
}

/// What a system call left in errno.
struct SystemError: Error {
    let code: Int32
}

/// A file opened for reading, closed with the last reference to it.
final class OpenFile: Sendable {
    let descriptor: Int32

    /// Owns `descriptor`.
    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    func status() throws(SystemError) -> FileStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError(code: errno) }
        return FileStatus(status)
    }

    /// Up to `countMax` bytes at `offset`; fewer at the end of the file only.
    func read(at offset: Int64, countMax: Int) throws(SystemError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: countMax) { buffer, filled in
            while filled < countMax {
                let count = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, countMax - filled,
                    Int(offset) + filled)
                if count < 0, errno == EINTR { continue }
                if count < 0 { failure = errno }
                if count <= 0 { break }
                filled += count
            }
        }
        guard failure == 0 else { throw SystemError(code: failure) }
        return bytes
    }
}
