internal import ADLS
internal import Glibc
internal import LakeModel
internal import Synchronization

/// The blocking half of the server: filesystems are folders of one folder, files are files.
///
/// Whatever changes names, conditions or leases holds one lock, for some microseconds: nothing is read,
/// written or synced under it. What is not visible yet is in `.tarn-store`, which is no filesystem's name.
final class StoreFolder: Sendable {
    let root: String
    let own: String
    let leases: LeaseBook
    let appends = Appends()
    let namesRead = FolderReader()
    private let namespace = Mutex(Names())

    private struct Names {
        /// The latest time that was given to a version.
        var stamp: Int64 = 0
    }

    private let ownLock: Int32

    /// - Throws: ``Diagnostic`` if the folder cannot be served.
    init(root: String) throws {
        self.root = root
        own = "\(root)/.tarn-store"
        var status = stat()
        guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StoreFolderMissing(folder: root)
        }
        for folder in ["", "/staging", "/appends", "/blocks", "/lists", "/trash"] {
            guard mkdir(own + folder, 0o700) == 0 || errno == EEXIST else {
                throw StoreFolderRefused(folder: root, reason: String(cString: strerror(errno)))
            }
        }
        guard FileProperties.areKept(in: own) else { throw StoreKeepsNoAttributes(folder: root) }
        ownLock = open("\(own)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard ownLock >= 0 else {
            throw StoreFolderRefused(folder: root, reason: String(cString: strerror(errno)))
        }
        guard flock(ownLock, LOCK_EX | LOCK_NB) == 0 else {
            close(ownLock)
            throw StoreServedAlready(folder: root)
        }
        leases = LeaseBook(file: "\(own)/leases")
    }

    deinit { close(ownLock) }

    /// Lets another process serve the folder.
    func release() { flock(ownLock, LOCK_UN) }

    // MARK: Names

    func location(_ address: StorageAddress) -> String {
        let filesystem = "\(root)/\(address.filesystem ?? "")"
        return address.path.isEmpty ? filesystem : "\(filesystem)/\(address.path)"
    }

    /// What is at the address. A link is nothing, wherever in the path it stands: it could lead out.
    func status(_ address: StorageAddress) throws(FileFailure) -> FileStatus? {
        guard let filesystem = address.filesystem else { return nil }
        var path = "\(root)/\(filesystem)"
        guard var found = try status(at: path) else { return nil }
        for part in address.path.pathParts {
            guard found.isFolder else { return nil }
            path += "/\(part)"
            guard let next = try status(at: path) else { return nil }
            found = next
        }
        return found
    }

    func status(at path: String) throws(FileFailure) -> FileStatus? {
        var status = stat()
        guard lstat(path, &status) != 0 else { return FileStatus(status) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw FileFailure(errno, "look at a path")
    }

    /// A name in the staging folder that nobody has.
    func stagingName() -> String {
        "\(own)/staging/\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }

    func makeStaged() throws(FileFailure) -> StagedFile { try StagedFile(at: stagingName()) }

    /// Runs `body` while nobody else changes names.
    func changingNames<T, E: Error>(_ body: (inout Changes) throws(E) -> T) throws(E) -> T {
        let result: Result<T, E> = namespace.withLock { names in
            var changes = Changes(folder: self, stamp: names.stamp)
            defer { names.stamp = changes.stamp }
            do throws(E) { return .success(try body(&changes)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Makes the names in a folder survive a power cut.
    func syncFolder(_ path: String) throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // It is gone, with everything that was to be kept in it.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileFailure(errno, "sync") }
    }

    /// Makes what `changes` did survive a power cut.
    func sync(_ changes: Changes) throws(FileFailure) {
        for folder in changes.touched { try syncFolder(folder) }
    }
}

/// What may be done while nobody else changes names.
struct Changes {
    let folder: StoreFolder
    fileprivate(set) var stamp: Int64
    /// Folders whose names changed.
    private(set) var touched: Set<String> = []

    init(folder: StoreFolder, stamp: Int64) {
        self.folder = folder
        self.stamp = stamp
    }

    /// Gives a file a time later than that of any version before: it makes it another version.
    mutating func stamp(_ descriptor: Int32, after current: FileStatus?) throws(FileFailure) -> FileStatus {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let time = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        let floor = max(stamp, current?.modifiedNanoseconds ?? 0)
        let wanted = max(time, floor + 1)
        // Some file systems cut times to microseconds or seconds.
        for step: Int64 in [0, 1_000, 1_000_000, 1_000_000_000, 2_000_000_000] {
            let next = wanted + step
            let text = timespec(tv_sec: Int(next / 1_000_000_000), tv_nsec: Int(next % 1_000_000_000))
            guard futimens(descriptor, [text, text]) == 0 else { throw FileFailure(errno, "date a file") }
            var status = stat()
            guard fstat(descriptor, &status) == 0, let stamped = FileStatus(status) else {
                throw FileFailure(errno, "date a file")
            }
            if stamped.isFolder || stamped.modifiedNanoseconds > floor {
                stamp = max(stamp, stamped.modifiedNanoseconds)
                return stamped
            }
        }
        throw FileFailure(EINVAL, "date a file")
    }

    mutating func touch(_ path: String) { touched.insert(path) }

    /// Makes the folders above `address`, which is in a filesystem that exists.
    mutating func makeParents(of address: StorageAddress) throws {
        let parent = StorageAddress(
            filesystem: address.filesystem, path: StorageAddress.parent(of: address.path))
        if try folder.status(parent)?.isFolder == true { return }
        var path = folder.location(StorageAddress(filesystem: address.filesystem, path: ""))
        for part in parent.path.pathParts {
            let above = path
            path += "/\(part)"
            if mkdir(path, 0o777) == 0 {
                touch(above)
            } else if errno != EEXIST {
                throw FileFailure(errno, "make a folder")
            } else if try folder.status(at: path)?.isFolder != true {
                throw StorageFailure(.pathConflict, "A part of the path is a file.")
            }
        }
    }

    mutating func rename(_ source: String, to target: String) throws(FileFailure) {
        guard Glibc.rename(source, target) == 0 else { throw FileFailure(errno, "rename") }
        touch(parent(of: source))
        touch(parent(of: target))
    }

    mutating func remove(_ path: String, isFolder: Bool) throws(FileFailure) {
        guard (isFolder ? rmdir(path) : unlink(path)) == 0 else { throw FileFailure(errno, "delete") }
        touch(parent(of: path))
    }

    private func parent(of path: String) -> String {
        path.lastSlash.map { String(path[..<$0]) } ?? "/"
    }
}
