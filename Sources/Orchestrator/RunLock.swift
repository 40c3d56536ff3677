internal import Glibc
internal import LakeModel

/// The right to run on a lake, for one process at a time.
///
/// It is an `flock` on `.tarn/run.lock`, which the kernel releases when the process ends in whatever way,
/// so that nobody has to find out whether its holder is still alive. Commits do not depend on it: they are
/// conditional.
package final class RunLock: Sendable {
    private let descriptor: Int32

    /// - Parameter holder: A line that tells others who holds it.
    /// - Throws: ``LakeBusy`` if another process holds it.
    package init(folder: String, holder: String) throws {
        let path = "\(folder)/run.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw LockUnavailable(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let reason = String(cString: strerror(errno))
            let other = RunLock.text(of: descriptor)
            close(descriptor)
            if isHeld { throw LakeBusy(holder: other) }
            throw LockUnavailable(path: path, reason: reason)
        }
        ftruncate(descriptor, 0)
        _ = holder.withCString { write(descriptor, $0, strlen($0)) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func text(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : "another process"
    }
}

/// Another process runs on the same lake.
package struct LakeBusy: Diagnostic {
    package let holder: String

    package var code: String { "run.lake-busy" }
    package var problem: String { "Another run works on this lake: \(holder)." }
    package var remedy: String { "Wait for it (tarn status shows how far it is), or stop that process." }
    package var isTransient: Bool { true }
}

/// The lock's file cannot be used.
struct LockUnavailable: Diagnostic {
    let path: String
    let reason: String

    var code: String { "run.lock-unavailable" }
    var problem: String { "\(path) cannot be locked: \(reason)." }
    var remedy: String { "The folder of the lake must be writable for the user who runs tarn." }
}
