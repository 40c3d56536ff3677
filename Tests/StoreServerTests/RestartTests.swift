import ADLS
import Foundation
import LakeModel
import TarnTesting
import Testing

@testable import StoreServer

@Suite struct `A store that is served again` {
    /// Runs `first` and then, by another server of the same folder, `second`.
    private static func twice(
        _ first: (ServedFolder) async throws -> Void, _ second: (ServedFolder) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "tarn-store-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path + "/lake", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await ServedFolder.serve(path, { _ in }, first)
        try await ServedFolder.serve(path, { _ in }, second)
    }

    @Test func `goes on with appends, blocks, leases and versions`() async throws {
        let id = "00000000-0000-0000-0000-00000000000a"
        var tag: String?
        try await Self.twice(
            { folder in
                try await folder.put("kept", "x", ["x-ms-meta-a": "1"])
                tag = try await folder.ask("HEAD", "/acct/lake/kept").headers["etag"]
                try await folder.ask(
                    "PUT", "/acct/lake/kept?comp=lease",
                    [
                        "x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1",
                        "x-ms-proposed-lease-id": id,
                    ])
                try await folder.ask("PUT", "/acct/lake/appended?resource=file")
                try await folder.ask(
                    "PATCH", "/acct/lake/appended?action=append&position=5", body: Array(" world".utf8))
                try await folder.ask(
                    "PATCH", "/acct/lake/appended?action=append&position=0", body: Array("hello".utf8))
                try await folder.ask(
                    "PUT", "/acct/lake/blocks?comp=block&blockid=QQ==", body: Array("A".utf8))
                // What was being written when a process ended.
                try Data("half".utf8).write(to: URL(filePath: folder.path + "/.tarn-store/staging/1-abc"))
                try FileManager.default.createDirectory(
                    atPath: folder.path + "/.tarn-store/trash/t/u", withIntermediateDirectories: true)
            },
            { folder in
                let kept = try await folder.ask("HEAD", "/acct/lake/kept")
                #expect(kept.headers["etag"] == tag && tag != nil)
                #expect(kept.headers["x-ms-meta-a"] == "1" && kept.headers["x-ms-lease-state"] == "leased")
                #expect(try await folder.ask("DELETE", "/acct/lake/kept").code == "LeaseIdMissing")
                #expect(
                    try await folder.ask("DELETE", "/acct/lake/kept", ["x-ms-lease-id": id]).status == 202)
                #expect(
                    try await folder.ask("PATCH", "/acct/lake/appended?action=flush&position=11").status
                        == 200)
                #expect(try await folder.text("appended") == "hello world")
                let list = Array("<BlockList><Uncommitted>QQ==</Uncommitted></BlockList>".utf8)
                #expect(
                    try await folder.ask("PUT", "/acct/lake/blocks?comp=blocklist", body: list).status == 201)
                // Of what was made of blocks, the blocks are remembered.
                let left = try folder.leftovers()
                #expect(left.count == 1 && left.allSatisfy { $0.hasPrefix("lists/") }, "\(left)")
            })
    }

    @Test func `is served by one process`() async throws {
        try await ServedFolder.with { folder in
            #expect(throws: StoreServedAlready.self) { try StoreFolder(root: folder.path) }
        }
    }
}

@Suite struct `A version` {
    @Test func `is another one after every change, and the same after a move`() async throws {
        try await ServedFolder.with { folder in
            func tag(_ name: String = "f") async throws -> String {
                try #require(try await folder.ask("HEAD", "/acct/lake/\(name)").headers["etag"])
            }
            var tags: [String] = []
            for _ in 0..<50 {
                try await folder.put("f", "same")
                tags.append(try await tag())
            }
            try await folder.ask("PATCH", "/acct/lake/f?action=append&position=4", body: [1])
            #expect(try await tag() == tags.last)
            try await folder.ask("PATCH", "/acct/lake/f?action=flush&position=5")
            tags.append(try await tag())
            try await folder.ask("PUT", "/acct/lake/f?comp=metadata", ["x-ms-meta-a": "1"])
            tags.append(try await tag())
            #expect(Set(tags).count == tags.count)
            try await folder.ask("PUT", "/acct/lake/g", ["x-ms-rename-source": "/lake/f"])
            #expect(try await tag("g") == tags.last)
            // Deleted and made again it is another one.
            try await folder.ask("DELETE", "/acct/lake/g")
            try await folder.put("g", "same")
            #expect(try await !tags.contains(tag("g")))
        }
    }

