import ADLS
import Foundation
import Glibc
import Testing

@testable import StoreServer

@Suite struct `A list` {
    /// A path as the kernel has it. Two spellings of one letter are two names, which Swift's texts are not.
    private typealias Key = [UInt8]
    private static let slash = UInt8(ascii: "/")

    /// Paths of files with names that sort in odd ways, and of the folders that they are in.
    private static func makeTree(_ root: String, _ generator: inout some RandomNumberGenerator) throws
        -> (files: Set<Key>, folders: Set<Key>)
    {
        let names = ["a", "a-b", "a.c", "a b", "ab", "ü", "u\u{308}", "\u{301}x", "0", "A", "z"]
        var (files, folders): (Set<Key>, Set<Key>) = ([], [])
        for _ in 0..<60 {
            var path: Key = []
            for _ in 0..<Int.random(in: 0..<4, using: &generator) {
                path += Key((names.randomElement(using: &generator) ?? "a").utf8)
                mkdir("\(root)/lake/\(String(decoding: path, as: UTF8.self))", 0o700)
                path.append(slash)
                folders.insert(path)
            }
            // A file is never called like a folder.
            path += Key("\(names.randomElement(using: &generator) ?? "a").f".utf8)
            let file = open(
                "\(root)/lake/\(String(decoding: path, as: UTF8.self))", O_WRONLY | O_CREAT, 0o600)
            try #require(file >= 0)
            close(file)
            files.insert(path)
        }
        return (files, folders)
    }

    private static func sorted(_ keys: some Sequence<Key>) -> [Key] {
        keys.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The keys of all pages.
    private static func keys(_ folder: StoreFolder, _ listing: Listing) throws -> [Key] {
        var (keys, listing): ([Key], Listing) = ([], listing)
        while let page = try folder.list("lake", listing) {
            #expect(page.entries.count <= listing.entriesMax)
            keys += page.entries.map { Key($0.key.utf8) }
            guard let next = page.next else { break }
            listing.after = Continuation(token: Continuation(after: next).token)?.after
        }
        return keys
    }

    private static func withRoot(_ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "tarn-list-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: root + "/lake", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try body(root)
    }

    @Test(arguments: 0..<6) func `has every name once and in order, whatever the pages`(round: Int) throws {
        var generator = SystemRandomNumberGenerator()
        try Self.withRoot { root in
            let (files, folders) = try Self.makeTree(root, &generator)
            let folder = try StoreFolder(root: root)
            for count in [1, 2, 7, 1_000] {
                let all = Listing(
                    folder: "", isRecursive: true, showsFolders: true, entriesMax: count,
                    wantsProperties: false)
                #expect(try Self.keys(folder, all) == Self.sorted(files.union(folders)))
                var flat = all
                flat.showsFolders = false
                #expect(try Self.keys(folder, flat) == Self.sorted(files))
                var level = all
                level.isRecursive = false
                let top = files.union(folders).filter { !$0.dropLast().contains(Self.slash) }
                #expect(try Self.keys(folder, level) == Self.sorted(top))
                var prefixed = flat
                prefixed.namePrefix = "a"
                #expect(
                    try Self.keys(folder, prefixed)
                        == Self.sorted(files.filter { $0.first == UInt8(ascii: "a") }))
                var late = flat
                late.from = "a/"
                let rest = files.filter { !$0.lexicographicallyPrecedes(Key("a/".utf8)) }
                #expect(try Self.keys(folder, late) == Self.sorted(rest))
                for start in folders.prefix(5) {
                    var below = all
                    below.folder = String(decoding: start.dropLast(), as: UTF8.self)
                    let expected = files.union(folders).filter { $0.starts(with: start) && $0 != start }
                    #expect(try Self.keys(folder, below) == Self.sorted(expected))
                }
            }
            let none = Listing(
                folder: "none", isRecursive: true, showsFolders: true, entriesMax: 1, wantsProperties: false)
            #expect(try folder.list("lake", none)?.entries.count == nil)
        }
    }

    @Test func `of a large folder is read once, and again when the folder has changed`() throws {
        try Self.withRoot { root in
            let long = FolderReader.namesKeptMin + 100
            for index in 0..<long {
                close(open("\(root)/lake/f\(index)", O_WRONLY | O_CREAT, 0o600))
            }
            // As if nothing had happened there for a while.
            let past = timespec(tv_sec: 1_000_000_000, tv_nsec: 0)
            utimensat(AT_FDCWD, root + "/lake", [past, past], 0)
            let folder = try StoreFolder(root: root)
            let listing = Listing(
                folder: "", isRecursive: true, showsFolders: true, entriesMax: 500, wantsProperties: false)
            #expect(try Self.keys(folder, listing).count == long)
            // Gone without the folder's time telling: what was kept is asked for each name anyway.
            unlink("\(root)/lake/f7")
            utimensat(AT_FDCWD, root + "/lake", [past, past], 0)
            #expect(try Self.keys(folder, listing).count == long - 1)
            // A new name changes the folder's time.
            close(open("\(root)/lake/new", O_WRONLY | O_CREAT, 0o600))
            #expect(try Self.keys(folder, listing).count == long)
        }
    }
}
