import Foundation
import LakeModel
import Metadata
import Orchestrator
import Project
import ServiceLifecycle
import Testing

@testable import Gateway

/// One Server-Sent Event.
struct Message: Equatable {
    var id: String?
    var event = ""
    var data = ""
}

extension Connection {
    /// Asks for a stream, and reads its head.
    func open(_ path: String, after id: String? = nil) async throws -> Int {
        try await send(Served.request("GET", path, headers: id.map { ["Last-Event-ID": $0] } ?? [:]))
        let head = try await text(upTo: "\r\n\r\n")
        return Int(head.split(separator: " ")[1]) ?? 0
    }

    /// The next event; comments and settings are passed over. `nil` at the end.
    func message(orComment: Bool = false) async throws -> Message? {
        while true {
            let chunk = String(decoding: try await nextChunk(), as: UTF8.self)
            if chunk.isEmpty { return nil }
            if chunk.hasPrefix(":"), orComment {
                return Message(event: chunk.trimmingCharacters(in: .newlines))
            }
            if chunk.hasPrefix(":") || chunk.hasPrefix("retry:") { continue }
            var message = Message()
            for line in chunk.split(separator: "\n") {
                if line.hasPrefix("id: ") { message.id = String(line.dropFirst(4)) }
                if line.hasPrefix("event: ") { message.event = String(line.dropFirst(7)) }
                if line.hasPrefix("data: ") { message.data = String(line.dropFirst(6)) }
            }
            return message
        }
    }

    func messages() async throws -> [Message] {
        var all: [Message] = []
        while let one = try await message() { all.append(one) }
        return all
    }
}

extension Message {
    var json: JSON { get throws { try JSONDecoder().decode(JSON.self, from: Data(data.utf8)) } }
}

@Suite struct `A stream of events` {
    @Test func `of a run tells all from the beginning, as it happens, and ends with the run`() async throws {
        try await withGateway { served in
            let run = try await served.launch()
            let early = try served.connect()
            #expect(try await early.open("/api/v1/runs/\(run)/events/stream") == 200)
            #expect(try await early.message()?.event == "run_created")
            async let rest = early.messages()
            try await served.work()
            let late = try served.connect()
            _ = try await late.open("/api/v1/runs/\(run)/events/stream")
            let stored = try await late.messages()
            let live = try await rest
            #expect(live == Array(stored.dropFirst()))
            #expect(stored.dropLast().compactMap(\.id) == (1..<stored.count).map(String.init))
            let events = try await served.lake.metadata.events(
                of: try #require(RunID(run)), after: 0, limit: 1_000)
            #expect(stored.dropLast().map(\.event) == events.map(\.draft.kind.rawValue))
            #expect(stored.last?.event == "end")
            #expect(try stored.last?.json.at("state") == "succeeded")
            // Who was cut off goes on where he was; who has all is told that by 204.
            let resumed = try served.connect()
            _ = try await resumed.open("/api/v1/runs/\(run)/events/stream", after: "3")
            #expect(try await resumed.messages() == Array(stored.dropFirst(3)))
            let again = try served.connect()
            #expect(
                try await again.open("/api/v1/runs/\(run)/events/stream", after: "\(events.count)") == 204)
            let wrong = try await served.ask(
                "GET", "/api/v1/runs/\(run)/events/stream", headers: ["Last-Event-ID": "x-1"])
            #expect(wrong.status == 400)
        }
    }

