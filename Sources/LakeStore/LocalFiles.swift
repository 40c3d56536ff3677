import Glibc
import LakeModel
import Synchronization

/// The blocking half of ``LocalStore``: system calls on the files below one root.
struct LocalFiles: Sendable {
    /// Absolute or relative to the process, without a trailing slash.
    let root: String

    /// What the store keeps for itself; no path inside it is an object.
    static let own = LakeLayout.system.appending(".local")
    static let temporary = own.appending("temporary")

    func absolute(_ path: LakePath) -> String { path.text.isEmpty ? root : "\(root)/\(path)" }

    // MARK: Looking

    /// What is at `path`; `nil` if nothing is.
    func status(_ path: LakePath) throws -> FileStatus? {
        var status = stat()
        guard stat(absolute(path), &status) != 0 else { return FileStatus(status) }
        if errno == ENOENT {
            try requireRoot()
            return nil
        }
        if errno == ENOTDIR { return nil }
        throw failure(errno, "look at", path)
    }

    /// The object at `path`; `nil` if there is none, or a folder.
    func object(_ path: LakePath) throws -> StoredObject? {
        guard !path.isInside(LocalFiles.own) else { return nil }
        return try status(path)?.object(path)
    }

    /// All of an object; `nil` if there is none, or a folder.
    func small(_ path: LakePath, bytesMax: ByteCount) throws -> SmallObject? {
        guard try object(path) != nil else { return nil }
        let descriptor = Glibc.open(absolute(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(errno, "read", path)
        }
        let file = OpenFile(descriptor: descriptor)
        let status = try naming("read", path) { () throws(SystemError) in try file.status() }
        guard let object = status.object(path) else { return nil }
        guard object.size <= bytesMax else {
            throw ObjectTooLarge(path: path, size: object.size, sizeMax: bytesMax)
        }
        let bytes = try naming("read", path) { () throws(SystemError) in
            try file.read(at: 0, countMax: Int(object.size.bytes))
        }
        guard bytes.count == Int(object.size.bytes) else {
            throw StoreFailed(
                path: absolute(path), act: "read", reason: "it became shorter", isTransient: true)
        }
        return SmallObject(bytes: bytes, etag: object.etag)
    }

    func list(_ folder: LakePath) throws -> FolderListing {
        guard let stream = opendir(absolute(folder)) else {
            if errno == ENOENT {
                try requireRoot()
                return FolderListing(folders: [], objects: [])
            }
            if errno == ENOTDIR { return FolderListing(folders: [], objects: []) }
            throw failure(errno, "list", folder)
        }
        defer { closedir(stream) }
        var folders: [LakePath] = []
        var objects: [StoredObject] = []
        errno = 0
        while let entry = readdir(stream) {
            // Names that cannot be paths of the lake (other encodings, control characters) are not the
            // lake's.
            guard let name = LocalFiles.name(of: entry), name != ".", name != "..",
                let path = LakePath(folder.text.isEmpty ? name : "\(folder)/\(name)"),
                path != LocalFiles.own, let status = try status(path)
            else {
                errno = 0
                continue
            }
            if status.isFolder {
                folders.append(path)
            } else if let object = status.object(path) {
                objects.append(object)
            }
            errno = 0
        }
        guard errno == 0 else { throw failure(errno, "list", folder) }
        return FolderListing(folders: folders.sorted(), objects: objects.sorted { $0.path < $1.path })
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    // MARK: Changing

    /// Runs `body` while no other process or thread changes this store.
    ///
    /// The lock belongs to the open file, so it excludes threads as well as processes, and the kernel
    /// releases it when its holder dies.
    func withLock<T>(_ body: () throws -> T) throws -> T {
        let path = LocalFiles.own.appending("lock")
        var descriptor = Glibc.open(absolute(path), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        if descriptor < 0, errno == ENOENT {
            try makeFolders(LocalFiles.temporary)
            descriptor = Glibc.open(absolute(path), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        }
        guard descriptor >= 0 else { throw failure(errno, "lock", path) }
        defer { Glibc.close(descriptor) }
        try lock(descriptor, path)
        return try body()
    }

    /// Nobody holds the lock for long, unless he was stopped while he did. Then nobody can take it from him.
    private func lock(_ descriptor: Int32, _ path: LakePath) throws {
        let deadline = ContinuousClock.now + LocalFiles.lockPatience
        var pause: UInt32 = 20
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK where ContinuousClock.now < deadline:
                usleep(pause)
                pause = min(pause * 2, 5_000)
            case EWOULDBLOCK:
                throw StoreLocked(path: absolute(path), holder: FileLock.holder(ofFile: descriptor))
            default: throw failure(errno, "lock", path)
            }
        }
    }

    private static let lockPatience = Duration.seconds(20)

    /// A new temporary file that ``removeAbandoned()`` takes for alive.
    func makeTemporary(for path: LakePath) throws -> TemporaryFile {
        try withLock {
            let name = LocalFiles.temporary.appending(TemporaryFile.newName())
            var descriptor = Glibc.open(absolute(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor < 0, errno == ENOENT {
                try makeFolders(LocalFiles.temporary)
                descriptor = Glibc.open(absolute(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            }
            guard descriptor >= 0 else { throw failure(errno, "write", path) }
            let file = TemporaryFile(descriptor: descriptor, location: absolute(name))
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw failure(errno, "write", path) }
            return file
        }
    }

    /// Makes the synced `file` the object at `path`, if `condition` allows it.
    func place(_ file: TemporaryFile, at path: LakePath, _ condition: WriteCondition) throws -> WriteOutcome {
        guard !path.isInside(LocalFiles.own), !path.text.isEmpty else { throw PathIsFolder(path: path) }
        // A new folder is synced, which takes too long for a lock.
        try makeFolders(path.folder)
        let outcome = try withLock { () throws -> WriteOutcome in
            try makeFolders(path.folder)
            let current = try status(path)
            if current?.isFolder == true { throw PathIsFolder(path: path) }
            guard condition.allows(current?.etag) else { return .conditionFailed(current: current?.etag) }
            let etag = try stamp(file, after: current, path)
            guard Glibc.rename(file.location, absolute(path)) == 0 else {
                throw failure(errno, "write", path)
            }
            file.wasPlaced()
            return .written(etag)
        }
        if case .written = outcome { try syncFolder(path.folder) }
        return outcome
    }

    func rename(_ source: LakePath, to target: LakePath, _ condition: WriteCondition) throws -> WriteOutcome {
        guard !target.isInside(LocalFiles.own), !target.text.isEmpty else { throw PathIsFolder(path: target) }
        guard try object(source) != nil else { throw ObjectNotFound(path: source) }
        // Whoever wrote the file may not have synced it.
        try sync(source)
        try makeFolders(target.folder)
        let outcome = try withLock { () throws -> WriteOutcome in
            guard let moved = try status(source), !moved.isFolder else { throw ObjectNotFound(path: source) }
            try makeFolders(target.folder)
            let current = try status(target)
            if current?.isFolder == true { throw PathIsFolder(path: target) }
            guard condition.allows(current?.etag) else { return .conditionFailed(current: current?.etag) }
            guard source != target else { return .written(moved.etag) }
            guard Glibc.rename(absolute(source), absolute(target)) == 0 else {
                throw failure(errno, "move to", target)
            }
            // Between two names of one file, rename(2) does nothing and says that it succeeded.
            if current?.inode == moved.inode { unlink(absolute(source)) }
            return .written(moved.etag)
        }
        if case .written = outcome {
            try syncFolder(target.folder)
            try syncFolder(source.folder)
        }
        return outcome
    }

    /// Gives the file of `source` the second name `target`.
    /// - Returns: `false` if this file system cannot.
    func link(_ source: LakePath, to target: LakePath) throws -> Bool {
        guard !target.isInside(LocalFiles.own), !target.text.isEmpty else { throw PathIsFolder(path: target) }
        try makeFolders(target.folder)
        let isLinked = try withLock {
            guard let linked = try status(source), !linked.isFolder else {
                throw ObjectNotFound(path: source)
            }
            try makeFolders(target.folder)
            let current = try status(target)
            if current?.isFolder == true { throw PathIsFolder(path: target) }
            // rename(2) would leave the temporary name behind.
            if current?.inode == linked.inode { return true }
            let name = absolute(LocalFiles.temporary.appending(TemporaryFile.newName()))
            guard Glibc.link(absolute(source), name) == 0 else {
                if [EPERM, EMLINK, EXDEV, EOPNOTSUPP].contains(errno) { return false }
                throw failure(errno, "link", target)
            }
            guard Glibc.rename(name, absolute(target)) == 0 else {
                let code = errno
                unlink(name)
                throw failure(code, "link", target)
            }
            return true
        }
        if isLinked { try syncFolder(target.folder) }
        return isLinked
    }

    func delete(_ path: LakePath) throws {
        let isDeleted = try withLock {
            guard let status = try status(path), !status.isFolder else { return false }
            guard unlink(absolute(path)) == 0 || errno == ENOENT else { throw failure(errno, "delete", path) }
            return true
        }
        if isDeleted { try syncFolder(path.folder) }
    }

    func deleteFolder(_ folder: LakePath) throws {
        try withLock {
            guard let status = try status(folder), status.isFolder else { return }
            try deleteContents(of: folder)
        }
    }

    private func deleteContents(of folder: LakePath) throws {
        let listing = try list(folder)
        for object in listing.objects where unlink(absolute(object.path)) != 0 && errno != ENOENT {
            throw failure(errno, "delete", object.path)
        }
        for child in listing.folders { try deleteContents(of: child) }
        // A folder that holds what is not the lake's stays, and so does the root.
        guard
            folder.text.isEmpty || rmdir(absolute(folder)) == 0 || errno == ENOENT || errno == ENOTEMPTY
                || errno == EEXIST
        else { throw failure(errno, "delete", folder) }
    }

    /// Removes temporary files that no living process holds a lock on.
    func removeAbandoned() throws -> Int {
        guard try status(LocalFiles.temporary) != nil else { return 0 }
        return try withLock {
            var count = 0
            for file in try list(LocalFiles.temporary).objects {
                let descriptor = Glibc.open(absolute(file.path), O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { continue }
                defer { Glibc.close(descriptor) }
                guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
                guard unlink(absolute(file.path)) == 0 else { throw failure(errno, "delete", file.path) }
                count += 1
            }
            return count
        }
    }

    /// Makes the folder and those above it, and makes sure that they survive a power cut. The root is not
    /// made: if it is missing its disk is not mounted, and a new lake beside it would be a disaster.
    func makeFolders(_ folder: LakePath) throws {
        if try status(folder)?.isFolder == true { return }
        var made = LakePath.root
        for part in folder.parts {
            let parent = made
            made = made.appending(String(part))
            if mkdir(absolute(made), 0o777) == 0 {
                try syncFolder(parent)
            } else if errno == ENOENT {
                try requireRoot()
                throw failure(ENOENT, "make the folder", made)
            } else if errno != EEXIST {
                throw failure(errno, "make the folder", made)
            } else if try status(made)?.isFolder != true {
                throw PathIsFolder(path: made)
            }
        }
    }

    func requireRoot() throws {
        var status = stat()
        guard stat(root, &status) == 0, FileStatus(status).isFolder else {
            throw StoreRootMissing(root: root)
        }
    }

    // MARK: Durability

    /// Gives the file a modification time later than that of the version it replaces.
    ///
    /// The kernel's own times advance in ticks of milliseconds and inodes are used again, so without this a
    /// version could look like its predecessor's predecessor, and a conditional write would lose an update.
    private func stamp(_ file: TemporaryFile, after current: FileStatus?, _ path: LakePath) throws -> ETag {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let floor = current?.modifiedNanoseconds ?? .min
        let wanted = max(FileStatus.nanoseconds(now), floor == .min ? .min : floor + 1)
        // Some file systems cut times to microseconds or seconds.
        for step: Int64 in [0, 1_000, 1_000_000, 1_000_000_000, 2_000_000_000] {
            let time = timespec(
                tv_sec: Int((wanted + step) / 1_000_000_000), tv_nsec: Int((wanted + step) % 1_000_000_000))
            guard futimens(file.descriptor, [time, time]) == 0 else { throw failure(errno, "write", path) }
            var status = stat()
            guard fstat(file.descriptor, &status) == 0 else { throw failure(errno, "write", path) }
            let stamped = FileStatus(status)
            if stamped.modifiedNanoseconds > floor { return stamped.etag }
        }
        throw failure(EINVAL, "date", path)
    }

    private func sync(_ path: LakePath) throws {
        let descriptor = Glibc.open(absolute(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw ObjectNotFound(path: path) }
            throw failure(errno, "sync", path)
        }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(errno, "sync", path) }
    }

    private func syncFolder(_ folder: LakePath) throws {
        let descriptor = Glibc.open(absolute(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            // Deleted meanwhile, with everything that was to be made durable in it.
            if errno == ENOENT { return }
            throw failure(errno, "sync", folder)
        }
        defer { Glibc.close(descriptor) }
        // Some network file systems cannot sync a folder and do not need to.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
            throw failure(errno, "sync", folder)
        }
    }

    // MARK: Failures

    /// What to tell of the error `code` of a system call.
    func failure(_ code: Int32, _ act: String, _ path: LakePath, wanted: Int64 = 0) -> any Diagnostic {
        switch code {
        case ENOSPC, EDQUOT:
            var space = statvfs()
            let isKnown = statvfs(root, &space) == 0
            let free = isKnown ? Int64(clamping: UInt64(space.f_bavail) &* UInt64(space.f_frsize)) : 0
            return DiskFull(path: path, wanted: ByteCount(wanted), available: ByteCount(free))
        case EACCES, EPERM: return StorePermissionDenied(path: absolute(path), act: act)
        case EROFS: return StoreReadOnly(path: absolute(path))
        case ENOTDIR, EISDIR: return PathIsFolder(path: path)
        default:
            return StoreFailed(
                path: absolute(path), act: act, reason: String(cString: strerror(code)),
                isTransient: [EINTR, EAGAIN, EMFILE, ENFILE, EBUSY, ESTALE].contains(code))
        }
    }
}

/// What the kernel says of a file.
struct FileStatus {
    let isFolder: Bool
    let inode: UInt64
    let size: Int64
    let modifiedNanoseconds: Int64

    init(_ status: stat) {
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modifiedNanoseconds = FileStatus.nanoseconds(status.st_mtim)
    }

    static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    var etag: ETag {
        ETag(
            [inode, UInt64(bitPattern: modifiedNanoseconds), UInt64(size)].map { String($0, radix: 16) }
                .joined(separator: "-"))
    }

    func object(_ path: LakePath) -> StoredObject? {
        guard !isFolder else { return nil }
        return StoredObject(
            path: path, size: ByteCount(size), etag: etag,
            modifiedAt: Timestamp(microseconds: modifiedNanoseconds / 1_000))
    }
}
