internal import HTTPTypes

/// Everything that the gateway answers.
extension RouteTable {
    static let all = RouteTable(
        Route.health + Route.status + Route.runs + Route.launching + Route.runEvents + Route.assets
            + Route.partitions + Route.triggers + Route.backfills + Route.document)
}

extension Route.Parameter {
    static let run = Route.Parameter(
        name: "run", place: .path, schema: .text(), doc: "A run's id.", isRequired: true)
    static let asset = Route.Parameter(
        name: "asset", place: .path, schema: .text(), doc: "An asset's name, such as silver.fact_invoice.",
        isRequired: true)
    static let schedule = Route.Parameter(
        name: "schedule", place: .path, schema: .text(), doc: "A schedule's name.", isRequired: true)
    static let sensor = Route.Parameter(
        name: "sensor", place: .path, schema: .text(), doc: "A sensor's name.", isRequired: true)
    static let lastEventID = Route.Parameter(
        name: "Last-Event-ID", place: .header, schema: .text(),
        doc: "The id of the last event that was received: the stream goes on after it.")

    static func limit(default count: Int64, max: Int64) -> Route.Parameter {
        Route.Parameter(
            name: "limit", schema: .integer(in: 1...max), doc: "How many at most. Default: \(count).")
    }
}