    @Test func `of all runs goes on after the last event that was read, without loss or doubles`()
        async throws
    {
        try await withGateway { served in
            let whole = try served.connect()
            _ = try await whole.open("/api/v1/events")
            #expect(try await whole.message(orComment: true)?.event == ": ready")
            let cut = try served.connect()
            _ = try await cut.open("/api/v1/events")
            #expect(try await cut.message(orComment: true)?.event == ": ready")
            var (all, mine): ([Message], [Message]) = ([], [])
            for round in 0..<6 {
                let run = try await served.launch(#"{"selection": "*"}"#)
                if round % 2 == 0 { _ = try await served.ask("POST", "/api/v1/runs/\(run)/cancel") }
            }
            // Of each run: created; of half of them: cancel requested, three steps cancelled, finished.
            while all.count < 21 { all.append(try #require(try await whole.message())) }
            while mine.count < 5 { mine.append(try #require(try await cut.message())) }
            let resumed = try served.connect()
            _ = try await resumed.open("/api/v1/events", after: mine.last?.id)
            while mine.count < 21 { mine.append(try #require(try await resumed.message())) }
            #expect(mine == all)
            #expect(Set(all.compactMap(\.id)).count == 21)
            for unknown in ["x-1", "\(all[0].id ?? "")9999", "é", "-1"] {
                let stranger = try served.connect()
                _ = try await stranger.open("/api/v1/events", after: unknown)
                #expect(try await stranger.message()?.event == "gap", "\(unknown)")
            }
        }
    }

    @Test func `goes on after nobody has read for a while`() async throws {
        try await withGateway { served in
            var reader: Connection? = try served.connect()
            _ = try await reader?.open("/api/v1/events")
            _ = try await reader?.message(orComment: true)
            try await served.launch()
            let last = try #require(try await reader?.message()?.id)
            reader = nil
            // Nobody asks the metadata now, and things happen.
            while try await !served.ask("GET", "/metrics").text.contains("tarn_event_streams 0") {}
            let missed = try await served.launch()
            let back = try served.connect()
            _ = try await back.open("/api/v1/events", after: last)
            let next = try #require(try await back.message())
            #expect(next.event == "run_created")
            #expect(try next.json.at("run") == missed)
        }
    }

    @Test func `shows signs of life, and ends with the service`() async throws {
        try await withGateway(options: { $0.heartbeat = .milliseconds(300) }) { served in
            let run = try await served.launch()
            let one = try served.connect()
            _ = try await one.open("/api/v1/runs/\(run)/events/stream")
            _ = try await one.message()
            #expect(try await one.message(orComment: true)?.event == ": alive")
            let all = try served.connect()
            _ = try await all.open("/api/v1/events")
            _ = try await all.message(orComment: true)
            let began = ContinuousClock.now
            await served.group.triggerGracefulShutdown()
            for connection in [one, all] {
                var last: Message?
                while let message = try await connection.message() { last = message }
                #expect(last?.event == "bye")
            }
            #expect(ContinuousClock.now - began < .seconds(5))
        }
    }

    @Test func `is ended for who does not read, and he loses nothing when he comes again`() async throws {
        try await withGateway(options: { $0.eventsBehindMax = 10 }) { served in
            let run = RunID(at: Lake.now(), random: 1)
            _ = try await served.lake.metadata.createRun(
                NewRun(id: run, selection: "*", trigger: .manual, createdAt: Lake.now()),
                steps: [PlannedStep(StepID(run: run, asset: try #require(AssetKey("gold.names"))))])
            let slow = try Connection(port: served.port, receiveBuffer: 2_048)
            _ = try await slow.open("/api/v1/runs/\(run)/events/stream")
            var ids = [try await slow.message()?.id]
            let text = String(repeating: "x", count: 1_900)
            for _ in 0..<45 {
                try await served.lake.metadata.append(
                    (0..<200).map { _ in RunEvent.Draft(run: run, at: Lake.now(), kind: .note, text: text) })
            }
            while try await !served.ask("GET", "/metrics").text.contains("tarn_event_streams 0\n") {}
            // What was sent before comes, then the reason, then the end.
            var last = Message()
            while let message = try await slow.message() {
                last = message
                if message.id != nil { ids.append(message.id) }
            }
            #expect(last.event == "dropped")
            #expect(ids.count < 9_000)
            _ = try await served.ask("POST", "/api/v1/runs/\(run)/cancel")
            let back = try served.connect()
            _ = try await back.open("/api/v1/runs/\(run)/events/stream", after: ids.last ?? nil)
            let rest = try await back.messages()
            #expect(rest.last?.event == "end")
            ids += rest.dropLast().map(\.id)
            // Created, 9000 notes, cancel requested, the step cancelled, finished.
            #expect(ids == (1...9_004).map { "\($0)" })
        }
    }

    @Test func `is refused to too many readers`() async throws {
        try await withGateway(options: { $0.streamsMax = 2 }) { served in
            let readers = try (0..<2).map { _ in try served.connect() }
            for reader in readers { #expect(try await reader.open("/api/v1/events") == 200) }
            let refused = try await served.ask("GET", "/api/v1/events")
            #expect(refused.status == 503)
            #expect(try refused.json.at("code") == "gateway.too-many-streams")
            withExtendedLifetime(readers) {}
        }
    }
}
