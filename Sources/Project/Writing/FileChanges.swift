internal import Glibc
internal import LakeModel

/// Files of a lake that are written together: all of them, or none.
///
/// Each is replaced by a rename, so that a reader sees the old text or the new one.
package struct FileChanges {
    private let folder: LakeFolder
    private var changes: [(file: String, text: String)] = []
    private var undo: [(path: String, bytes: [UInt8]?)] = []

    package init(folder: String) { self.folder = LakeFolder(folder) }

    package mutating func add(_ file: String, _ text: String) { changes.append((file, text)) }

    package var files: [String] { changes.map(\.file) }

    /// The bytes of `file` as text; `nil` if there is no such file.
    package static func text(of file: String, in folder: String) throws(UnwritableFile) -> String? {
        let path = LakeFolder(folder).absolute(file)
        switch readBytes(path) {
        case .success(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw UnwritableFile(file: file, reason: "it is not UTF-8")
            }
            return text
        case .failure(let error):
            if error.code == ENOENT { return nil }
            throw UnwritableFile(file: file, reason: error.reason)
        }
    }

    /// - Throws: ``UnwritableFile``; then nothing is changed.
    package mutating func write() throws(UnwritableFile) {
        for change in changes {
            let path = folder.absolute(change.file)
            var before: [UInt8]?
            if case .success(let bytes) = readBytes(path) { before = bytes }
            do {
                try FileChanges.replace(path, with: Array(change.text.utf8))
            } catch {
                revert()
                throw UnwritableFile(file: change.file, reason: error.reason)
            }
            undo.append((path, before))
        }
    }

    /// Puts everything back as it was.
    package mutating func revert() {
        while let (path, bytes) = undo.popLast() {
            // What cannot be put back now was written a moment ago: nothing better can be done.
            if let bytes { try? FileChanges.replace(path, with: bytes) } else { unlink(path) }
        }
    }

    private static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if mkdir(parent, 0o777) != 0, errno != EEXIST { throw FileError(code: errno) }
        // A link stays a link: what it points to is replaced.
        var target = path
        if let resolved = realpath(path, nil) {
            target = String(cString: resolved)
            free(resolved)
        }
        var mode: mode_t = 0o666
        var status = stat()
        let isOld = stat(target, &status) == 0
        if isOld { mode = status.st_mode & 0o7777 }
        // Hidden, so that a lake that is opened meanwhile passes it over.
        let slash = target.lastIndex(of: "/").map { target.index(after: $0) } ?? target.startIndex
        let temporary = "\(target[..<slash]).\(target[slash...]).\(getpid()).tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw FileError(code: errno) }
        if isOld { fchmod(file, mode) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        let isWritten = rest.isEmpty && fsync(file) == 0
        let code = errno
        guard close(file) == 0, isWritten else {
            unlink(temporary)
            throw FileError(code: code)
        }
        guard rename(temporary, target) == 0 else {
            let code = errno
            unlink(temporary)
            throw FileError(code: code)
        }
    }
}

/// A file of the lake cannot be written.
package struct UnwritableFile: Diagnostic {
    package let file: String
    package let reason: String

    package var code: String { "lake.unwritable-file" }
    package var problem: String { "\(file) cannot be written: \(reason)." }
    package var remedy: String {
        "Nothing was changed. The lake's folder must be writable for the user who runs tarn; --dry-run only shows."
    }
}
