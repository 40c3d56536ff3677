import LakeModel
package import LakeStore

/// What every ``ObjectStore`` must do, one claim after the other.
///
/// A test runs each of ``claims`` with a new, empty store:
///
///     @Test(arguments: ObjectStoreConformance.claims)
///     func `keeps what every store promises`(claim: ObjectStoreConformance.Claim) async throws {
///         try await claim.check(MemoryStore())
///     }
package enum ObjectStoreConformance {
    /// One sentence about a store and the check of it, which throws ``Broken``.
    package struct Claim: Sendable, CustomStringConvertible {
        package let description: String
        package let check: @Sendable (_ store: any ObjectStore) async throws -> Void

        init(
            _ description: String,
            _ check: @escaping @Sendable (_ store: any ObjectStore) async throws -> Void
        ) {
            self.description = description
            self.check = check
        }
    }

    /// A claim that does not hold, and where that shows.
    package struct Broken: Error, CustomStringConvertible {
        package let description: String
    }

    package static let claims = objects + listings + conditions + moves + bulk

    private static let objects = [
        Claim("what is written is read, with its size and version") { store in
            let etag = try await store.put("a/b.txt", "hello")
            let head = try await store.head(path("a/b.txt"))
            try expect(
                head?.size == ByteCount(5) && head?.etag == etag, "head is \(String(describing: head))")
            let (bytes, opened) = try await store.open(path("a/b.txt"), bytesMax: ByteCount(5))
            try expect(bytes == Array("hello".utf8) && opened == etag, "the object is \(bytes), \(opened)")
        },
        Claim("an object may be empty") { store in
            _ = try await store.put("empty", "")
            try expect(await store.readAll(path("empty"), bytesMax: ByteCount(0)) == [], "it is not empty")
        },
        Claim("what is not there has no head, and reading it is an error") { store in
            try expect(await store.head(path("a/none")) == nil, "it has a head")
            try await expectError(ObjectNotFound.self) {
                _ = try await store.read(path("a/none"), bytes: nil)
            }
        },
        Claim("a range gives these bytes, cut to the object's size") { store in
            _ = try await store.put("r", "0123456789")
            try expect(await store.readRange(path("r"), 2..<5) == Array("234".utf8), "2..<5")
            try expect(await store.readRange(path("r"), 8..<100) == Array("89".utf8), "8..<100")
            try expect(await store.readRange(path("r"), 0..<0) == [], "0..<0")
            try expect(await store.readRange(path("r"), 50..<60) == [], "50..<60")
        },
        Claim("many small objects are read at once, each with its version; others are left out") { store in
            var etags: [LakePath: ETag] = [:]
            for number in 0..<100 {
                etags[path("m/\(number)")] = try await store.put("m/\(number)", "\(number)")
            }
            let wanted = (0..<200).map { path("m/\($0)") } + [path("m")]
            let read = try await store.readSmall(wanted, bytesMax: ByteCount(2))
            try expect(read.count == 100, "\(read.count) objects")
            for (number, wanted) in wanted.prefix(100).enumerated() {
                try expect(
                    read[wanted]
                        == etags[wanted].map { SmallObject(bytes: Array("\(number)".utf8), etag: $0) },
                    "\(wanted) is \(String(describing: read[wanted]))")
            }
            try await expectError(ObjectTooLarge.self) {
                _ = try await store.readSmall([path("m/10")], bytesMax: ByteCount(1))
            }
        },
        Claim("an object beyond the limit is not read into memory") { store in
            _ = try await store.put("large", "12345")
            try await expectError(ObjectTooLarge.self) {
                _ = try await store.readAll(path("large"), bytesMax: ByteCount(4))
            }
        },
        Claim("names of any script, with spaces and signs, are kept") { store in
            let names = ["a b", "Kunden-Übersicht", "請求書", "a$b@c!~", "it's", "x (1)&+,;[]"]
            for name in names { _ = try await store.put("odd/\(name)/\(name).parquet", name) }
            let found = try await store.list(under: path("odd")).map(\.path)
            try expect(Set(found) == Set(names.map { path("odd/\($0)/\($0).parquet") }), "found \(found)")
            for name in names {
                let bytes = try await store.readAll(
                    path("odd/\(name)/\(name).parquet"), bytesMax: ByteCount(99))
                try expect(bytes == Array(name.utf8), "\(name)")
            }
        },
        Claim("a reader sees one version to the end, whatever happens to the object") { store in
            _ = try await store.put("v", String(repeating: "1", count: 3_000_000))
            let opened = try await store.read(path("v"), bytes: nil)
            _ = try await store.put("v", String(repeating: "2", count: 3_000_000))
            try await store.delete(path("v"))
            let bytes = try await opened.bytes.collect()
            try expect(
                bytes.count == 3_000_000 && bytes.allSatisfy { $0 == UInt8(ascii: "1") },
                "versions were mixed")
        },
        Claim("deleting is idempotent and makes room for another version") { store in
            let first = try await store.put("d", "1")
            try await store.delete(path("d"))
            try await store.delete(path("d"))
            try expect(await store.head(path("d")) == nil, "it is still there")
            let second = try await store.put("d", "2")
            try expect(first != second, "both versions are \(first)")
        },
        Claim("a body that fails leaves the old object") { store in
            _ = try await store.put("f", "old")
            let body = ByteStream { throw Broken(description: "on purpose") }
            try await expectError(Broken.self) {
                _ = try await store.write(.stream(body), to: path("f"), .unconditionally)
            }
            try expect(await store.text("f") == "old", "the old object is gone")
            try expect(await store.list(under: .root).count == 1, "something is left behind")
        },
    ]

    private static let listings = [
        Claim("a listing is in the order of paths and of all depths") { store in
            for name in ["b", "a/z", "a/b/c", "a-b", "a/b0"] { _ = try await store.put(name, name) }
            let found = try await store.list(under: .root).map(\.path)
            try expect(found == found.sorted() && found.count == 5, "found \(found)")
        },
        Claim("a folder is not a prefix: a/b does not list a/bc") { store in
            for name in ["a/b/1", "a/bc/2", "a/b.3"] { _ = try await store.put(name, name) }
            try expect(
                await store.list(under: path("a/b")).map(\.path) == [path("a/b/1")], "others are listed")
        },
        Claim("a folder that is not there, and an object, list nothing") { store in
            _ = try await store.put("o", "o")
            for name in ["none", "o", "o/x"] {
                try expect(await store.list(under: path(name)) == [], "list of \(name)")
                try expect(await store.listFolder(path(name)).objects == [], "folder \(name)")
            }
        },
        Claim("a folder's listing names what is directly in it") { store in
            for name in ["t/d=1/x", "t/d=1/e/y", "t/d=2/x", "t/o2", "t/o1", "u/z"] {
                _ = try await store.put(name, "1")
            }
            let listing = try await store.listFolder(path("t"))
            try expect(listing.folders == [path("t/d=1"), path("t/d=2")], "folders \(listing.folders)")
            try expect(
                listing.objects.map(\.path) == [path("t/o1"), path("t/o2")], "objects \(listing.objects)")
        },
        Claim("a listing has the sizes and versions that head has") { store in
            _ = try await store.put("l/1", "123")
            try expect(await store.list(under: path("l")).first == store.head(path("l/1")), "they differ")
        },
        Claim("a path is an object or a folder, never both") { store in
            _ = try await store.put("x/y", "1")
            try expect(await store.head(path("x")) == nil, "the folder has a head")
            try await expectError(PathIsFolder.self) { _ = try await store.put("x", "2") }
            try await expectError(PathIsFolder.self) { _ = try await store.put("x/y/z", "3") }
            try await store.delete(path("x"))
            try expect(await store.text("x/y") == "1", "deleting the folder's path deleted the object in it")
        },
        Claim("deleting a folder deletes what is below it and nothing else") { store in
            for name in ["k/1", "k/m/2", "kk/3", "k.4"] { _ = try await store.put(name, name) }
            try await store.deleteFolder(path("k"))
            try await store.deleteFolder(path("k"))
            try expect(
                await store.list(under: .root).map(\.path) == [path("k.4"), path("kk/3")], "others are gone")
        },
    ]

    static func path(_ text: String) -> LakePath { LakePath.root.appending(text) }

    static func expect(_ holds: Bool, _ detail: @autoclosure () -> String) throws {
        guard holds else { throw Broken(description: detail()) }
    }

    static func expectError<E: Error>(_ type: E.Type, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch is E {
            return
        }
        throw Broken(description: "\(type) was not thrown")
    }
}

extension ObjectStore {
    /// Writes `text` and returns its version.
    func put(_ name: String, _ text: String, _ condition: WriteCondition = .unconditionally) async throws
        -> ETag
    {
        let body = ObjectBody.bytes(Array(text.utf8))
        switch try await write(body, to: ObjectStoreConformance.path(name), condition) {
        case .written(let etag): return etag
        case .conditionFailed: throw ObjectStoreConformance.Broken(description: "\(name) was not written")
        }
    }

    func text(_ name: String) async throws -> String {
        String(
            decoding: try await readAll(ObjectStoreConformance.path(name), bytesMax: ByteCount(1 << 30)),
            as: UTF8.self)
    }
}
