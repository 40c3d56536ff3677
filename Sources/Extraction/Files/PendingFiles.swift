internal import Crypto
internal import LakeModel
package import LakeStore
package import Project

/// The files that a table would read now, without reading them.
package struct PendingFiles: Hashable, Sendable {
    package let count: Int
    /// Of their names, sizes and times: another one when they are others.
    package let digest: String

    /// `nil` if the table is none of files. Blocks.
    /// - Parameter current: What bronze has of it.
    /// - Throws: if the folder cannot be looked through.
    package init?(
        of table: TableDefinition, from source: SourceDefinition, current: CurrentBronze?
    ) throws {
        guard let files = FilesTable(source, table) else { return nil }
        var known: [String: InputFile] = [:]
        for file in current?.files ?? [] {
            for input in file.file.inputs ?? [] { known[input.path] = input }
        }
        let unread = try files.listing().ready.filter { !(known[$0.path]?.isLike($0) ?? false) }
        count = unread.count
        var digest = SHA256()
        for file in unread { digest.update(data: Array("\(file.path)\0\(file.status.text)\n".utf8)) }
        self.digest = hexadecimal(digest.finalize())
    }
}

extension InputFile {
    /// Whether it is `file` as it was read, as far as its size and its times tell.
    func isLike(_ file: FoundFile) -> Bool {
        bytes == ByteCount(file.status.bytes) && modifiedAt == file.status.modified
            && changedAt == file.status.changed
    }
}
