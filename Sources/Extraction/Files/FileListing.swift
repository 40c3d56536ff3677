internal import Glibc
internal import LakeModel
internal import Project

/// A file below the folder of a source.
struct FoundFile: Hashable, Sendable {
    /// Relative to the folder.
    let path: String
    let absolutePath: String
    let status: FileStatus
}

/// A pattern of paths: `*` and `?` stop at `/`, `**` stands for any number of folders.
struct FilePattern: Sendable {
    private let parts: [String]

    init(_ text: String) {
        // A last `**` means every file below.
        let parts = text.split(separator: "/").map(String.init)
        self.parts = parts.last == "**" ? parts + ["*"] : parts
    }

    func matches(_ path: [String]) -> Bool { matches(parts[...], path[...], whole: true) }

    /// Whether files below the folder `path` can match.
    func mayMatch(below path: [String]) -> Bool { matches(parts[...], path[...], whole: false) }

    private func matches(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>, whole: Bool) -> Bool {
        guard let part = pattern.first else { return whole && path.isEmpty }
        guard let name = path.first else { return !whole }
        if part == "**" {
            return matches(pattern.dropFirst(), path, whole: whole)
                || !name.hasPrefix(".") && matches(pattern, path.dropFirst(), whole: whole)
        }
        // What is hidden is usually half written.
        if name.hasPrefix("."), !part.hasPrefix(".") { return false }
        return Glob(part).matches(name) && matches(pattern.dropFirst(), path.dropFirst(), whole: whole)
    }
}

/// Looks a folder through for the files of one table.
struct FileListing {
    let folder: String
    let patterns: [FilePattern]
    let source: SourceDefinition
    let table: TableDefinition

    init(folder: String, files: FilesDefinition, source: SourceDefinition, table: TableDefinition) {
        self.folder = folder
        patterns = files.patterns.map { FilePattern($0) }
        self.source = source
        self.table = table
    }

    /// All files that match, in the order of paths, each once.
    func files() throws -> [FoundFile] {
        guard let root = folderIdentity(folder) else {
            throw SourceUnavailable(missingFolder: folder, source: source)
        }
        var found: [FoundFile] = []
        try look(into: folder, [], ancestors: [root], &found)
        return found.sorted { $0.path < $1.path }
    }

    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private func look(
        into folder: String, _ parts: [String], ancestors: Set<Identity>, _ found: inout [FoundFile]
    ) throws {
        for name in try names(in: folder, parts) {
            let path = parts + [name]
            let absolute = "\(folder)/\(name)"
            // Only what can matter is looked at.
            let isMatch = patterns.contains { $0.matches(path) }
            let mayHold = patterns.contains { $0.mayMatch(below: path) }
            guard isMatch || mayHold, let status = FileStatus(absolute) else { continue }
            if status.isRegular {
                if isMatch {
                    found.append(
                        FoundFile(
                            path: path.joined(separator: "/"), absolutePath: absolute, status: status))
                }
            } else if mayHold, let identity = folderIdentity(absolute), !ancestors.contains(identity) {
                // A link back to a folder above would go round for ever.
                try look(into: absolute, path, ancestors: ancestors.union([identity]), &found)
            }
        }
    }

    private func folderIdentity(_ path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    private func names(in folder: String, _ parts: [String]) throws -> [String] {
        guard let directory = opendir(folder) else {
            throw FilesMistake.unreadableFolder(
                folder, reason: String(cString: strerror(errno)), table, of: source)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                // Such a name cannot stand in `_file`, so the file would be lost silently.
                let repaired = String(decoding: bytes, as: UTF8.self)
                guard patterns.contains(where: { $0.matches(parts + [repaired]) }) else { continue }
                throw FilesMistake.unreadableName(
                    (parts + [repaired]).joined(separator: "/"), table, of: source)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

extension FilesDefinition {
    /// Whether whoever writes `file` is done with it, as far as that can be seen.
    func isReady(_ file: FoundFile, below folder: String, at now: Int64) -> Bool {
        let patience = settle.microseconds * 1_000
        let age = now - file.status.modifiedAt
        // A time of the future says nothing, so that the time of change must do.
        if age >= 0 ? age < patience : now - file.status.changedAt < patience { return false }
        guard let marker else { return true }
        var path = ""
        var rest = Substring(marker)
        while let found = rest.firstRange(of: "{file}") {
            path += rest[..<found.lowerBound] + file.path
            rest = rest[found.upperBound...]
        }
        return FileStatus("\(folder)/\(path)\(rest)") != nil
    }
}
