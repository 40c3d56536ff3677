import LakeModel
package import LakeStore

extension ObjectStoreConformance {
    static let conditions = [
        Claim("if-absent writes only where nothing is, and says what is") { store in
            let etag = try await store.put("c", "1", .ifAbsent)
            let again = try await store.write(.bytes([2]), to: path("c"), .ifAbsent)
            try expect(again == .conditionFailed(current: etag), "the outcome is \(again)")
            try expect(await store.text("c") == "1", "it was replaced")
        },
        Claim("if-matches writes only over the version that it names") { store in
            let first = try await store.put("c", "1")
            let second = try await store.put("c", "2", .ifMatches(first))
            let third = try await store.write(.bytes([3]), to: path("c"), .ifMatches(first))
            try expect(third == .conditionFailed(current: second), "the outcome is \(third)")
            let absent = try await store.write(.bytes([3]), to: path("none"), .ifMatches(first))
            try expect(absent == .conditionFailed(current: nil), "the outcome is \(absent)")
            try expect(await store.list(under: .root).count == 1, "something is left behind")
        },
        Claim("no two versions of a path have the same ETag, however fast they follow each other") { store in
            var seen: Set<ETag> = []
            for round in 0..<300 {
                if round % 7 == 0 { try await store.delete(path("e")) }
                seen.insert(try await store.put("e", round % 2 == 0 ? "x" : "y"))
            }
            try expect(seen.count == 300, "only \(seen.count) of 300 differ")
        },
        Claim("of 20 tasks that create one object, one does") { store in
            let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        if case .written = try await store.write(
                            .bytes([UInt8(number)]), to: path("one"), .ifAbsent)
                        {
                            return true
                        }
                        return false
                    }
                }
                var count = 0
                for try await isCreated in group where isCreated { count += 1 }
                return count
            }
            try expect(created == 1, "\(created) did")
        },
        Claim("20 tasks that count in one object lose nothing") { store in
            try await checkCounting(stores: [store])
        },
    ]

    /// Increments one object from 20 tasks, spread over `stores`, which are views of one lake.
    package static func checkCounting(stores: [any ObjectStore], rounds: Int = 5) async throws {
        _ = try await stores[0].put("counter", "0")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                let store = stores[task % stores.count]
                group.addTask {
                    for _ in 0..<rounds { try await increment(store) }
                }
            }
            try await group.waitForAll()
        }
        let sum = try await stores[0].text("counter")
        try expect(sum == String(20 * rounds), "the counter is \(sum)")
    }

    private static func increment(_ store: any ObjectStore) async throws {
        while true {
            let (bytes, etag) = try await store.open(path("counter"), bytesMax: ByteCount(20))
            guard let number = Int(String(decoding: bytes, as: UTF8.self)) else {
                throw Broken(description: "a half-written counter was seen")
            }
            let next = ObjectBody.bytes(Array(String(number + 1).utf8))
            if case .written = try await store.write(next, to: path("counter"), .ifMatches(etag)) { return }
        }
    }

    static let moves = [
        Claim("a renamed object is at its new path only, with its bytes and version") { store in
            _ = try await store.put("m/1", "one")
            let outcome = try await store.rename(path("m/1"), to: path("n/o/2"), .ifAbsent)
            let head = try await store.head(path("n/o/2"))
            try expect(head.map { outcome == .written($0.etag) } ?? false, "the outcome is \(outcome)")
            try expect(await store.text("n/o/2") == "one", "other bytes")
            try expect(await store.list(under: .root).count == 1, "the source is still there")
        },
        Claim("a rename replaces its target, unless a condition forbids it") { store in
            _ = try await store.put("m", "new")
            let etag = try await store.put("n", "old")
            let refused = try await store.rename(path("m"), to: path("n"), .ifAbsent)
            try expect(refused == .conditionFailed(current: etag), "the outcome is \(refused)")
            try expect(await store.text("n") == "old", "the target changed")
            try expect(await store.text("m") == "new", "the source changed")
            _ = try await store.rename(path("m"), to: path("n"), .ifMatches(etag))
            try expect(await store.text("n") == "new", "it was not replaced")
        },
        Claim("renaming what is not there is an error and leaves the target") { store in
            _ = try await store.put("n", "old")
            try await expectError(ObjectNotFound.self) {
                _ = try await store.rename(path("none"), to: path("n"), .unconditionally)
            }
            try expect(await store.text("n") == "old", "the target is gone")
        },
        Claim("a copy has the bytes of its source, twice too, and outlives it") { store in
            _ = try await store.put("s/v1", "one")
            _ = try await store.put("s/v2", "two")
            try await store.copy(path("s/v1"), to: path("s/latest"))
            try await store.copy(path("s/v1"), to: path("s/latest"))
            try expect(await store.text("s/latest") == "one", "the first copy")
            try await store.copy(path("s/v2"), to: path("s/latest"))
            try await store.delete(path("s/v2"))
            try expect(await store.text("s/latest") == "two", "the second copy")
            try expect(await store.text("s/v1") == "one", "the source changed")
            try expect(await store.list(under: .root).count == 2, "something is left behind")
            try expect(await store.removeAbandonedWrites() == 0, "a temporary is left behind")
        },
        Claim("an object that is replaced leaves its copies as they are") { store in
            _ = try await store.put("s", "one")
            try await store.copy(path("s"), to: path("t"))
            _ = try await store.put("s", "two")
            try expect(await store.text("t") == "one", "the copy changed")
        },
        Claim("a copy can be renamed onto its source") { store in
            _ = try await store.put("s", "one")
            try await store.copy(path("s"), to: path("t"))
            _ = try await store.rename(path("t"), to: path("s"), .unconditionally)
            try expect(await store.list(under: .root).map(\.path) == [path("s")], "both are there")
        },
        Claim("copying what is not there is an error") { store in
            try await expectError(ObjectNotFound.self) { try await store.copy(path("none"), to: path("t")) }
            try expect(await store.head(path("t")) == nil, "there is a copy")
        },
    ]

    static let bulk = [
        Claim("50 MB stream in and out in chunks, and ranges of them are right") { store in
            let chunk = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let source = Counter(limit: 50)
            let body = ByteStream { source.next() == nil ? nil : chunk }
            _ = try await store.write(.stream(body), to: path("big"), .unconditionally)
            var size: Int64 = 0
            for try await part in try await store.read(path("big"), bytes: nil).bytes {
                try expect(!part.isEmpty && part.count <= 8 << 20, "a chunk has \(part.count) bytes")
                try expect(part[0] == chunk[Int(size % 1_000_000)], "at \(size)")
                size += Int64(part.count)
            }
            try expect(size == 50_000_000, "it has \(size) bytes")
            let range = try await store.readRange(path("big"), 24_999_998..<25_000_002)
            try expect(
                range == [chunk[999_998], chunk[999_999], chunk[0], chunk[1]], "the range is \(range)")
        },
        Claim("a file of this machine becomes an object") { store in
            guard let local = try await store.localPath(forWriting: path("_tarn/staging/r/in.parquet")) else {
                return
            }
            _ = try await store.put("_tarn/staging/r/in.parquet", "rows")
            _ = try await store.write(.file(local), to: path("silver/t/x.parquet"), .unconditionally)
            try expect(await store.text("silver/t/x.parquet") == "rows", "other bytes")
        },
    ]
}
