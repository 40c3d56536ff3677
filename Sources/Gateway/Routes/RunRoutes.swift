internal import HTTPTypes
internal import LakeModel
internal import Metadata
internal import Orchestrator

extension Route {
    static let runs: [Route] = [
        Route(
            method: .get, path: "/api/v1/runs", name: "listRuns", group: "runs",
            summary: "Runs, the newest first.",
            parameters: [
                Parameter(
                    name: "state", schema: .text(),
                    doc: "Only runs in one of these states, with commas in between."),
                Parameter(name: "asset", schema: .text(), doc: "Only runs with a step of this asset."),
                Parameter(
                    name: "trigger", schema: .choice(of: RunTrigger.self), doc: "Only runs begun by this."),
                Parameter(name: "tag", schema: .text(), doc: "Only runs with this tag."),
                Parameter(
                    name: "since", schema: .text(),
                    doc: "Only runs that were created at this instant or on this day (UTC), or later."),
                .limit(default: 20, max: 1_000),
                Parameter(
                    name: "cursor", schema: .text(),
                    doc: "next_cursor of the page before: gives the next one."),
            ],
            answers: [AnswerForm(status: 200, doc: "A page of runs.", schema: .named(RunPageJSON.self))],
            problems: [400]
        ) { try await $0.listRuns() },
        Route(
            method: .get, path: "/api/v1/runs/{run}", name: "showRun", group: "runs",
            summary: "A run with its steps and their attempts.", parameters: [.run],
            answers: [AnswerForm(status: 200, doc: "The run.", schema: .named(RunDetailsJSON.self))],
            problems: [404]
        ) { exchange in
            let (_, run) = try await exchange.run()
            return try .json(RunDetailsJSON(run))
        },
    ]
}

struct RunPageJSON: Described {
    let runs: [RunJSON]
    let nextCursor: String?

    static let schemaName = "RunPage"
    static let schema = Schema.object(
        "", ["runs": .list(of: .named(RunJSON.self))],
        optional: ["next_cursor": .text("Ask with it for the next page; missing on the last.")])
}

extension Exchange {
    /// The id that the path names.
    func runID() throws(Refusal) -> RunID {
        let text = parameters["run"] ?? ""
        guard let id = RunID(text) else {
            throw Refusal(
                .notFound, code: "gateway.unknown-run", "\(JSON.text(text).inWords) is not a run's id.",
                remedy: "GET /api/v1/runs has them.")
        }
        return id
    }

    /// The run that the path names.
    func run() async throws -> (Lake, RunReport) {
        let id = try runID()
        let lake = try context.lake()
        guard let report = try await lake.metadata.run(id) else { throw UnknownRun(run: id) }
        return (lake, report)
    }

    fileprivate func listRuns() async throws -> Answer {
        var query = query
        let (states, asset) = (query.choices("state", of: RunState.self), query.asset("asset"))
        let (trigger, tag) = (query.choice("trigger", of: RunTrigger.self), query.text("tag"))
        let (since, limit) = (query.instant("since"), query.integer("limit", in: 1...1_000) ?? 20)
        var after: RunPosition?
        if let text = query.text("cursor") {
            after = RunPosition(cursor: text)
            if after == nil { query.wrong("cursor", "it is not one that this service has given.") }
        }
        try query.finish()
        let runs = try await context.lake().metadata.runs(
            RunFilter(
                states: Set(states), asset: asset, trigger: trigger, tag: tag, since: since, after: after,
                limit: Int(limit) + 1))
        let page = runs.prefix(Int(limit))
        let last = runs.count > page.count ? page.last : nil
        return try .json(
            RunPageJSON(
                runs: page.map(RunJSON.init),
                nextCursor: last.map { RunPosition(createdAt: $0.createdAt, run: $0.id).cursor }))
    }
}

extension RunPosition {
    var cursor: String { "\(createdAt.microseconds).\(run)" }

    init?(cursor: String) {
        let parts = cursor.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let time = Int64(parts[0]), let run = RunID(String(parts[1])) else {
            return nil
        }
        self.init(createdAt: Timestamp(microseconds: time), run: run)
    }
}
