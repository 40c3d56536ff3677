import Foundation
import Glibc
import TarnTesting
import Testing

extension SystemTests {
    /// What was read of a folder becomes known in the very act in which its rows become visible.
    @Suite struct `A run over files, killed at any moment` {
        @Test func `has every row of every newest version once`() async throws {
            let given = ProcessInfo.processInfo.environment["TARN_TEST_SEED"].flatMap { UInt64($0) }
            let seed = given ?? UInt64.random(in: 0...999_999)
            print("kills over files: TARN_TEST_SEED=\(seed)")
            var lot = SeededGenerator(seed: seed)
            try await Lake.inEmptyFolder { lake in
                try await lake.succeeds("init", lake.folder)
                try lake.write(
                    """
                    name: little
                    store: lake
                    environments:
                      local:
                        connections:
                          landing: { kind: files, folder: landing }

                    """, to: "lake.yaml")
                try lake.write(
                    "connection: landing\ntables:\n  event: { files: '**/*.csv', settle: 0s }\n",
                    to: "sources/crm.yaml")
                var versions: [String: Int] = [:]
                /// Writes a new version of a file as its owner would, who does it in one stroke.
                func write(_ name: String) throws {
                    let version = (versions[name] ?? 0) + 1
                    versions[name] = version
                    let rows = (0..<10_000).map { "\(name),\(version),\($0)\n" }.joined()
                    try lake.write("name,version,row\n\(rows)", to: "tmp")
                    _ = try? FileManager.default.createDirectory(
                        atPath: lake.path("landing"), withIntermediateDirectories: true)
                    try #require(rename(lake.path("tmp"), lake.path("landing/\(name).csv")) == 0)
                }
                for number in 0..<12 { try write("f\(number)") }
                let night = try await lake.succeeds("run").seconds
                var kills = 0
                for attempt in 0..<60 where kills < 15 {
                    try write("f\(Int.random(in: 0..<12, using: &lot))")
                    try write("n\(attempt)")
                    let program = try lake.start(["run"] + (attempt % 2 == 0 ? [] : ["--full-refresh"]))
                    try await pass(seconds: Double.random(in: 0...night, using: &lot))
                    program.send(SIGKILL)
                    if try await program.end().code == 128 + SIGKILL { kills += 1 }
                }
                #expect(kills == 15, "seed \(seed)")
                let last = try await lake.tarn("run")
                #expect(last.code == 0, "seed \(seed): \(last.all)")
                let found = try await lake.rows(
                    """
                    SELECT name || ' ' || min(version) || ' ' || max(version) || ' ' || count(*) || ' ' || \
                    count(DISTINCT row) FROM bronze_crm.event GROUP BY name ORDER BY name
                    """)
                #expect(
                    found == versions.sorted { $0.key < $1.key }.map { "\($0) \($1) \($1) 10000 10000" },
                    "seed \(seed)")
                try await lake.expectStoreIsClean()
                #expect(try await lake.tarn("reconcile").code == 0, "seed \(seed)")
                let nothing = try await lake.succeeds("run")
                #expect(nothing.all.contains("1 asset skipped"), "seed \(seed): \(nothing.all)")
            }
        }
    }
}