    @Test func `takes what was appended along when its metadata changes`() async throws {
        try await ServedFolder.with { folder in
            try await folder.ask("PUT", "/acct/lake/f?resource=file")
            try await folder.ask("PATCH", "/acct/lake/f?action=append&position=0", body: Array("abc".utf8))
            try await folder.ask("PUT", "/acct/lake/f?comp=metadata", ["x-ms-meta-a": "1"])
            try await folder.ask("PUT", "/acct/lake/g", ["x-ms-rename-source": "/lake/f"])
            #expect(try await folder.ask("PATCH", "/acct/lake/g?action=flush&position=3").status == 200)
            #expect(try await folder.text("g") == "abc")
            // What was appended to a version that was replaced is gone.
            try await folder.ask("PATCH", "/acct/lake/g?action=append&position=3", body: Array("d".utf8))
            try await folder.put("g", "new")
            #expect(
                try await folder.ask("PATCH", "/acct/lake/g?action=flush&position=4").code
                    == "InvalidFlushPosition")
            #expect(try await folder.text("g") == "new")
            #expect(try folder.leftovers() == [])
        }
    }
}

@Suite struct `A rename` {
    @Test func `is refused where it cannot be`() async throws {
        try await ServedFolder.with { folder in
            try await folder.put("a/b/f", "1")
            try await folder.put("c/g", "2")
            try await folder.put("file", "3")
            func rename(_ from: String, _ to: String) async throws -> String? {
                try await folder.ask("PUT", "/acct/lake/\(to)", ["x-ms-rename-source": "/lake/\(from)"]).code
            }
            #expect(try await rename("a", "a/b/inside") == "InvalidRenameSourcePath")
            #expect(try await rename("a", "c") == "DirectoryNotEmpty")
            #expect(try await rename("a", "file") == "PathConflict")
            #expect(try await rename("file", "a") == "PathConflict")
            #expect(try await rename("file", "file/x") == "InvalidRenameSourcePath")
            #expect(try await rename("file", "no/x") == "RenameDestinationParentPathNotFound")
            #expect(try await rename("none", "x") == "SourcePathNotFound")
            #expect(try await rename("../x", "y") == "InvalidResourceName")
            #expect(try await rename("file", "file") == nil)
            #expect(try folder.files() == ["lake/a/b/f": 1, "lake/c/g": 1, "lake/file": 1])
            #expect(try await rename("a/b", "c/b") == nil)
            #expect(try folder.files() == ["lake/c/b/f": 1, "lake/c/g": 1, "lake/file": 1])
        }
    }
}

@Suite struct `What was appended` {
    @Test func `is one range where it touches, whatever its order`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var ranges: [Range<Int64>] = []
            var bytes: Set<Int64> = []
            for _ in 0..<20 {
                let start = Int64.random(in: 0..<60, using: &generator)
                let range = start..<(start + Int64.random(in: 1..<12, using: &generator))
                Appends.add(range, to: &ranges)
                bytes.formUnion(range)
            }
            #expect(Set(ranges.flatMap { Array($0) }) == bytes)
            #expect(ranges.map { Int($0.count) }.reduce(0, +) == bytes.count)
            for (left, right) in zip(ranges, ranges.dropFirst()) {
                #expect(left.upperBound < right.lowerBound)
            }
        }
    }
}

@Suite struct `Properties` {
    @Test func `come back as they were`() {
        var properties = FileProperties()
        properties.headers = ["content-type": "text/plain; a=\"b\"", "content-encoding": "gzip"]
        properties.metadata = [.init(name: "a.b=c", value: "line\nline=ü %"), .init(name: "z", value: "")]
        properties.isAppendBlob = true
        properties.copyID = "1"
        properties.copySource = "http://x/a?b=c"
        properties.permissions = "rwx------"
        properties.acl = "user::rwx,group::r-x"
        properties.owner = "me"
        #expect(FileProperties(text: properties.text) == properties)
        #expect(FileProperties().text.isEmpty && FileProperties(text: "garbage\n=\n").metadata.isEmpty)
    }
}
