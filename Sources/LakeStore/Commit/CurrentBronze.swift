import Crypto
package import LakeModel

/// What a bronze table is at one moment: its files, and what is known of their rows.
package struct CurrentBronze: Hashable, Sendable {
    /// The newest commit; its schema, key and cursor are the table's.
    package let newest: BronzeManifest
    /// All files, oldest day first.
    package let files: [File]

    package struct File: Hashable, Sendable {
        package let path: LakePath
        package let ingestionDate: Day
        package let file: DataFile
    }

    init(newest: BronzeManifest, manifests: [BronzeManifest]) {
        self.newest = newest
        let all = manifests.flatMap { manifest in
            let folder = LakeLayout.folder(of: manifest.asset)
                .appending("ingestion_date=\(manifest.ingestionDate)")
            return manifest.files.map {
                File(path: folder.appending($0.name), ingestionDate: manifest.ingestionDate, file: $0)
            }
        }
        files = newest.mode == .partitioned ? CurrentBronze.newestOfEachPartition(all) : all
    }

    /// A partition that was read again is its newest file: rows that are gone from the source are gone.
    private static func newestOfEachPartition(_ files: [File]) -> [File] {
        var seen: Set<PartitionKey> = []
        let newest = files.reversed().filter { file in
            file.file.partition.map { seen.insert($0).inserted } ?? false
        }
        return newest.reversed()
    }

    package var mode: ExtractionMode { newest.mode }
    package var rows: Int64 { files.reduce(0) { $0 + $1.file.rows } }
    package var bytes: ByteCount { files.reduce(ByteCount(0)) { $0 + $1.file.bytes } }

    /// For each of ``files`` the input files of which its rows no longer count, as a later one has a newer
    /// version of them.
    package var supersededInputs: [Set<String>] {
        var superseded: Set<String> = []
        var all: [Set<String>] = []
        for file in files.reversed() {
            let inputs = file.file.inputs ?? []
            all.append(superseded.intersection(inputs.map(\.path)))
            for input in inputs where input.supersedes == true { superseded.insert(input.path) }
        }
        return all.reversed()
    }

    /// The newest version of every input file that was read, by path.
    package var inputs: [String: InputFile] {
        var newest: [String: InputFile] = [:]
        for file in files { for input in file.file.inputs ?? [] { newest[input.path] = input } }
        return newest
    }

    /// The columns of its rows: of all files, not only of the newest.
    package var schema: [ColumnSchema] { newest.tableSchema }

    /// SHA-256, in hexadecimal, of everything that the table's rows depend on: the digests of the files, the
    /// schema, mode, key and cursor. Two states with one version have the same rows.
    package var version: String {
        var digest = SHA256()
        for text in files.map({ $0.file.sha256 ?? $0.path.text }).sorted() { digest.add(text) }
        for column in schema {
            digest.add(column.name)
            digest.add(column.type)
        }
        digest.add(newest.mode.rawValue)
        for column in newest.key { digest.add(column) }
        digest.add(newest.isKeyUnique ? "unique" : "")
        digest.add(newest.cursor ?? "")
        return hexadecimal(digest.finalize())
    }
}

extension SHA256 {
    /// Adds a text with its length before it, so that `ab`,`c` and `a`,`bc` differ.
    fileprivate mutating func add(_ text: String) {
        update(data: Array("\(text.utf8.count):\(text)".utf8))
    }
}

/// Two lower-case digits for each byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
