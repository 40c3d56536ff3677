internal import Glibc
internal import LakeModel

/// What the kernel says of a file or folder.
struct FileStatus: Hashable, Sendable {
    let isFolder: Bool
    let inode: UInt64
    let size: Int64
    let modifiedNanoseconds: Int64

    /// - Returns: `nil` of what is neither a file nor a folder: links and devices are not the store's.
    init?(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: isFolder = true
        case S_IFREG: isFolder = false
        default: return nil
        }
        inode = UInt64(status.st_ino)
        size = isFolder ? 0 : Int64(status.st_size)
        modifiedNanoseconds = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    /// The version, without quotes. It survives a rename and a restart; whatever replaces the content or the
    /// properties of a file gives it a later time. A folder's stays while things come and go in it.
    var version: String {
        isFolder
            ? "0x\(String(inode, radix: 16, uppercase: true))D"
            : [UInt64(bitPattern: modifiedNanoseconds), inode, UInt64(size)].map {
                String($0, radix: 16, uppercase: true)
            }.reduce(into: "0x") { $0 += $0 == "0x" ? $1 : "-\($1)" }
    }

    var etag: String { "\"\(version)\"" }

    var modifiedAt: Timestamp { Timestamp(microseconds: modifiedNanoseconds / 1_000) }
}
