internal import Glibc

/// The folder with `lake.yaml`, on disk.
struct LakeFolder {
    /// Absolute, without `.`, `..` and a slash at the end.
    let path: String

    init(_ path: String) { self.path = Self.normalized(path, below: currentFolder()) }

    enum Contents {
        case text(String)
        case missing
        case failed(reason: String)
        case notUTF8(line: Int, column: Int)
    }

    struct Entry {
        let name: String
        let isFolder: Bool
    }

    /// `path` as an absolute path; a relative one is below this folder.
    func absolute(_ path: String) -> String { Self.normalized(path, below: self.path) }

    /// What a text file at an absolute path holds, without a byte order mark.
    func read(_ path: String) -> Contents {
        switch readBytes(path) {
        case .failure(let error): return error.code == ENOENT ? .missing : .failed(reason: error.reason)
        case .success(var bytes):
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
            if let text = String(validating: bytes, as: UTF8.self) { return .text(text) }
            return position(ofInvalidByteIn: bytes)
        }
    }

    /// The visible entries of a folder in the order of names; `nil` if there is no such folder.
    func entries(of folder: String) -> [Entry]? {
        let path = absolute(folder)
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var entries: [Entry] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                    String(cString: $0)
                }
            }
            guard !name.hasPrefix(".") else { continue }
            switch Int(entry.pointee.d_type) {
            case Int(DT_DIR): entries.append(Entry(name: name, isFolder: true))
            case Int(DT_REG): entries.append(Entry(name: name, isFolder: false))
            default: entries.append(Entry(name: name, isFolder: isFolder("\(path)/\(name)")))
            }
        }
        return entries.sorted { $0.name < $1.name }
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func position(ofInvalidByteIn bytes: [UInt8]) -> Contents {
        // Repairing keeps everything before the first bad byte as it is.
        let repaired = String(decoding: bytes, as: UTF8.self)
        var (line, column, offset) = (1, 1, 0)
        for scalar in repaired.unicodeScalars {
            let width = UTF8.width(scalar)
            let isReplaced = scalar == "\u{FFFD}" && !bytes[offset...].starts(with: [0xEF, 0xBF, 0xBD])
            if isReplaced { break }
            offset += width
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return .notUTF8(line: line, column: column)
    }

    private static func normalized(_ path: String, below base: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : "\(base)/\(path)").split(separator: "/") {
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }
}

/// Why a file could not be read.
struct FileError: Error {
    let code: Int32
    var reason: String { String(cString: strerror(code)) }
}

/// The bytes of a regular file.
func readBytes(_ path: String) -> Result<[UInt8], FileError> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(FileError(code: errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(FileError(code: errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .failure(FileError(code: EISDIR)) }
    // The size is a first guess: the file may grow or shrink while it is read.
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var filled = 0
    while true {
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
        }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { return .failure(FileError(code: errno)) }
        if count == 0 { return .success(Array(bytes[..<filled])) }
        filled += count
        if filled == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
    }
}

private func currentFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
}
