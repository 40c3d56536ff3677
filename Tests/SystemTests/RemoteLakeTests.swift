import Foundation
import Testing

extension SystemTests {
    /// The whole of Tarn on a store that speaks ADLS Gen2.
    @Suite struct `A lake in ADLS` {
        @Test func `has the rows of a lake on disk, night after night`() async throws {
            try await Lake.telecom { lake in
                try await lake.inServedStore { lake in
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
                }
                // The same files are a lake on this machine.
                let rows = try await lake.refinedRows()
                try lake.edit("lake.yaml", "url: \"adls://lake@acct\"", "url: lake")
                try lake.write(
                    try lake.text("lake.yaml").replacing(#/store: .*/#, with: "store: ./lake"), to: "lake.yaml")
                #expect(try await lake.refinedRows() == rows)
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
