import Blocking
import FoundationEssentials
import Glibc
import LakeModel
import LakeStore
import TarnTesting
import Testing

@Suite struct `A store on disk` {
    private let folder: TemporaryFolder
    private let store: LocalStore

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalStore(root: folder.path)
    }

    @Test func `loses no update of 20 tasks through three stores with their own threads`() async throws {
        let stores = try (0..<3).map { _ in
            try LocalStore(root: folder.path + "/", pool: BlockingPool(threadsMax: 4))
        }
        try await ObjectStoreConformance.checkCounting(stores: stores)
    }

    @Test func `waits while another process holds its lock`() async throws {
        _ = try await store.write(.bytes([1]), to: LakePath("a")!, .unconditionally)
        let lock = folder.path + "/_tarn/.local/lock"
        // Holds the lock, says so, and lets go when its input ends.
        let script = "exec 9<>\"$0\"; flock -x 9 || exit 1; echo held; read line; echo free > \"$0.free\""
        guard access("/usr/bin/flock", X_OK) == 0 else { try Test.cancel("needs /usr/bin/flock") }
        let child = try Child(["/bin/sh", "-c", script, lock])
        #expect(child.readByte() == UInt8(ascii: "h"))
        async let write = store.write(.bytes([2]), to: LakePath("a")!, .unconditionally)
        #expect(access(lock + ".free", F_OK) != 0)
        child.closeInput()
        _ = try await write
        #expect(access(lock + ".free", F_OK) == 0, "the write did not wait for the lock")
        #expect(child.wait() == 0)
    }

    @Test func `removes what a killed process left, and nothing that is being written`() async throws {
        _ = try await store.write(.bytes([1]), to: LakePath("a")!, .unconditionally)
        let temporary = folder.path + "/_tarn/.local/temporary"
        for name in ["1-1-dead", "2-1-dead"] {
            try "half".write(toFile: "\(temporary)/\(name)", atomically: false, encoding: .utf8)
        }
        let gate = AsyncStream<[UInt8]>.makeStream()
        let chunks = Chunks(gate.stream)
        async let writing = store.write(
            .stream(ByteStream { await chunks.next() }), to: LakePath("b")!, .unconditionally)
        gate.continuation.yield([1, 2])
        while try FileManager.default.contentsOfDirectory(atPath: temporary).count < 3 { await Task.yield() }
        #expect(try await store.removeAbandonedWrites() == 2)
        gate.continuation.finish()
        _ = try await writing
        #expect(try await store.bytes(LakePath("b")!) == [1, 2])
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
        #expect(try await store.paths == ["a", "b"], "temporary files are in no listing")
    }

    @Test func `dates every version later than the one that it replaces, even if the clock went back`()
        async throws
    {
        let path = LakePath("a")!
        _ = try await store.write(.bytes([1]), to: path, .unconditionally)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        now.tv_sec += 3_600
        #expect(utimensat(AT_FDCWD, folder.path + "/a", [now, now], 0) == 0)
        let before = try #require(await store.head(path))
        _ = try await store.write(.bytes([1]), to: path, .ifMatches(before.etag))
        let after = try #require(await store.head(path))
        #expect(after.modifiedAt >= before.modifiedAt && after.etag != before.etag)
    }

    @Test func `copies by hard link`() async throws {
        _ = try await store.write(.bytes([1, 2, 3]), to: LakePath("v")!, .unconditionally)
        try await store.copy(LakePath("v")!, to: LakePath("latest")!)
        var status = stat()
        #expect(stat(folder.path + "/latest", &status) == 0 && status.st_nlink == 2)
        #expect(try await store.head(LakePath("latest")!)?.etag == store.head(LakePath("v")!)?.etag)
    }

    @Test func `says what is wrong when its folder is missing, now or later`() async throws {
        #expect(throws: StoreRootMissing.self) { _ = try LocalStore(root: folder.path + "/none") }
        try "x".write(toFile: folder.path + "/file", atomically: false, encoding: .utf8)
        #expect(throws: StoreRootMissing.self) { _ = try LocalStore(root: folder.path + "/file") }
        let root = folder.path + "/lake"
        mkdir(root, 0o755)
        let store = try LocalStore(root: root)
        rmdir(root)
        await #expect(throws: StoreRootMissing.self) { _ = try await store.list(under: .root) }
        await #expect(throws: StoreRootMissing.self) { _ = try await store.head(LakePath("a")!) }
        await #expect(throws: StoreRootMissing.self) {
            _ = try await store.write(.bytes([1]), to: LakePath("a/b")!, .unconditionally)
        }
        #expect(access(root, F_OK) != 0, "a lake was made where a disk was missing")
    }

    @Test func `skips files whose names are no paths of a lake`() async throws {
        _ = try await store.write(.bytes([1]), to: LakePath("t/a")!, .unconditionally)
        for name in ["t/bad\u{1}", "t/bad\\"] {
            try "x".write(toFile: "\(folder.path)/\(name)", atomically: false, encoding: .utf8)
        }
        let descriptor = [UInt8](("\(folder.path)/t/".utf8)) + [0xFF, 0xFE, 0]
        let isMade = descriptor.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o644) }
        }
        #expect(isMade >= 0)
        close(isMade)
        #expect(try await store.paths == ["t/a"])
    }

    @Test func `on a full disk keeps the old object, nothing half-written, and says how much was wanted`()
        async throws
    {
        try await withFileSystem(options: "size=1m") { store in
            let path = LakePath("silver/t/x.parquet")!
            _ = try await store.write(.bytes([1, 2, 3]), to: path, .unconditionally)
            let large = [UInt8](repeating: 7, count: 3_000_000)
            let stream = Chunks(
                AsyncStream { continuation in
                    for _ in 0..<10 { continuation.yield(Array(large.prefix(300_000))) }
                    continuation.finish()
                })
            let bodies: [ObjectBody] = [.bytes(large), .stream(ByteStream { await stream.next() })]
            for body in bodies {
                let error = await #expect(throws: DiskFull.self) {
                    _ = try await store.write(body, to: path, .unconditionally)
                }
                #expect(error?.path == path)
                #expect((error?.wanted.bytes ?? 0) > 900_000)
                #expect(error?.problem.contains("silver/t/x.parquet") == true)
            }
            #expect(try await store.bytes(path) == [1, 2, 3])
            #expect(try await store.removeAbandonedWrites() == 0)
            // The room is there again, at the latest when the last task has let go of its file.
            let half = ObjectBody.bytes(Array(large.prefix(500_000)))
            for _ in 0..<200 {
                do {
                    _ = try await store.write(half, to: path, .unconditionally)
                    break
                } catch is DiskFull { try await Task.sleep(for: .milliseconds(50)) }
            }
            #expect(try await store.bytes(path).count == 500_000)
        }
    }

    @Test func `on a read-only file system says so`() async throws {
        try await withFileSystem(options: "ro") { store in
            await #expect(throws: StoreReadOnly.self) {
                _ = try await store.write(.bytes([1]), to: LakePath("a/b")!, .unconditionally)
            }
            let paths = try await store.paths
            #expect(paths == [])
        }
    }

    /// Lends a store on a small file system of its own.
    private func withFileSystem(options: String, _ body: (LocalStore) async throws -> Void) async throws {
        let mounted = folder.path + "/mounted"
        mkdir(mounted, 0o755)
        let isReadOnly = options == "ro"
        guard getuid() == 0,
            mount("tmpfs", mounted, "tmpfs", isReadOnly ? UInt(MS_RDONLY) : 0, isReadOnly ? "" : options) == 0
        else { try Test.cancel("mounting a file system needs root and its capabilities") }
        defer { umount(mounted) }
        try await body(LocalStore(root: mounted))
    }
}

/// The chunks of a stream, one after the other, from whichever task asks.
private actor Chunks {
    private var iterator: AsyncStream<[UInt8]>.AsyncIterator

    init(_ stream: AsyncStream<[UInt8]>) { iterator = stream.makeAsyncIterator() }

    func next() async -> [UInt8]? {
        var own = iterator
        let chunk = await own.next(isolation: self)
        iterator = own
        return chunk
    }
}
