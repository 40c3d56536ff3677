internal import HTTPTypes
internal import LakeModel
internal import LakeSQL
internal import Metadata
internal import Orchestrator
internal import Project
internal import Transform

extension Route {
    static let assets: [Route] = [
        Route(
            method: .get, path: "/api/v1/assets", name: "listAssets", group: "assets",
            summary: "Tables of the lake, each after what it is made from.",
            parameters: [
                Parameter(
                    name: "selection", schema: .text(),
                    doc: "Only these, as on the command line. Default: all."),
                .limit(default: 100, max: 1_000),
                Parameter(
                    name: "cursor", schema: .text(),
                    doc: "next_cursor of the page before: gives the next one."),
            ],
            answers: [AnswerForm(status: 200, doc: "A page of assets.", schema: .named(AssetPageJSON.self))],
            problems: [400, 422]
        ) { try await $0.listAssets() },
        Route(
            method: .get, path: "/api/v1/assets/{asset}", name: "showAsset", group: "assets",
            summary: "Everything that is known of one table.", parameters: [.asset],
            answers: [AnswerForm(status: 200, doc: "The asset.", schema: .named(AssetDetailsJSON.self))],
            problems: [404]
        ) { try await $0.showAsset() },
    ]
}

extension Exchange {
    fileprivate func listAssets() async throws -> Answer {
        var query = query
        let selection = query.texts("selection", countMax: 1) ?? []
        let limit = Int(query.integer("limit", in: 1...1_000) ?? 100)
        let lake = try context.lake()
        let cursor = query.asset("cursor")
        try query.finish()
        let selected = try lake.graph.resolve(try Selection(selection))
        var order = lake.graph.assets.order.filter(selected.contains)[...]
        if let cursor, let place = order.firstIndex(of: cursor) { order = order[(place + 1)...] }
        let page = Array(order.prefix(limit))
        let states = try await lake.states(of: page)
        let policies = lake.definition.freshness
        return try .json(
            AssetPageJSON(
                assets: page.map { AssetJSON($0, lake.graph, states[$0], policies[$0]) },
                nextCursor: order.count > page.count ? page.last?.description : nil))
    }

    /// The asset that the path names.
    func asset() throws -> (Lake, AssetKey) {
        let lake = try context.lake()
        let text = parameters["asset"] ?? ""
        guard let key = AssetKey(text), lake.graph.assets.contains(key) else {
            let names = lake.graph.assets.order.map(\.description)
            let meant = nearestName(to: text, among: names).map { "Did you mean '\($0)'? " } ?? ""
            throw Refusal(
                .notFound, code: "gateway.unknown-asset",
                "This lake has no asset \(JSON.text(text).inWords).",
                remedy: "\(meant)GET /api/v1/assets has all.")
        }
        return (lake, key)
    }

    fileprivate func showAsset() async throws -> Answer {
        let (lake, key) = try asset()
        let state = try await lake.state(of: key)
        let proven = try await lake.metadata.lastProofs()[key]
        let policy = lake.definition.freshness[key]
        let (graph, now) = (lake.graph.assets, Lake.now())
        return try .json(
            AssetDetailsJSON(
                asset: AssetJSON(key, lake.graph, state, policy),
                columns: columns(of: key, state, lake.graph),
                upstream: graph.upstream(of: [key]).subtracting([key]).sorted().map(\.description),
                downstream: graph.downstream(of: [key]).subtracting([key]).sorted().map(\.description),
                readers: graph.readers(of: key).sorted().map(\.description),
                checks: checks(of: key, state, lake.graph),
                materializations: try await lake.metadata.materializations(of: key, limit: 10)
                    .map(MaterializationJSON.init),
                reconciliations: try await lake.metadata.reconciliations(of: key, limit: 10)
                    .map(ReconciliationJSON.init),
                freshness: policy.map { FreshnessJSON(key, $0, proven: proven, at: now) },
                verifiedAt: proven?.description))
    }

    private func columns(of key: AssetKey, _ state: AssetState?, _ graph: LakeGraph) -> [AssetDetailsJSON
        .Column]
    {
        let said = graph.tables[key]?.definition.columns ?? graph.models[key]?.definition.columns ?? []
        let descriptions = Dictionary(
            said.map { ($0.name, $0.description) }, uniquingKeysWith: { first, _ in first })
        return (state?.schema ?? []).map {
            .init(name: $0.name, type: $0.type, description: descriptions[$0.name] ?? nil)
        }
    }

    /// Those of the project, with what the last audit found.
    private func checks(of key: AssetKey, _ state: AssetState?, _ graph: LakeGraph) -> [CheckJSON] {
        let results = Dictionary(
            (state?.checks ?? []).map { ($0.check, $0.failures) }, uniquingKeysWith: { first, _ in first })
        return (graph.models[key]?.definition.checks ?? []).map {
            CheckJSON(check: $0.name, severity: $0.severity.rawValue, failures: results[$0.name])
        }
    }
}
