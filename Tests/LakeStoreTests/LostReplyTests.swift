import ADLSClient
import LakeModel
import StoreServer
import Synchronization
import TarnTesting
import Testing

@testable import LakeStore

@Suite struct `The trail of an object's writes` {
    private let etags = (0..<60).map { ETag("0x\($0)") }

    @Test func `is read as it was written`() {
        var trail = WriteTrail("aa", isWhole: true)
        #expect(WriteTrail(text: trail.text) == trail)
        for number in 0..<3 { trail = .following(trail, at: etags[number], by: "id\(number)") }
        #expect(WriteTrail(text: trail.text) == trail)
        for text in ["", "whole", "other aa"] { #expect(WriteTrail(text: text) == nil) }
    }

    @Test func `tells of a write whether it was done, also when others followed`() {
        let first = WriteTrail("a", isWhole: true)
        #expect(first.verdict(on: "a", .ifAbsent, current: etags[0]) == .written(etags[0]))
        #expect(first.verdict(on: "b", .ifAbsent, current: etags[0]) == .notWritten)
        let third = WriteTrail.following(.following(first, at: etags[0], by: "b"), at: etags[1], by: "c")
        #expect(third.verdict(on: "a", .ifAbsent, current: etags[2]) == .written(etags[0]))
        #expect(third.verdict(on: "b", .ifMatches(etags[0]), current: etags[2]) == .written(etags[1]))
        #expect(third.verdict(on: "x", .ifMatches(etags[0]), current: etags[2]) == .notWritten)
        #expect(third.verdict(on: "x", .ifMatches(etags[9]), current: etags[2]) == .unknown)
    }

    @Test func `does not pretend to know what came before it`() {
        let blind = WriteTrail("a", isWhole: false)
        #expect(blind.verdict(on: "x", .ifAbsent, current: etags[0]) == .unknown)
        let over = WriteTrail.following(nil, at: etags[0], by: "b")
        #expect(over.verdict(on: "x", .ifAbsent, current: etags[1]) == .unknown)
        #expect(over.verdict(on: "x", .ifMatches(etags[0]), current: etags[1]) == .notWritten)
    }

    @Test func `stays short, and then is no longer whole`() {
        var trail = WriteTrail("a", isWhole: true)
        for number in 0..<50 { trail = .following(trail, at: etags[number], by: "id\(number)") }
        #expect(trail.entries.count == WriteTrail.entriesMax && !trail.isWhole)
        #expect(trail.verdict(on: "a", .ifAbsent, current: etags[50]) == .unknown)
    }
}

@Suite struct `An answer that is lost` {
    private let path = LakePath.root.appending("silver/t/_manifest.json")

    /// Lends a store whose first request of a kind meets `fault`.
    private func withFault(
        _ fault: FaultProxy.Fault, on isMeant: @escaping @Sendable (HTTPRequest) -> Bool,
        _ body: (_ store: ADLSStore, _ other: ADLSStore, _ proxy: FaultProxy) async throws -> Void
    ) async throws {
        let isLeft = Mutex(true)
        try await ServedFolder.with { served in
            try await FaultProxy.with(
                upstream: served.port,
                { request in
                    guard isMeant(request) else { return nil }
                    return isLeft.withLock { left in
                        defer { left = false }
                        return left ? fault : nil
                    }
                }
            ) { proxy in
                try await body(try served.store(port: proxy.port), try served.store(), proxy)
                #expect(proxy.faults == [fault: 1])
            }
        }
    }

    private static let isWrite: @Sendable (HTTPRequest) -> Bool = {
        $0.method == "PUT" && $0.headers["x-ms-blob-type"] != nil
    }

    @Test(arguments: [FaultProxy.Fault.replyLost, .truncated, .duplicated, .dropped])
    func `to a creation is found out`(fault: FaultProxy.Fault) async throws {
        try await withFault(fault, on: Self.isWrite) { store, other, _ in
            let outcome = try await store.write(.bytes([1]), to: path, .ifAbsent)
            let head = try #require(try await other.head(path))
            #expect(outcome == .written(head.etag))
            let again = try await store.write(.bytes([2]), to: path, .ifAbsent)
            #expect(again == .conditionFailed(current: head.etag))
        }
    }

    @Test(arguments: [FaultProxy.Fault.replyLost, .truncated, .duplicated, .dropped])
    func `to a replacement is found out`(fault: FaultProxy.Fault) async throws {
        try await withFault(fault, on: { Self.isWrite($0) && $0.headers["if-match"] != nil }) {
            store, other, _ in
            guard case .written(let first) = try await other.write(.bytes([1]), to: path, .ifAbsent) else {
                Issue.record("not created")
                return
            }
            let outcome = try await store.write(.bytes([2]), to: path, .ifMatches(first))
            #expect(outcome == .written(try #require(try await other.head(path)).etag))
            #expect(try await other.readAll(path, bytesMax: ByteCount(9)) == [2])
        }
    }

    @Test func `to a large write is found out`() async throws {
        try await withFault(.replyLost, on: { $0.target.contains("comp=blocklist") }) { store, other, _ in
            let bytes = [UInt8](repeating: 7, count: 9 << 20)
            let outcome = try await store.write(.bytes(bytes), to: path, .ifAbsent)
            #expect(outcome == .written(try #require(try await other.head(path)).etag))
            #expect(try await other.readAll(path, bytesMax: ByteCount(10 << 20)) == bytes)
        }
    }

    @Test func `to a rename is found out`() async throws {
        try await withFault(.replyLost, on: { $0.headers["x-ms-rename-source"] != nil }) { store, other, _ in
            let staged = LakePath.root.appending("_tarn/staging/x")
            _ = try await other.write(.bytes([1]), to: staged, .unconditionally)
            let outcome = try await store.rename(staged, to: path, .ifAbsent)
            #expect(outcome == .written(try #require(try await other.head(path)).etag))
            #expect(try await other.head(staged) == nil)
        }
    }

    @Test func `that nothing can tell about is an error that says so`() async throws {
        try await ServedFolder.with { served in
            let other = try served.store()
            let isLost = Mutex(false)
            try await FaultProxy.with(
                upstream: served.port,
                { request in
                    // From the write on, nothing comes back any more.
                    isLost.withLock { isLost in
                        if Self.isWrite(request) { isLost = true }
                        return isLost ? .replyLost : nil
                    }
                }
            ) { proxy in
                let store = try served.store(port: proxy.port)
                let error = await #expect(throws: OutcomeUnknown.self) {
                    _ = try await store.write(.bytes([1]), to: path, .ifAbsent)
                }
                #expect(error?.code == "store.outcome-unknown" && error?.isTransient == true)
            }
            #expect(try await other.head(path) != nil)
        }
    }
}
