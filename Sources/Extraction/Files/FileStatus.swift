internal import Glibc
internal import LakeModel

/// What the file system says of one file: enough to see that it was written to.
struct FileStatus: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let bytes: Int64
    /// In nanoseconds since 1970.
    let modifiedAt: Int64
    /// When anything of it last changed, which no user can set.
    let changedAt: Int64
    let isRegular: Bool

    /// `nil` if there is no such file, or it may not be looked at.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        modifiedAt = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changedAt = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }

    /// In microseconds, as manifests have it.
    var modified: Timestamp { Timestamp(microseconds: modifiedAt.floored(to: 1_000) / 1_000) }

    var changed: Timestamp { Timestamp(microseconds: changedAt.floored(to: 1_000) / 1_000) }

    var text: String { "\(device).\(inode).\(bytes).\(modifiedAt).\(changedAt)" }

    /// Two writes within one tick of the file system's clock leave one time of change. A file that has
    /// changed longer ago than any tick is known by its times.
    func isSettled(at now: Int64) -> Bool { now - changedAt > 3_000_000_000 && now - modifiedAt > 0 }

    /// Nanoseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// A text that is another one whenever a transaction was committed in between: sizes and times of the
    /// file and of its write-ahead log. `nil` while they are too new to be told from the next write.
    static func fingerprint(ofDuckDB path: String) -> String? {
        let now = now()
        guard let file = FileStatus(path), file.isSettled(at: now) else { return nil }
        guard let log = FileStatus(path + ".wal") else { return file.text }
        return log.isSettled(at: now) ? "\(file.text)-\(log.text)" : nil
    }
}
