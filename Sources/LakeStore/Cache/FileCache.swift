import Blocking
import CLinux
import Glibc
package import LakeModel
import Synchronization

/// Copies of objects in a folder of this machine, each under the path of its object and with the version
/// that it is a copy of. Processes may share the folder.
///
/// A copy comes into being by a rename and has its version in an extended attribute, so it is whole or not
/// there whoever is killed. Beyond the limit those that were not asked for longest are removed, but none
/// that was asked for within ``patience``: a statement may have yet to open it.
package struct FileCache: Sendable {
    package let folder: String
    package let limit: ByteCount
    /// How long a copy that was asked for is left alone.
    package let patience: Duration
    private let growth = Growth()

    private static let attribute = "user.tarn.etag"
    /// Copies that are being made; no path of a lake begins with a dot and a space.
    private static let unfinished = ". unfinished"

    package init(folder: String, limit: ByteCount, patience: Duration = .seconds(3_600)) {
        self.folder = folder
        self.limit = limit
        self.patience = patience
    }

    /// Where the copy of an object is, if there is one.
    package func location(of path: LakePath) -> String { "\(folder)/\(path)" }

    /// Whether there is a whole copy of exactly this version; if so, it is left alone for a while. Blocks.
    package func has(_ object: StoredObject) -> Bool {
        let descriptor = open(location(of: object.path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int64(status.st_size) == object.size.bytes,
            FileCache.etag(of: descriptor) == object.etag
        else { return false }
        futimens(descriptor, nil)
        return true
    }

    /// A new name for a file that becomes a copy by ``admit(_:as:)``. Blocks.
    package func newFile(for path: LakePath) throws -> String {
        let own = "\(folder)/\(FileCache.unfinished)"
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST, mkdir(own, 0o755) == 0 || errno == EEXIST else {
            throw failure(path, "make the folder")
        }
        return "\(own)/\(TemporaryFile.newName())"
    }

    /// Makes the whole file at `location`, which is on the disk of the cache, the copy of `object`. Blocks.
    package func admit(_ location: String, as object: StoredObject) throws {
        let descriptor = open(location, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(object.path, "read") }
        defer { close(descriptor) }
        // A power cut must not leave a file of the right size and version without its bytes.
        guard fdatasync(descriptor) == 0 else { throw failure(object.path, "write") }
        let etag = Array(object.etag.text.utf8)
        guard fsetxattr(descriptor, FileCache.attribute, etag, etag.count, 0) == 0 else {
            throw failure(object.path, "note the version of")
        }
        futimens(descriptor, nil)
        let target = self.location(of: object.path)
        if rename(location, target) != 0 {
            guard errno == ENOENT else { throw failure(object.path, "write") }
            try makeFolders(object.path.folder)
            guard rename(location, target) == 0 else { throw failure(object.path, "write") }
        }
        if growth.isWorthALook(after: object.size, of: limit) { makeRoom() }
    }

    /// Forgets the copy of an object. Blocks.
    package func forget(_ path: LakePath) { unlink(location(of: path)) }

    private func makeFolders(_ folder: LakePath) throws {
        var made = self.folder
        for part in folder.parts {
            made += "/\(part)"
            guard mkdir(made, 0o755) == 0 || errno == EEXIST else {
                throw failure(folder, "make the folder")
            }
        }
    }

    private func failure(_ path: LakePath, _ act: String) -> any Diagnostic {
        let code = errno
        if code == ENOTSUP { return CacheUnfit(folder: folder) }
        return LocalFiles(root: folder).failure(code, act, path)
    }

    private static func etag(of descriptor: Int32) -> ETag? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fgetxattr(descriptor, attribute, &bytes, bytes.count)
        return count > 0 ? ETag(String(decoding: bytes.prefix(count), as: UTF8.self)) : nil
    }

    // MARK: Room

    /// Removes what was not asked for longest until a tenth of the limit is free, and what was never
    /// finished. Blocks.
    package func makeRoom() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = FileStatus.nanoseconds(time)
        let youngest = now - patience.nanoseconds
        var copies: [Copy] = []
        FileCache.find(in: folder, to: &copies)
        var total = copies.reduce(0) { $0 + $1.size }
        growth.looked()
        let day: Int64 = 86_400_000_000_000
        for copy in copies where copy.isUnfinished && copy.usedAt < now - day {
            if unlink(copy.location) == 0 { total -= copy.size }
        }
        guard total > limit.bytes else { return }
        for copy in copies.sorted(by: { $0.usedAt < $1.usedAt }) where !copy.isUnfinished {
            guard total > limit.bytes / 10 * 9, copy.usedAt < youngest else { return }
            if unlink(copy.location) == 0 { total -= copy.size }
        }
    }

    private struct Copy {
        let location: String
        let size: Int64
        let usedAt: Int64
        let isUnfinished: Bool
    }

    private static func find(in folder: String, isUnfinished: Bool = false, to copies: inout [Copy]) {
        guard let entries = opendir(folder) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            let location = "\(folder)/\(name)"
            var status = stat()
            guard lstat(location, &status) == 0 else { continue }
            let known = FileStatus(status)
            if known.isFolder {
                find(in: location, isUnfinished: isUnfinished || name == unfinished, to: &copies)
            } else {
                copies.append(
                    Copy(
                        location: location, size: known.size, usedAt: known.modifiedNanoseconds,
                        isUnfinished: isUnfinished))
            }
        }
    }

    /// How much this process has added since somebody looked at the whole.
    private final class Growth: Sendable {
        private let added = Mutex<Int64?>(nil)

        func isWorthALook(after size: ByteCount, of limit: ByteCount) -> Bool {
            added.withLock { added in
                guard let before = added else { return true }
                added = before + size.bytes
                return before + size.bytes > limit.bytes / 16
            }
        }

        func looked() { added.withLock { $0 = 0 } }
    }
}

/// A folder in which files cannot have attributes.
package struct CacheUnfit: Diagnostic {
    let folder: String

    package var code: String { "store.cache-unfit" }
    package var problem: String { "Files in \(folder) cannot have extended attributes." }
    package var remedy: String {
        "Name a folder on ext4, XFS, Btrfs or ZFS with 'store: { url: …, cache: { folder: … } }' in lake.yaml."
    }
}
