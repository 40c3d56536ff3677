import Foundation
import TarnTesting
import Testing

extension SystemTests {
    /// The whole of Tarn on a store that speaks ADLS Gen2.
    @Suite struct `A lake in ADLS` {
        @Test func `has the rows of a lake on disk, night after night`() async throws {
            try await Lake.telecom { lake in
                let rows = try await lake.inServedStore { lake in
                    try lake.live(in: Lake.yesterday)
                    try await lake.succeeds("run")
                    try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                    try await lake.expectStoreIsClean()
                    let sealed = try lake.bytes(below: "lake/bronze")
                    let again = try await lake.succeeds("run")
                    #expect(again.all.contains(" steps skipped: nothing that they are made from has changed"))
                    try lake.live(in: Lake.today)
                    try await lake.succeeds(
                        "demo", "generate", "--scale", "0.0005", "--advance-days", "1")
                    try await lake.succeeds("run")
                    try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                    try await lake.expectStoreIsClean()
                    #expect(try lake.bytes(below: "lake/bronze") { sealed[$0] != nil } == sealed)
                    for record in try await lake.succeeds("reconcile", "--json").json().list() {
                        #expect(try record.text("verdict") == "passed")
                    }
                    // Nothing of it is in the folder of the lake but what can be had again.
                    let rows = try await lake.refinedRows()
                    #expect(rows.count == 33)
                    try FileManager.default.removeItem(atPath: lake.path(".tarn"))
                    #expect(try await lake.refinedRows() == rows)
                    return rows
                }
                // The same files are a lake on this machine.
                try lake.write(
                    try lake.text("lake.yaml").replacing(#/store: .*/#, with: "store: ./lake"),
                    to: "lake.yaml")
                #expect(try await lake.refinedRows() == rows)
            }
        }

        /// Requests are dropped, answers lost or cut off, 503 come, requests come twice: one in twenty.
        @Test func `loses nothing and doubles nothing over a line that fails`() async throws {
            let given = ProcessInfo.processInfo.environment["TARN_TEST_SEED"].flatMap { UInt64($0) }
            let seed = given ?? UInt64.random(in: 0...999_999)
            print("a line that fails: TARN_TEST_SEED=\(seed)")
            try await Lake.telecom { lake in
                try await lake.inServedStore { lake in
                    let served = try #require(
                        try lake.text("lake.yaml").firstMatch(of: #/http:\/\/127\.0\.0\.1:([0-9]+)\//#))
                    let port = try #require(Int(served.1))
                    try await FaultProxy.with(upstream: port, rate: 0.05, seed: seed) { proxy in
                        try lake.edit("lake.yaml", "127.0.0.1:\(port)", "127.0.0.1:\(proxy.port)")
                        try lake.live(in: Lake.yesterday)
                        let first = try await lake.tarn("run")
                        #expect(first.code == 0, "seed \(seed): \(first.all)")
                        try lake.live(in: Lake.today)
                        try await lake.succeeds(
                            "demo", "generate", "--scale", "0.0005", "--advance-days", "1")
                        let second = try await lake.tarn("run")
                        #expect(second.code == 0, "seed \(seed): \(second.all)")
                        #expect(proxy.faults.count == FaultProxy.Fault.allCases.count, "seed \(seed)")
                        print("a line that fails: \(proxy.requests) requests, \(proxy.faults)")
                        try lake.edit("lake.yaml", "127.0.0.1:\(proxy.port)", "127.0.0.1:\(port)")
                    }
                    try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                    try await lake.expectStoreIsClean()
                    for record in try await lake.succeeds("reconcile", "--json").json().list() {
                        #expect(try record.text("verdict") == "passed", "seed \(seed)")
                    }
                    let rows = try await lake.refinedRows()
                    try await lake.succeeds("run", "--full-refresh")
                    #expect(try await lake.refinedRows() == rows, "seed \(seed)")
                }
            }
        }

        @Test func `that does not answer says so, and where it should be`() async throws {
            try await Lake.telecom(scale: nil) { lake in
                try await lake.inServedStore { lake in
                    try lake.edit("lake.yaml", "adls://lake@acct", "adls://nothing@acct")
                    let missing = try await lake.tarn("run")
                    #expect(missing.code == 1)
                    #expect(missing.errors.contains("store.filesystem-missing"), "\(missing.all)")
                }
                let gone = try await lake.tarn("run")
                #expect(gone.code == 1)
                #expect(gone.errors.contains("store.unreachable"), "\(gone.all)")
            }
        }
    }
}
