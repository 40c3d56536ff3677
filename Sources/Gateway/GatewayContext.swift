internal import HTTPTypes
internal import LakeModel
internal import Logging
internal import Orchestrator

/// What all requests share.
struct GatewayContext: Sendable {
    let options: GatewayOptions
    let host: any GatewayHost
    let feed: EventFeed
    let figures: FigureCache
    let meter: RequestMeter
    let logger: Logger

    /// The lake that is open now.
    func lake() throws -> Lake {
        guard let lake = host.lake else {
            throw Refusal(
                .serviceUnavailable, code: "gateway.not-ready", "The lake is not open yet.",
                remedy: "Ask GET /health/ready until it answers 200.")
        }
        return lake
    }

    /// The same for who starts something.
    func lakeForWork() throws -> Lake {
        if case .draining = host.condition.phase {
            throw Refusal(
                .serviceUnavailable, code: "gateway.draining",
                "This service is about to end, and starts nothing.",
                remedy: "Ask another node, or again when it is back.")
        }
        return try lake()
    }
}
