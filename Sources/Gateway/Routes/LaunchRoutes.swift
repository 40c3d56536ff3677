internal import HTTPTypes
internal import LakeModel
internal import Transform
internal import Project
internal import Metadata
internal import Orchestrator

extension Route {
    static let launching: [Route] = [
        Route(
            method: .post, path: "/api/v1/runs", name: "launchRun", group: "runs",
            summary: "Begins a run; a worker takes it from the queue.", role: .operate,
            parameters: [
                Parameter(
                    name: "Idempotency-Key", place: .header, schema: .text(),
                    doc:
                        "A second request with the same key begins nothing, and is answered with the first run."
                )
            ],
            body: Body(
                schema: .object(
                    "What to build.",
                    [
                        "selection": Schema([
                            "description": "Assets, as on the command line; * is all.",
                            "oneOf": [
                                ["type": "string", "minLength": 1],
                                [
                                    "type": "array", "minItems": 1,
                                    "items": ["type": "string", "minLength": 1],
                                ],
                            ],
                        ])
                    ], optional: options)),
            answers: [
                AnswerForm(status: 201, doc: "The new run.", schema: .named(RunJSON.self)),
                AnswerForm(status: 200, doc: "The earlier run with this key.", schema: .named(RunJSON.self)),
            ], problems: [400, 413, 415, 422]
        ) { try await $0.launch() },
        Route(
            method: .post, path: "/api/v1/runs/{run}/rerun", name: "rerun", group: "runs",
            summary:
                "Begins a run of what an earlier one did not build: its failed, blocked, cancelled and lost steps.",
            role: .operate, parameters: [.run],
            answers: [AnswerForm(status: 201, doc: "The new run.", schema: .named(RunJSON.self))],
            problems: [404, 409]
        ) { try await $0.rerun() },
        Route(
            method: .post, path: "/api/v1/runs/{run}/cancel", name: "cancelRun", group: "runs",
            summary: "Ends a run, wherever it is worked on. What was published stays.", role: .operate,
            parameters: [.run],
            answers: [
                AnswerForm(
                    status: 200, doc: "It is cancelled, is being stopped, or was over.",
                    schema: .named(CancelJSON.self))
            ], problems: [404]
        ) { exchange in
            let (lake, id) = (try exchange.context.lake(), try exchange.runID())
            let wasOpen = try await lake.metadata.cancel(id, at: Lake.now())
            let pulse = try await lake.metadata.pulse(of: id)
            return try .json(
                CancelJSON(
                    run: id.text, state: pulse.state.rawValue, isCancelled: wasOpen,
                    openSteps: pulse.openSteps))
        },
    ]

    private static let options: [String: Schema] = [
        "exclude": Schema([
            "description": "Assets to leave out.",
            "oneOf": [["type": "string"], ["type": "array", "items": ["type": "string"]]],
        ]),
        "partition": .text(
            "Partitions to build, as after --partition: 2026-11-22, 2026-11-01..2026-11-10, latest:7."),
        "force": .bool("Build although nothing changed."),
        "full_refresh": .bool("Read incremental tables from the beginning."),
        "accept_schema_change": .bool("Take over what has changed in a source's columns."),
        "tags": .list(of: .text(), "Words to find the run by."),
        "priority": .integer("Runs of a higher one come first. Default: 0.", in: -100...100),
    ]
}

struct CancelJSON: Described {
    let run: String
    let state: String
    /// Whether it was not over yet.
    let isCancelled: Bool
    let openSteps: Int

    static let schemaName = "Cancellation"
    static let schema = Schema.object(
        "",
        [
            "run": .text(), "state": .choice(of: RunState.self),
            "is_cancelled": .bool("Whether it was not over yet."),
            "open_steps": .integer("Steps that are being stopped."),
        ])
}

extension Exchange {
    fileprivate func launch() async throws -> Answer {
        var members = try Inputs(body: body, mayBeEmpty: false)
        let selected = members.texts("selection", countMax: 10_000, bytesMax: 10_000)
        let excluded = members.texts("exclude", countMax: 10_000, bytesMax: 10_000) ?? []
        let (isForced, isFull) = (members.bool("force") ?? false, members.bool("full_refresh") ?? false)
        let accepts = members.bool("accept_schema_change") ?? false
        let tags = members.texts("tags", countMax: 50, bytesMax: 100) ?? []
        let priority = members.integer("priority", in: -100...100) ?? 0
        if (selected ?? []).isEmpty {
            members.wrong("selection", "name what to build; \"*\" is everything.")
        }
        let partition = members.text("partition", bytesMax: 10_000)
        try members.finish()
        let settings = RunSettings(
            isForced: isForced || isFull, isFullRefresh: isFull, acceptsSchemaChange: accepts)
        var scope = RunScope(
            try Selection(selected ?? [], excluding: excluded), settings: settings, trigger: .api,
            priority: Int(priority), tags: tags, idempotencyKey: try idempotencyKey())
        if let partition { scope.partitions = .written(partition) }
        return try await begin(scope)
    }

    /// Of another kind than the keys of schedules, so that nobody can take a firing's place.
    private func idempotencyKey() throws(Refusal) -> String? {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = headers[name] else { return nil }
        guard (1...200).contains(key.utf8.count) else {
            throw Refusal(
                .badRequest, code: "gateway.idempotency-key",
                "The Idempotency-Key has \(key.utf8.count) bytes.",
                remedy: "Send 1 to 200 bytes, such as a UUID.")
        }
        return "api/\(key)"
    }

    fileprivate func rerun() async throws -> Answer {
        let (_, report) = try await run()
        let unbuilt: Set<StepState> = [.failed, .blocked, .cancelled, .lost]
        let left = report.steps.filter { unbuilt.contains($0.state) }
        guard !left.isEmpty else {
            let isOpen = !report.summary.state.isFinal
            throw Refusal(
                .conflict, code: "gateway.nothing-to-rerun",
                isOpen
                    ? "Run \(report.summary.id) is not over, and nothing of it has failed."
                    : "Run \(report.summary.id) has left nothing to build: every step succeeded or was skipped.",
                remedy: "Begin a new run: POST /api/v1/runs.")
        }
        let summary = report.summary
        var scope = RunScope(
            try Selection(Set(left.map(\.step.asset.description)).sorted()), settings: summary.settings,
            trigger: .api, priority: summary.priority, tags: summary.tags)
        scope.partitions = .each(
            Dictionary(
                left.compactMap { step in step.partitions.map { (step.step.asset, $0) } },
                uniquingKeysWith: { "\($0),\($1)" }))
        return try await begin(scope)
    }

    private func begin(_ scope: RunScope) async throws -> Answer {
        let lake = try context.lakeForWork()
        let now = Lake.now()
        let request = try await RunRequest(scope, in: lake, at: now)
        let id = RunID(at: now, random: .random(in: 0...UInt32.max))
        let begun = try await lake.metadata.createRun(
            request.newRun(id, at: now), steps: request.steps(of: id))
        guard let report = try await lake.metadata.run(begun) else { throw UnknownRun(run: begun) }
        return try Answer.json(RunJSON(report.summary), begun == id ? .created : .ok)
            .with(.location, "/api/v1/runs/\(begun)")
    }
}
