import Foundation
import LakeModel
import Logging
import Metadata
import Orchestrator
import Project
import Testing

@Suite struct `The scheduler` {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func lake(_ triggers: String) throws -> LittleLake {
        try LittleLake([
            "schedules/all.yaml": triggers
        ])
    }

    /// As if the schedules had last been looked at three days ago.
    private func pretendDowntime(_ lake: Lake) async throws {
        let then = Lake.now() - .seconds(3 * 86_400)
        try await lake.metadata.commit([
            .triggersRemembered(
                lake.definition.schedules.map {
                    TriggerRecord(
                        TriggerID(.schedule, $0.name.text), timing: $0.timing, evaluatedThrough: then)
                })
        ])
    }

    /// Lets schedulers work until `isDone`, and ends them.
    private func working(
        _ schedulers: [Scheduler], until isDone: @escaping @Sendable () async throws -> Bool
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for scheduler in schedulers { group.addTask { await scheduler.run() } }
            let deadline = ContinuousClock.now + .seconds(60)
            while try await !isDone() {
                try #require(ContinuousClock.now < deadline, "it did not happen")
                try await Task.sleep(for: .milliseconds(20))
            }
            for scheduler in schedulers { await scheduler.end() }
            try await group.waitForAll()
        }
    }

    private func scheduler(_ lake: Lake, _ name: String) -> Scheduler {
        Scheduler(LakeHost(lake), id: WorkerID(name), log: Self.quiet)
    }

    @Test func `of several makes each firing one run, and the next one remembers`() async throws {
        let little = try lake(
            """
            schedules:
              latest: { cron: "0 2 * * *", run: silver.dim_customer, priority: 7, tags: [night] }
              all: { cron: "0 3 * * *", run: "layer:gold", catch_up: all, catch_up_max: 2 }
              none: { cron: "0 4 * * *", run: "layer:gold", catch_up: skip }
            """)
        let lake = try await little.open()
        try await pretendDowntime(lake)
        let other = try await little.open()
        try await working([scheduler(lake, "one"), scheduler(other, "two"), scheduler(other, "three")]) {
            try await lake.metadata.runs(RunFilter()).count >= 3
        }
        // One that comes later finds nothing to do.
        let third = try await little.open()
        let late = scheduler(third, "late")
        try await working([late]) { await late.isLeading }
        let runs = try await lake.metadata.runs(RunFilter())
        #expect(runs.map(\.selection).sorted() == ["layer:gold", "layer:gold", "silver.dim_customer"])
        #expect(runs.allSatisfy { $0.trigger == .schedule && $0.state == .queued && $0.process == nil })
        let night = try #require(runs.first { $0.selection == "silver.dim_customer" })
        #expect(night.priority == 7 && night.tags == ["night"])
        let records = try await lake.metadata.triggers()
        let byName = Dictionary(uniqueKeysWithValues: records.map { ($0.trigger.name, $0) })
        #expect(byName["latest"]?.lastRun == night.id)
        #expect(byName["latest"]?.remark?.contains("only the latest is caught up with") == true)
        #expect(byName["none"]?.lastRun == nil && byName["none"]?.remark?.contains("skip") == true)
    }

    @Test func `does chores, and says what came of them`() async throws {
        let little = try lake("schedules: { tidy: { cron: \"@daily\", do: [housekeeping, reconcile] } }")
        let lake = try await little.open()
        try await little.run("layer:bronze")
        try await pretendDowntime(lake)
        try await working([scheduler(lake, "one")]) {
            try await lake.metadata.triggers().first?.lastFiredAt != nil
        }
        let record = try #require(try await lake.metadata.triggers().first)
        #expect(
            record.remark
                == "housekeeping: 0 leftovers, 0 old runs removed; reconcile: 3 tables, 0 beyond tolerance, 0 unknown"
        )
        #expect(record.pending.isEmpty)
        #expect(try await lake.metadata.latestReconciliations().count == 3)
    }

    @Test func `looks at a page, and starts when it has changed`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tarn-page-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appending(path: "list.csv")
        try Data("a".utf8).write(to: page)
        let server = Process()
        let said = folder.appending(path: "port")
        server.executableURL = URL(filePath: "/usr/bin/env")
        server.arguments = [
            "python3", "-c",
            """
            import http.server, functools, sys
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
            server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
            open(sys.argv[2], 'w').write(str(server.server_address[1]) + '\\n')
            server.serve_forever()
            """, folder.path, said.path,
        ]
        // Whoever holds the output of the tests keeps them from ending.
        (server.standardOutput, server.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try server.run()
        // Other signals may be blocked, and are then blocked in programs that are started as well.
        defer { kill(server.processIdentifier, SIGKILL) }
        var port = ""
        while !port.hasSuffix("\n") {
            port = (try? String(contentsOf: said, encoding: .utf8)) ?? ""
            try await Task.sleep(for: .milliseconds(20))
        }
        let little = try lake(
            """
            sensors:
              page:
                http: { url: "http://127.0.0.1:\(port.dropLast())/list.csv" }
                interval: 1s
                run: "layer:bronze"
              gone: { http: { url: "http://127.0.0.1:\(port.dropLast())/gone" }, interval: 1s, run: "layer:gold" }
            """)
        let lake = try await little.open()
        let one = scheduler(lake, "one")
        try await working([one]) {
            let records = try await lake.metadata.triggers()
            let page = records.first { $0.trigger.name == "page" }
            if page?.cursor != nil, page?.cursor?.firings == 0 {
                try Data("another page".utf8).write(to: folder.appending(path: "list.csv"))
            }
            return page?.lastRun != nil
        }
        let runs = try await lake.metadata.runs(RunFilter())
        #expect(runs.count == 1 && runs[0].trigger == .sensor && runs[0].selection == "layer:bronze")
        let gone = try await lake.metadata.triggers().first { $0.trigger.name == "gone" }
        #expect(gone?.remark == "the page answers 404 instead of 200")
    }
}
