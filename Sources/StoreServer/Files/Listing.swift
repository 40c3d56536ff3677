internal import ADLS
internal import LakeModel

/// One name that a list shows.
struct ListedEntry: Sendable {
    /// From the filesystem's root.
    let path: String
    let status: FileStatus
    /// Only where they were asked for.
    var properties = FileProperties()

    /// What names are sorted by: those in a folder follow it, where its name with a slash stands.
    var key: String { status.isFolder ? path + "/" : path }
}

/// What of a filesystem is listed.
struct Listing: Sendable {
    /// The folder below which it is.
    var folder: String
    /// What the names in that folder begin with.
    var namePrefix = ""
    var isRecursive: Bool
    /// Whether folders are shown, too.
    var showsFolders: Bool
    /// Names up to and with this key were shown before.
    var after: String?
    /// Names before this one are left out.
    var from: String?
    var entriesMax: Int
    var wantsProperties: Bool
}

/// A page of a list.
struct ListedPage: Sendable {
    var entries: [ListedEntry] = []
    /// The key after which the next page begins; `nil` if this is the last.
    var next: String?
}

extension StoreFolder {
    /// Names in the order of their bytes. At most one folder's names are held for each level.
    /// - Returns: `nil` if the folder is not there.
    func list(_ filesystem: String, _ listing: Listing) throws(FileFailure) -> ListedPage? {
        let start = StorageAddress(filesystem: filesystem, path: listing.folder)
        guard let status = try status(start), status.isFolder else { return nil }
        var page = ListedPage()
        let prefix = listing.folder.isEmpty ? "" : listing.folder + "/"
        try walk(location(start), prefix, listing, listing.namePrefix, &page)
        return page
    }

    /// - Returns: whether the page is full.
    @discardableResult
    private func walk(
        _ location: String, _ prefix: String, _ listing: Listing, _ namePrefix: String,
        _ page: inout ListedPage
    ) throws(FileFailure) -> Bool {
        let names = try namesRead.names(in: location, of: self)
        for name in names.all[names.start(of: listing, prefix)...]
        where name.text.beginsWithBytes(of: namePrefix) {
            let key = prefix + name.key
            guard !isBefore(key, listing, isWhole: !name.isFolder || !listing.isRecursive) else { continue }
            let path = "\(location)/\(name.text)"
            // It may have gone meanwhile, or be another kind of thing than it was.
            guard let status = try status(at: path), status.isFolder == name.isFolder else { continue }
            if !name.isFolder || listing.showsFolders, !isBefore(key, listing, isWhole: true) {
                if page.entries.count == listing.entriesMax {
                    page.next = page.entries.last?.key
                    return true
                }
                page.entries.append(
                    ListedEntry(
                        path: prefix + name.text, status: status,
                        properties: listing.wantsProperties ? FileProperties(at: path) : FileProperties()))
            }
            if name.isFolder, listing.isRecursive, try walk(path, key, listing, "", &page) { return true }
        }
        return false
    }

    /// Whether everything with this key was shown before. A folder's own key may be behind while what is in
    /// it is not.
    private func isBefore(_ key: String, _ listing: Listing, isWhole: Bool) -> Bool {
        func isBefore(_ bound: String, _ included: Bool) -> Bool {
            if !isWhole, bound.beginsWithBytes(of: key) { return false }
            return key.isBeforeByBytes(bound) || included && key.hasBytes(of: bound)
        }
        return (listing.after.map { isBefore($0, true) } ?? false)
            || (listing.from.map { isBefore($0, false) } ?? false)
    }

    /// The filesystems, by name.
    func filesystems() throws(FileFailure) -> [ListedEntry] {
        var entries: [ListedEntry] = []
        for known in try namesRead.names(in: root, of: self).all where known.isFolder {
            let name = known.text
            guard (try? StorageAddress.filesystem(name)) != nil,
                let status = try status(at: "\(root)/\(name)")
            else { continue }
            entries.append(
                ListedEntry(path: name, status: status, properties: FileProperties(at: "\(root)/\(name)")))
        }
        return entries
    }
}
