import Glibc
import LakeModel
import TarnTesting
import Testing

@testable import Metadata

let noon = Timestamp(microseconds: 1_790_000_000_000_000)

func runID(_ text: String) throws -> RunID { try #require(RunID(text)) }
func assetKey(_ text: String) throws -> AssetKey { try #require(AssetKey(text)) }

/// Lends a new folder and deletes it, pass or fail.
func withFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    var template = Array("/tmp/tarn-metadata-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    try #require(made != nil)
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer {
        for name in ["metadata.sqlite", "copy.sqlite"] {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink("\(folder)/\(name)\(suffix)") }
        }
        rmdir(folder)
    }
    return try await body(folder)
}

func withStore<T>(
    busyTimeout: Duration = .seconds(10), _ body: (SQLiteMetadataStore) async throws -> T
) async throws -> T {
    try await withFolder { folder in
        let store = try await SQLiteMetadataStore.open(
            at: "\(folder)/metadata.sqlite", now: noon, busyTimeout: busyTimeout)
        let result = try await body(store)
        try store.close()
        return result
    }
}

func readBytes(_ path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return bytes }
        bytes.append(contentsOf: buffer.prefix(count))
    }
}

func writeBytes(_ bytes: [UInt8], to path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}
