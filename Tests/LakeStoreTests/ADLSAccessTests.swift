import ADLS
import ADLSClient
import Foundation
import LakeModel
import LakeStore
import StoreServer
import Synchronization
import TarnTesting
import Testing

@Suite struct `A lake in ADLS` {
    private let path = LakePath.root.appending("silver/t/big.parquet")

    private func store(
        _ served: ServedFolder, _ credential: StorageCredential, filesystem: String = "lake"
    ) throws -> ADLSStore {
        let account = try StorageAccount(
            name: ServedFolder.account, endpoint: "http://127.0.0.1:\(served.port)/acct",
            credential: credential)
        return ADLSStore(
            at: ADLSLocation(filesystem: filesystem, account: ServedFolder.account), in: account)
    }

    private func code(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "none"
        } catch {
            return (error as? any Diagnostic)?.code ?? "\(error)"
        }
    }

    @Test func `opens where its container is`() async throws {
        try await ServedFolder.with { served in try await served.store().requireFilesystem() }
    }

    @Test func `says that its container is missing, whatever is asked of it`() async throws {
        try await ServedFolder.with { served in
            let store = try store(served, .sharedKey(ServedFolder.secret), filesystem: "other")
            #expect(await code { try await store.requireFilesystem() } == "store.filesystem-missing")
            #expect(await code { _ = try await store.head(path) } == "store.filesystem-missing")
            #expect(await code { _ = try await store.list(under: .root) } == "store.filesystem-missing")
            #expect(await code { try await store.delete(path) } == "store.filesystem-missing")
            #expect(await code { _ = try await store.read(path, bytes: nil) } == "store.filesystem-missing")
            #expect(
                await code { _ = try await store.write(.bytes([1]), to: path, .ifAbsent) }
                    == "store.filesystem-missing")
        }
    }

    @Test func `says why it is not let in`() async throws {
        try await ServedFolder.with { served in
            let wrong = Secret(Base64.encode([UInt8](repeating: 9, count: 64)))
            let refusals: [(StorageCredential, String)] = [
                (.sharedKey(wrong), "the key is not the account's"),
                (
                    .signature(served.accountSignature(expiry: "2020-01-01T00:00:00Z")),
                    "the SAS expired at 2020-01-01T00:00:00Z"
                ),
                (.anonymous, "it is not allowed"),
            ]
            for (credential, why) in refusals {
                let error = await #expect(throws: StorageForbidden.self) {
                    try await store(served, credential).requireFilesystem()
                }
                let text = try #require(error?.description)
                #expect(text.contains(why), "\(text)")
                #expect(!text.contains("sig=") && !text.contains(wrong.reveal()))
            }
        }
    }

    @Test func `says that nobody answers, and where`() async throws {
        let account = try StorageAccount(
            name: "acct", endpoint: "http://127.0.0.1:9/acct", credential: .sharedKey(ServedFolder.secret))
        var rule = RetryRule()
        rule.attemptsMax = 2
        rule.firstDelay = .milliseconds(1)
        let store = ADLSStore(
            at: ADLSLocation(filesystem: "lake", account: "acct"), in: account, rule: rule)
        let error = await #expect(throws: StorageUnreachable.self) { try await store.requireFilesystem() }
        #expect(error?.problem.contains("http://127.0.0.1:9/acct") == true && error?.isTransient == true)
    }

    @Test func `is named for other engines as Hadoop writes it`() throws {
        let account = try StorageAccount(name: "acct", credential: .anonymous)
        let store = ADLSStore(at: try ADLSLocation("adls://lake@acct/a/b"), in: account)
        #expect(
            store.readableURL(of: path)
                == "abfss://lake@acct.dfs.core.windows.net/a/b/silver/t/big.parquet")
    }

    @Test(arguments: [0, 1, 4 << 20, (4 << 20) + 1, 13_000_003])
    func `is downloaded into a file as it is`(size: Int) async throws {
        let folder = try TemporaryFolder()
        // A length that is no multiple of a block's, so that no two blocks are alike.
        let pattern = Data((0..<10_007).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        var bytes = Data()
        while bytes.count < size { bytes.append(pattern.prefix(size - bytes.count)) }
        let file = folder.path + "/file"
        try Data(repeating: 1, count: 30_000_000).write(to: URL(filePath: file))
        try await ServedFolder.with { served in
            try await FaultProxy.with(upstream: served.port, rate: 0.2, seed: 3) { proxy in
                let store = try served.store(port: proxy.port)
                try bytes.write(to: URL(filePath: folder.path + "/source"))
                _ = try await store.write(.file(folder.path + "/source"), to: path, .unconditionally)
                let object = try await store.download(path, toFile: file)
                #expect(object == (try await store.head(path)))
            }
        }
        #expect(try Data(contentsOf: URL(filePath: file)) == bytes)
    }

    @Test func `that is replaced under a long read ends it`() async throws {
        try await ServedFolder.with { served in
            let store = try served.store()
            _ = try await store.write(
                .bytes([UInt8](repeating: 1, count: 13 << 20)), to: path, .unconditionally)
            let opened = try await store.read(path, bytes: nil)
            _ = try await store.write(.bytes([2]), to: path, .unconditionally)
            let error = await #expect(throws: ObjectReplaced.self) { _ = try await opened.bytes.collect() }
            #expect(error?.isTransient == true)
        }
    }

    @Test func `lists what takes several pages`() async throws {
        try await ServedFolder.with { served in
            let folder = served.path + "/lake/l"
            for part in ["a", "a-b", "b"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
                for number in 0..<3_500 {
                    _ = FileManager.default.createFile(
                        atPath: "\(folder)/\(part)/\(number)", contents: nil)
                }
            }
            let found = try await served.store(path: "l").list(under: .root).map(\.path)
            #expect(found.count == 10_500 && found == found.sorted() && Set(found).count == 10_500)
        }
    }

    @Test func `is created once by many who write it in blocks`() async throws {
        try await ServedFolder.with { served in
            let store = try served.store { $0.blockBytes = 64 << 10 }
            let outcomes = try await withThrowingTaskGroup(of: WriteOutcome.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let bytes = [UInt8](repeating: UInt8(number), count: 1 << 20)
                        return try await store.write(.bytes(bytes), to: path, .ifAbsent)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let etag = try #require(try await store.head(path)).etag
            #expect(outcomes.filter { $0 == .written(etag) }.count == 1)
            #expect(outcomes.filter { $0 == .conditionFailed(current: etag) }.count == 5)
            let bytes = try await store.readAll(path, bytesMax: ByteCount(2 << 20))
            #expect(bytes.count == 1 << 20 && Set(bytes).count == 1)
        }
    }

    @Test func `lets a request go when its task is cancelled`() async throws {
        let (asked, told) = AsyncStream.makeStream(of: Void.self)
        let isOver = Atomic(false)
        try await ScriptedServer.with({ _ in
            told.yield()
            while !isOver.load(ordering: .acquiring) { usleep(1_000) }
            return .init(200)
        }) { server in
            let account = try StorageAccount(
                name: "acct", endpoint: server.address + "/acct", credential: .anonymous)
            let store = ADLSStore(at: ADLSLocation(filesystem: "lake", account: "acct"), in: account)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) { try await store.requireFilesystem() }
                }
                var asks = asked.makeAsyncIterator()
                await asks.next()
                group.cancelAll()
            }
            isOver.store(true, ordering: .releasing)
        }
    }
}
