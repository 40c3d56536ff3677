internal import Crypto
internal import DuckDB
internal import Glibc
internal import LakeModel
internal import Project

/// A table that is files of a folder: which of them there are, and what tells one from another.
struct FilesTable: Sendable {
    let source: SourceDefinition
    let table: TableDefinition
    let files: FilesDefinition
    /// Absolute.
    let folder: String

    /// `nil` if the table or the source is no table of files.
    init?(_ source: SourceDefinition, _ table: TableDefinition) {
        guard case .files(let folder) = source.connection.kind, let files = table.files else { return nil }
        self.source = source
        self.table = table
        self.files = files
        self.folder = SourceConnector.path(folder, of: source)
    }

    /// The files that match, and whether their writers are done with all of them.
    func listing() throws -> (ready: [FoundFile], isComplete: Bool) {
        let all = try FileListing(folder: folder, files: files, source: source, table: table).files()
        let now = FileStatus.now()
        let ready = all.filter { files.isReady($0, below: folder, at: now) }
        return (ready, ready.count == all.count)
    }

    /// How the rows of `found` stand in them.
    func format(of found: [FoundFile]) throws -> FileFormat? {
        if let format = files.format { return format }
        var format: FileFormat?
        for file in found {
            guard let own = FileFormat(ending: file.path) else {
                throw FilesMistake.unknownFormat(file.path, table, of: source)
            }
            if let format, format != own {
                throw FilesMistake.mixedFormats(found[0].path, file.path, table, of: source)
            }
            format = own
        }
        return format
    }

    func unreadable(_ file: FoundFile) -> (FileFailure) -> any Error {
        { FilesMistake.unreadable(file.path, reason: $0.reason, table, of: source) }
    }

    /// - Throws: if `file` is not what it was when it was found.
    func requireUnchanged(_ file: FoundFile) throws {
        guard FileStatus(file.absolutePath) == file.status else {
            throw FilesMistake.changedWhileRead(file.path, table, of: source)
        }
    }

    /// The digest of the bytes of `file` as they stand on the disk. Blocks.
    func sha256(of file: FoundFile, _ cancellation: CancelOnce) throws -> String {
        let descriptor = open(file.absolutePath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw unreadable(file)(FileFailure(reason: String(cString: strerror(errno))))
        }
        defer { close(descriptor) }
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            try cancellation.check()
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw unreadable(file)(FileFailure(reason: String(cString: strerror(errno))))
            }
            if count == 0 { return hexadecimal(digest.finalize()) }
            buffer.withUnsafeBytes { digest.update(bufferPointer: .init(rebasing: $0[..<count])) }
        }
    }

    /// A text that is another one whenever a file came, went or changed, or is read in another way; `nil`
    /// while a file may still be written to.
    func fingerprint() throws -> String? {
        let (ready, isComplete) = try listing()
        let now = FileStatus.now()
        guard isComplete, ready.allSatisfy({ $0.status.isSettled(at: now) }) else { return nil }
        var digest = SHA256()
        let columns = table.columns.map { "\($0.name) \($0.type ?? "")" }
        digest.update(data: Array("\(table.name) \(table.mode) \(files) \(columns)\n".utf8))
        for file in ready {
            digest.update(data: Array("\(file.path.utf8.count):\(file.path) \(file.status.text)\n".utf8))
        }
        return hexadecimal(digest.finalize())
    }
}

/// In hexadecimal.
func sha256(of text: String) -> String {
    var digest = SHA256()
    digest.update(data: Array(text.utf8))
    return hexadecimal(digest.finalize())
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
