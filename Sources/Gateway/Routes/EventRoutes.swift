internal import HTTPTypes
internal import LakeModel
internal import Metadata
internal import NIOCore
internal import Orchestrator

extension Route {
    static let runEvents: [Route] = [
        Route(
            method: .get, path: "/api/v1/runs/{run}/events", name: "listEvents", group: "events",
            summary: "What happened in a run, in order.",
            parameters: [
                .run,
                Parameter(
                    name: "after", schema: .integer(in: 0...Int64.max),
                    doc: "Only events with a greater number. Default: 0."),
                .limit(default: 100, max: 1_000),
            ],
            answers: [AnswerForm(status: 200, doc: "The events.", schema: .named(EventPageJSON.self))],
            problems: [400, 404]
        ) { try await $0.listEvents() },
        Route(
            method: .get, path: "/api/v1/runs/{run}/logs", name: "showLogs", group: "events",
            summary: "What happened in a run, as lines of text.",
            parameters: [
                .run, Parameter(name: "asset", schema: .text(), doc: "Only what is about this asset."),
            ],
            answers: [
                AnswerForm(status: 200, doc: "The lines.", mediaType: "text/plain", schema: .text())
            ], problems: [400, 404]
        ) { try await $0.logs() },
        Route(
            method: .get, path: "/api/v1/runs/{run}/events/stream", name: "streamRun", group: "events",
            summary: "What happens in a run, from its beginning until it is over, as Server-Sent Events.",
            parameters: [
                .run, .lastEventID,
                Parameter(
                    name: "after", schema: .integer(in: 0...Int64.max),
                    doc: "Only events with a greater number; Last-Event-ID goes before it."),
            ],
            answers: [
                AnswerForm(
                    status: 200, doc: "The events, and 'end' with the run's state.",
                    mediaType: "text/event-stream", schema: .text()),
                AnswerForm(status: 204, doc: "The run is over, and the reader has everything.", schema: nil),
            ], problems: [400, 404]
        ) { try await $0.streamRun() },
        Route(
            method: .get, path: "/api/v1/events", name: "streamEvents", group: "events",
            summary: "What happens in all runs from now on, as Server-Sent Events.",
            parameters: [.lastEventID],
            answers: [
                AnswerForm(
                    status: 200, doc: "The events.", mediaType: "text/event-stream", schema: .text())
            ], problems: [400]
        ) { exchange in
            var query = exchange.query
            try query.finish()
            _ = try exchange.context.lake()
            let feed = exchange.context.feed
            guard let subscription = feed.subscribe(after: exchange.headers[.lastEventID]) else {
                throw Exchange.tooManyStreams
            }
            return .stream(
                LiveStream(
                    subscription: subscription, feed: feed, kind: .all(isComplete: subscription.isComplete)))
        },
    ]
}

struct EventPageJSON: Described {
    let events: [EventJSON]
    /// The number of the last event: ask for what comes after it.
    let lastNumber: Int64
    let state: String

    static let schemaName = "EventPage"
    static let schema = Schema.object(
        "",
        [
            "events": .list(of: .named(EventJSON.self)),
            "last_number": .integer("The number of the last event here: ask with it as 'after' for more."),
            "state": .choice(of: RunState.self, "Of the run: while it is not over, more will come."),
        ])
}

extension HTTPField.Name {
    static var lastEventID: HTTPField.Name? { HTTPField.Name("Last-Event-ID") }
}

extension HTTPFields {
    fileprivate subscript(name: HTTPField.Name?) -> String? { name.flatMap { self[$0] } }
}

extension Exchange {
    fileprivate static let tooManyStreams = Refusal(
        .serviceUnavailable, code: "gateway.too-many-streams",
        "No more streams of events can be served now.",
        remedy: "Come again later, or ask for events without a stream.")

    fileprivate func listEvents() async throws -> Answer {
        var query = query
        let after = query.integer("after", in: 0...Int64.max) ?? 0
        let limit = query.integer("limit", in: 1...1_000) ?? 100
        try query.finish()
        let (metadata, run) = (try context.lake().metadata, try runID())
        // Before the events: a run that was over then has no more of them.
        let pulse = try await metadata.pulse(of: run)
        let events = try await metadata.events(of: run, after: after, limit: Int(limit))
        return try .json(
            EventPageJSON(
                events: events.map(EventJSON.init), lastNumber: events.last?.sequence ?? after,
                state: pulse.state.rawValue))
    }

    fileprivate func logs() async throws -> Answer {
        var query = query
        let asset = query.asset("asset")
        try query.finish()
        let (metadata, run) = (try context.lake().metadata, try runID())
        let end = try await metadata.pulse(of: run).newestEvent
        var (text, last) = ("", Int64(0))
        while last < end {
            let events = try await metadata.events(of: run, after: last, limit: 1_000)
            for event in events where asset == nil || event.draft.asset == asset {
                text += Self.line(event.draft)
            }
            last = events.last?.sequence ?? end
        }
        return .text(text)
    }

    private static func line(_ event: RunEvent.Draft) -> String {
        let about = event.asset.map { asset in event.partition.map { "\(asset) of \($0)" } ?? "\(asset)" }
        let parts = [about ?? "", event.text].filter { !$0.isEmpty }.joined(separator: ": ")
        // One event is one line, whatever it tells.
        let shown = parts.map { $0.isNewline ? " " : $0 }
        return "\(event.at)  \(event.kind.rawValue)  \(String(shown))\n"
    }

    fileprivate func streamRun() async throws -> Answer {
        var query = query
        var after = query.integer("after", in: 0...Int64.max) ?? 0
        try query.finish()
        let id = headers[.lastEventID]
        if let id {
            guard let number = Int64(id), number >= 0 else {
                throw Refusal(
                    .badRequest, code: "gateway.bad-event-id",
                    "The Last-Event-ID is not that of an event of a run.",
                    remedy: "Send the id that came with the last event, or none.")
            }
            after = number
        }
        let (metadata, run) = (try context.lake().metadata, try runID())
        let pulse = try await metadata.pulse(of: run)
        if id != nil, pulse.state.isFinal, after >= pulse.newestEvent {
            var answer = Answer.text("")
            answer.status = .noContent
            return answer
        }
        guard let subscription = context.feed.subscribe(to: run) else { throw Self.tooManyStreams }
        return .stream(
            LiveStream(
                subscription: subscription, feed: context.feed,
                kind: .run(run, after: after, metadata: metadata)))
    }
}
