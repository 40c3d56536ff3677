internal import ADLS
internal import Glibc
internal import Synchronization

/// The names in one folder, in the order of their keys.
struct FolderNames: Sendable {
    struct Name: Sendable {
        let text: String
        let isFolder: Bool

        /// A folder is where what is in it begins.
        var key: String { isFolder ? text + "/" : text }
    }

    let all: [Name]

    init(_ names: [Name]) { all = names.sorted { $0.key.isBeforeByBytes($1.key) } }

    /// Where the names begin that a page may have: before it, all was shown.
    func start(of listing: Listing, _ prefix: String) -> Int {
        guard let after = listing.after, after.beginsWithBytes(of: prefix) else { return 0 }
        let rest = String(decoding: after.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].key.isBeforeByBytes(rest) { low = middle + 1 } else { high = middle }
        }
        // The folder that the last name was in comes before that name.
        return max(0, low - 1)
    }
}

/// Reads the names in folders; those of a large one are kept for the pages that follow.
final class FolderReader: Sendable {
    private let kept = Mutex<[Kept]>([])

    private struct Kept: Sendable {
        let location: String
        /// What the folder was when its names were read.
        let inode: UInt64
        let modifiedNanoseconds: Int64
        let names: FolderNames
    }

    static let namesKeptMin = 2_000
    static let foldersKeptMax = 4
    static let namesKeptMax = 500_000
    /// A folder that changed so recently may change again without its time telling.
    static let restNanoseconds: Int64 = 2_000_000_000

    func names(in location: String, of folder: StoreFolder) throws(FileFailure) -> FolderNames {
        guard let status = try folder.status(at: location), status.isFolder else { return FolderNames([]) }
        let found = kept.withLock { kept in
            kept.first {
                $0.location.hasBytes(of: location) && $0.inode == status.inode
                    && $0.modifiedNanoseconds == status.modifiedNanoseconds
            }
        }
        if let found { return found.names }
        let names = try read(location, folder)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let time = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        if (Self.namesKeptMin...Self.namesKeptMax).contains(names.all.count),
            time - status.modifiedNanoseconds > Self.restNanoseconds
        {
            keep(
                Kept(
                    location: location, inode: status.inode, modifiedNanoseconds: status.modifiedNanoseconds,
                    names: names))
        }
        return names
    }

    private func keep(_ new: Kept) {
        kept.withLock { kept in
            kept.removeAll { $0.location.hasBytes(of: new.location) }
            kept.append(new)
            while kept.count > Self.foldersKeptMax
                || kept.reduce(0, { $0 + $1.names.all.count }) > Self.namesKeptMax
            { kept.removeFirst() }
        }
    }

    private func read(_ location: String, _ folder: StoreFolder) throws(FileFailure) -> FolderNames {
        guard let stream = opendir(location) else {
            if errno == ENOENT || errno == ENOTDIR { return FolderNames([]) }
            throw FileFailure(errno, "list a folder")
        }
        defer { closedir(stream) }
        var names: [FolderNames.Name] = []
        while let entry = readdir(stream) {
            // Names that are no UTF-8, or no text, cannot be told to anybody.
            guard let name = StoreFolder.name(of: entry), name != ".", name != "..",
                name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { continue }
            var isFolder = Int32(entry.pointee.d_type) == Int32(DT_DIR)
            if Int32(entry.pointee.d_type) == Int32(DT_UNKNOWN) {
                guard let status = try folder.status(at: "\(location)/\(name)") else { continue }
                isFolder = status.isFolder
            }
            names.append(FolderNames.Name(text: name, isFolder: isFolder))
        }
        return FolderNames(names)
    }
}
