internal import FoundationEssentials
internal import LakeModel
internal import Metadata
internal import NIOCore

/// Events that are sent as they happen, as Server-Sent Events.
struct LiveStream: Sendable {
    let subscription: EventFeed.Subscription
    let feed: EventFeed
    let kind: Kind

    enum Kind: Sendable {
        /// Of all runs. Whether the reader misses nothing that came after what it had.
        case all(isComplete: Bool)
        /// Of one run, after the event with this number.
        case run(RunID, after: Int64, metadata: any MetadataStore)
    }

    /// Sends until the run is over, the reader is gone or too slow, or the service ends.
    @concurrent func send(to write: @concurrent (ByteBuffer) async throws -> Void) async throws {
        defer { subscription.end() }
        try await write(ByteBuffer(string: "retry: 2000\n\n"))
        switch kind {
        case .all(let isComplete):
            if !isComplete {
                try await write(
                    Self.message(
                        "gap",
                        GapJSON(
                            reason: "What came after the last event that you have is not known any more. "
                                + "See the runs: GET /api/v1/runs")))
            }
            for await item in subscription.items {
                switch item {
                case .ready: try await write(ByteBuffer(string: ": ready\n\n"))
                case .heartbeat: try await write(ByteBuffer(string: ": alive\n\n"))
                case .event(let event, let number):
                    try await write(
                        Self.message(event.draft.kind.rawValue, EventJSON(event), id: feed.id(number)))
                case .ended: break
                }
            }
        case .run(let run, let after, let metadata):
            if try await send(run, after: after, metadata, write) { return }
        }
        try await sayGoodbye(write)
    }

    /// - Returns: Whether the run is over.
    @concurrent private func send(
        _ run: RunID, after: Int64, _ metadata: any MetadataStore,
        _ write: @concurrent (ByteBuffer) async throws -> Void
    ) async throws -> Bool {
        var last = after
        @concurrent func sendStored(upTo end: Int64) async throws {
            while last < end {
                let events = try await metadata.events(of: run, after: last, limit: 500)
                for event in events {
                    try await write(
                        Self.message(event.draft.kind.rawValue, EventJSON(event), id: "\(event.sequence)"))
                }
                last = events.last?.sequence ?? end
            }
        }
        // Before the events: what comes after it is told by the feed.
        let pulse = try await metadata.pulse(of: run)
        try await sendStored(upTo: pulse.newestEvent)
        var end = pulse.state.isFinal ? pulse.state : nil
        if end == nil {
            for await item in subscription.items {
                switch item {
                case .ready: break
                case .heartbeat: try await write(ByteBuffer(string: ": alive\n\n"))
                case .event(let event, _):
                    guard event.sequence > last else { continue }
                    try await sendStored(upTo: event.sequence - 1)
                    try await write(
                        Self.message(event.draft.kind.rawValue, EventJSON(event), id: "\(event.sequence)"))
                    last = event.sequence
                case .ended(let state):
                    try await sendStored(upTo: try await metadata.pulse(of: run).newestEvent)
                    end = state
                }
                if end != nil { break }
            }
        }
        guard let end else { return false }
        try await write(Self.message("end", EndJSON(run: run.text, state: end.rawValue)))
        return true
    }

    @concurrent private func sayGoodbye(_ write: @concurrent (ByteBuffer) async throws -> Void) async throws {
        switch subscription.end() {
        case .behind:
            try await write(
                Self.message(
                    "dropped",
                    GapJSON(
                        reason: "You read too slowly. Come again with Last-Event-ID, and nothing is lost.")))
        case .closed:
            try await write(
                Self.message(
                    "bye", GapJSON(reason: "The service is about to end. Come again with Last-Event-ID.")))
        case .left: break
        }
    }

    private static func message(_ event: String, _ data: some Encodable, id: String? = nil) throws
        -> ByteBuffer
    {
        var buffer = ByteBuffer()
        if let id { buffer.writeString("id: \(id)\n") }
        buffer.writeString("event: \(event)\ndata: ")
        // JSON in one line: no text of anybody's can end the event.
        var json = try Answer.encoded(data)
        buffer.writeBuffer(&json)
        buffer.writeString("\n\n")
        return buffer
    }
}

/// One thing that happened.
struct EventJSON: Described {
    let run: String
    let number: Int64
    let at: String
    let kind: String
    let asset: String?
    let partition: String?
    let text: String

    static let schemaName = "Event"
    static let schema = Schema.object(
        "One thing that happened in a run.",
        [
            "run": .text(), "number": .integer("Counts the events of a run from 1."), "at": .instant(),
            "kind": .choice(of: RunEvent.Kind.self), "text": .text(),
        ], optional: ["asset": .text(), "partition": .text()])

    init(_ event: RunEvent) {
        run = event.draft.run.text
        number = event.sequence
        at = event.draft.at.description
        kind = event.draft.kind.rawValue
        asset = event.draft.asset?.description
        partition = event.draft.partition?.text
        text = event.draft.text
    }
}

private struct GapJSON: Encodable {
    let reason: String
}

private struct EndJSON: Encodable {
    let run: String
    let state: String
}
