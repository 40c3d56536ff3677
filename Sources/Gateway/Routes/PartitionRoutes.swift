internal import HTTPTypes
internal import LakeModel
internal import Orchestrator
internal import Transform

extension Route {
    static let partitions: [Route] = [
        Route(
            method: .get, path: "/api/v1/assets/{asset}/partitions", name: "listPartitions", group: "assets",
            summary: "The partitions of a table, and what each is, in ranges.", parameters: [.asset],
            answers: [
                AnswerForm(
                    status: 200, doc: "The partitions; none of a table that is not divided.",
                    schema: .named(PartitionsJSON.self))
            ], problems: [404]
        ) { exchange in
            let (lake, key) = try exchange.asset()
            guard lake.graph.partitions.scheme(of: key).isPartitioned else {
                return try .json(PartitionsJSON(asset: key.description, scheme: nil, counts: [:], parts: []))
            }
            let report = try await lake.partitionStatuses(of: key, at: Lake.now())
            let summary = report.statuses.summary
            return try .json(
                PartitionsJSON(
                    asset: key.description, scheme: report.scheme.description,
                    counts: Dictionary(
                        uniqueKeysWithValues: summary.counts.map { ($0.key.rawValue, $0.value) }),
                    parts: summary.parts.map {
                        .init(partitions: $0.selection, status: $0.kind.rawValue, count: $0.count)
                    }))
        }
    ]
}

struct PartitionsJSON: Described {
    let asset: String
    let scheme: String?
    /// How many are in each status.
    let counts: [String: Int]
    let parts: [Part]

    struct Part: Encodable, Sendable {
        let partitions: String
        let status: String
        let count: Int
    }

    static let schemaName = "Partitions"
    static let schema = Schema.object(
        "The partitions of an asset.",
        [
            "asset": .text(), "counts": .map(to: .integer(), "How many are in each status."),
            "parts": .list(
                of: .object([
                    "partitions": .text("As after --partition."), "count": .integer(),
                    "status": .choice(of: PartitionStatus.Kind.self),
                ])),
        ], optional: ["scheme": .text("How it is divided; missing if it is not.")])
}
