internal import Glibc
internal import LakeModel

/// Who holds a lock, as the kernel tells.
enum FileLock {
    /// The process that holds an `flock` on the open file, such as `4711 (stopped)`; `nil` if it cannot be
    /// told.
    static func holder(ofFile descriptor: Int32) -> String? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, let table = text(of: "/proc/locks") else { return nil }
        // `1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234 0 EOF`; who waits has `->` before the kind.
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 5, words[1] == "FLOCK", let inode = words[5].split(separator: ":").last,
                UInt64(inode) == UInt64(status.st_ino), let pid = Int32(words[4])
            else { continue }
            return isStopped(pid) ? "\(pid) (stopped)" : "\(pid)"
        }
        return nil
    }

    private static func isStopped(_ pid: Int32) -> Bool {
        guard let stat = text(of: "/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else {
            return false
        }
        return ["T", "t"].contains(stat[stat.index(after: end)...].split(separator: " ").first)
    }

    private static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}

/// Another process holds the store's lock and does not let go.
package struct StoreLocked: Diagnostic {
    let path: String
    let holder: String?

    package var code: String { "store.locked" }
    package var problem: String {
        "\(holder.map { "Process \($0)" } ?? "Another process") holds \(path) and does not let go of it."
    }
    package var remedy: String {
        holder.map {
            "End it: kill -9 \($0.split(separator: " ").first ?? ""). What it had not committed is cleared up."
        }
            ?? "Find the process with: fuser -v \(path)"
    }
    package var isTransient: Bool { true }
}
