import Foundation
import Glibc
import Testing

extension SystemTests {
    @Suite(.enabled(if: SmallDisk.canMount, "mounting a tmpfs needs root")) struct `A full disk` {
        @Test func `fails the run, says so, and loses nothing that is published`() async throws {
            try await Lake.telecom { lake in
                try await SmallDisk.with(at: lake.path("lake")) { disk in
                    try await lake.succeeds("run")
                    let (rows, used) = (try await lake.refinedRows(), try disk.bytesUsed())
                    try await disk.resize(to: used + 200_000)
                    let full = try await lake.tarn("run", "--full-refresh")
                    #expect(full.code == 1)
                    #expect(full.all.contains("[store.disk-full]"), "\(full.all)")
                    // Waiting makes no room: each step is tried once.
                    #expect(full.seconds < 20)
                    #expect(try await lake.refinedRows() == rows)
                    try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                    try await disk.resize(to: 64_000_000)
                    try await lake.succeeds("run", "--full-refresh")
                    try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                    try await lake.expectStoreIsClean()
                    #expect(try await lake.refinedRows() == rows)
                }
            }
        }

        @Test func `of the lake's folder itself, metadata and all, is survived as well`() async throws {
            try await Lake.inEmptyFolder { parent in
                var lake = parent
                lake = Lake(folder: parent.path("small"), environment: parent.environment)
                try FileManager.default.createDirectory(
                    atPath: lake.folder, withIntermediateDirectories: true)
                try await SmallDisk.with(at: lake.folder) { disk in
                    try await lake.succeeds("init", "--template", "telecom", lake.folder)
                    try await lake.succeeds("demo", "generate", "--scale", "0.0005")
                    try await lake.succeeds("run")
                    let rows = try await lake.refinedRows()
                    try await disk.resize(to: try disk.bytesUsed() + 40_000)
                    let full = try await lake.tarn("run", "--full-refresh")
                    #expect(full.code == 1)
                    #expect(full.all.contains("full"), "\(full.all)")
                    #expect(full.all.contains("help:"))
                    try await disk.resize(to: 128_000_000)
                    #expect(try await lake.refinedRows() == rows)
                    try await lake.succeeds("run", "--full-refresh")
                    try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                    try await lake.expectStoreIsClean()
                }
            }
        }
    }
}

/// A file system in memory whose size is set.
struct SmallDisk: Sendable {
    let path: String

    /// Whether this process may mount one: root may, outside of most containers.
    static let canMount: Bool = {
        guard getuid() == 0, let folder = try? makeTemporaryFolder("mount") else { return false }
        defer { rmdir(folder) }
        guard mount("tmpfs", folder, "tmpfs", 0, "size=1m") == 0 else { return false }
        return umount(folder) == 0
    }()

    /// Lends a disk of 64 MB that hides what is at `path`.
    static func with<T>(at path: String, _ body: (SmallDisk) async throws -> T) async throws -> T {
        guard mount("tmpfs", path, "tmpfs", 0, "size=64m") == 0 else {
            throw SetupFailed("cannot mount: \(errno)")
        }
        // Lazily, because a program that a failed test left behind may still hold it.
        defer { umount2(path, Int32(MNT_DETACH)) }
        return try await body(SmallDisk(path: path))
    }

    func resize(to bytes: Int) async throws {
        let options = "remount,size=\(bytes)"
        _ = try await Program.output(["mount", "-o", options, path])
    }

    func forbidWriting() async throws { _ = try await Program.output(["mount", "-o", "remount,ro", path]) }

    func bytesUsed() throws -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw SetupFailed("cannot look at \(path)") }
        return Int((status.f_blocks - status.f_bfree) * UInt(status.f_frsize))
    }
}
