internal import ADLS
internal import Crypto
internal import FoundationEssentials
internal import Glibc
internal import LakeModel

/// One of the blocks that a file was made of.
struct CommittedBlock: Hashable, Sendable {
    let id: BlockID
    let size: Int64
}

/// Blocks that wait for their list, and what is remembered of lists.
extension StoreFolder {
    /// A blob may have blocks before there is a file, so they belong to its path.
    private func blockFolder(_ address: StorageAddress) -> String {
        let digest = SHA256.hash(data: Data(address.path.utf8)).prefix(16)
        let digits = Array("0123456789abcdef".utf8)
        return "\(own)/blocks/\(address.filesystem ?? "")/"
            + String(
                decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static let uncommittedMax = 100_000

    func place(_ file: StagedFile, asBlock id: BlockID, of address: StorageAddress) throws(FileFailure) {
        let folder = blockFolder(address)
        for folder in ["\(own)/blocks/\(address.filesystem ?? "")", folder] {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw FileFailure(errno, "make a folder")
            }
        }
        guard Glibc.rename(file.location, "\(folder)/\(id.hexadecimal)") == 0 else {
            throw FileFailure(errno, "write a block")
        }
        file.wasPlaced()
    }

    /// The blocks that wait, by the time at which they came.
    func uncommittedBlocks(of address: StorageAddress) -> [CommittedBlock] {
        let folder = blockFolder(address)
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var found: [(block: CommittedBlock, at: Int64)] = []
        while found.count < Self.uncommittedMax, let entry = readdir(stream) {
            guard let name = Self.name(of: entry), let id = Self.id(hexadecimal: name),
                let status = try? status(at: "\(folder)/\(name)")
            else { continue }
            found.append((CommittedBlock(id: id, size: status.size), status.modifiedNanoseconds))
        }
        return found.sorted { $0.at < $1.at }.map(\.block)
    }

    private static func id(hexadecimal text: String) -> BlockID? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0, !digits.isEmpty else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
            else {
                return nil
            }
            bytes.append(byte)
        }
        return BlockID(Base64.encode(bytes))
    }

    /// Of a filesystem that is gone.
    func forgetAllBlocks(ofFilesystem name: String) {
        let folder = "\(own)/blocks/\(name)"
        if access(folder, F_OK) == 0 { removeTree(folder) }
    }

    func forgetUncommittedBlocks(of address: StorageAddress) {
        let folder = blockFolder(address)
        if access(folder, F_OK) == 0 { removeTree(folder) }
    }

    /// The blocks of the file at an address. Of a file that was not made of blocks it is one, of all its
    /// bytes: Azure's client for C++ lists the committed blocks to append to a file, and would truncate one
    /// that has none.
    func committedBlocks(of status: FileStatus) -> [CommittedBlock] {
        guard status.size > 0 else { return [] }
        if let text = try? String(contentsOfFile: list(of: status), encoding: .utf8) {
            let blocks = text.split(separator: "\n").compactMap { line -> CommittedBlock? in
                let parts = line.split(separator: " ")
                guard parts.count == 2, let id = BlockID(parts[0]), let size = Int64(parts[1]) else {
                    return nil
                }
                return CommittedBlock(id: id, size: size)
            }
            if blocks.reduce(0, { $0 + $1.size }) == status.size { return blocks }
        }
        return [CommittedBlock(id: Self.wholeFile, size: status.size)]
    }

    static let wholeFile = BlockID(number: 0)

    private func list(of status: FileStatus) -> String { "\(own)/lists/\(status.version)" }

    func write(_ blocks: [CommittedBlock], of status: FileStatus) throws {
        guard blocks.count > 1 || blocks.first.map({ $0.id != Self.wholeFile }) ?? false else { return }
        let text = blocks.map { "\($0.id.text) \($0.size)\n" }.joined()
        try Data(text.utf8).write(to: URL(filePath: list(of: status)))
    }

    func forgetExtras(of status: FileStatus) {
        guard !status.isFolder else { return }
        unlink(list(of: status))
        appends.forget(status.version, in: self)
    }

    func moveExtras(of status: FileStatus, to other: FileStatus) {
        _ = Glibc.rename(list(of: status), list(of: other))
        appends.move(status.version, to: other.version, in: self)
    }

    /// A file that was put together of blocks.
    struct Assembled: Sendable {
        let file: StagedFile
        let blocks: [CommittedBlock]
        /// The version that some of its blocks are of.
        var base: FileStatus?
        /// The block that it is, which would be gone with it.
        var only: BlockID?
    }

    /// Puts the blocks of a list together.
    /// - Throws: ``StorageFailure`` if one of them is not there.
    func assemble(_ blockList: BlockList, of address: StorageAddress) throws -> Assembled {
        let folder = blockFolder(address)
        let isNeeded = blockList.entries.contains { $0.place != .uncommitted }
        let current = isNeeded ? try status(address) : nil
        var committed: [BlockID: Range<Int64>] = [:]
        var source: Int32 = -1
        defer { if source >= 0 { close(source) } }
        if let current, !current.isFolder {
            source = open(location(address), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            var offset: Int64 = 0
            for block in committedBlocks(of: current) {
                committed[block.id] = offset..<(offset + block.size)
                offset += block.size
            }
        }
        // One block that is the whole file is not copied.
        if blockList.entries.count == 1, let only = blockList.entries.first, only.place != .committed {
            let path = "\(folder)/\(only.id.hexadecimal)"
            let name = stagingName()
            if Glibc.rename(path, name) == 0 {
                let file = try StagedFile(at: name, mustExist: true)
                return Assembled(
                    file: file, blocks: [CommittedBlock(id: only.id, size: file.size)], only: only.id)
            }
        }
        let file = try makeStaged()
        var blocks: [CommittedBlock] = []
        var (offset, base): (Int64, FileStatus?) = (0, nil)
        for entry in blockList.entries {
            var size: Int64?
            if entry.place != .committed {
                let block = open("\(folder)/\(entry.id.hexadecimal)", O_RDONLY | O_CLOEXEC)
                if block >= 0 {
                    defer { close(block) }
                    var status = stat()
                    guard fstat(block, &status) == 0 else { throw FileFailure(errno, "read a block") }
                    try file.copy(from: block, 0..<Int64(status.st_size), to: offset)
                    size = Int64(status.st_size)
                }
            }
            if size == nil, entry.place != .uncommitted, let range = committed[entry.id], source >= 0 {
                try file.copy(from: source, range, to: offset)
                size = range.upperBound - range.lowerBound
                base = current
            }
            guard let size else {
                throw StorageFailure(.invalidBlockList, "A block of the list is not there.")
            }
            blocks.append(CommittedBlock(id: entry.id, size: size))
            offset += size
        }
        return Assembled(file: file, blocks: blocks, base: base)
    }
}
