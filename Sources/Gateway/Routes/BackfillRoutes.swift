internal import HTTPTypes
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Project

extension Route {
    static let backfills: [Route] = [
        Route(
            method: .get, path: "/api/v1/backfills", name: "listBackfills", group: "backfills",
            summary: "The backfills that are kept, the newest first.",
            parameters: [
                Parameter(
                    name: "open", schema: .bool(), doc: "Only those that are not over. Default: false."),
                .limit(default: 20, max: 1_000),
            ],
            answers: [
                AnswerForm(
                    status: 200, doc: "The backfills.",
                    schema: .object("", ["backfills": .list(of: .named(BackfillReport.self))]))
            ], problems: [400]
        ) { exchange in
            var query = exchange.query
            let openOnly = query.bool("open") ?? false
            let limit = query.integer("limit", in: 1...1_000) ?? 20
            try query.finish()
            let lake = try exchange.context.lake()
            let now = Lake.now()
            let backfills = try await lake.metadata.backfills(openOnly: openOnly, limit: Int(limit))
            return try .json(["backfills": backfills.map { BackfillReport($0, lake, at: now) }])
        },
        Route(
            method: .post, path: "/api/v1/backfills", name: "createBackfill", group: "backfills",
            summary: "Creates a backfill; the service works on it, below everything else.", role: .operate,
            body: Body(schema: .object("What to build.", ["selection": selection], optional: options)),
            answers: [
                AnswerForm(status: 201, doc: "The new backfill.", schema: .named(BackfillReport.self))
            ], problems: [400, 409, 413, 415, 422]
        ) { try await $0.createBackfill() },
        Route(
            method: .get, path: "/api/v1/backfills/{backfill}", name: "showBackfill", group: "backfills",
            summary: "One backfill, and what of it is open or has failed.", parameters: [.backfill],
            answers: [
                AnswerForm(status: 200, doc: "The backfill.", schema: .named(BackfillDetails.self))
            ], problems: [404]
        ) { exchange in
            let (lake, backfill) = try await exchange.backfill()
            return try .json(BackfillDetails(backfill, lake, chunksMax: 1_000, at: Lake.now()))
        },
        changing("pause", "Lets it begin nothing further; what runs is finished.") {
            try await $0.pause($1, at: Lake.now())
        },
        changing("resume", "Goes on with one that is paused.") { try await $0.resume($1, at: Lake.now()) },
        changing("cancel", "Ends it and its runs. What was built stays.") {
            try await $0.cancel($1, at: Lake.now())
        },
        changing("retry", "Tries the chunks again that have failed.") {
            try await $0.retry($1, at: Lake.now())
        },
    ]

    private static func changing(
        _ verb: String, _ summary: String,
        _ change: @escaping @Sendable (Backfills, BackfillID) async throws -> Backfill
    ) -> Route {
        Route(
            method: .post, path: "/api/v1/backfills/{backfill}/\(verb)", name: "\(verb)Backfill",
            group: "backfills", summary: summary, role: .operate, parameters: [.backfill],
            answers: [
                AnswerForm(status: 200, doc: "As it is now.", schema: .named(BackfillReport.self))
            ], problems: [404]
        ) { exchange in
            let (lake, backfill) = try await exchange.backfill()
            let changed = try await change(Backfills(lake), backfill.id)
            return try .json(BackfillReport(changed, lake, at: Lake.now()))
        }
    }

    private static let selection = Schema([
        "description": "Assets, or the name of a backfill in lake.yaml.",
        "oneOf": [
            ["type": "string", "minLength": 1],
            ["type": "array", "minItems": 1, "items": ["type": "string", "minLength": 1]],
        ],
    ])

    private static let options: [String: Schema] = [
        "exclude": .list(of: .text(), "Assets to leave out."),
        "partition": .text(
            "Partitions to build: 2026-01-01..2026-06-30, latest:100, all. Left out for one of lake.yaml."),
        "chunk": .integer("Partitions that one run builds together.", in: 1...1_000),
        "runs_max": .integer("Runs at once.", in: 1...64),
        "hours": .text("When runs begin, in the lake's time zone: 20:00-06:00."),
        "order": .choice(of: BackfillPace.Order.self, "Which come first."),
        "rate": .integer("Partitions in an hour, at most.", in: 1...1_000_000),
        "stop_after": .integer("Pause after so many chunks in a row that have failed.", in: 1...1_000_000),
        "name": .text("What it is called."),
        "priority": .integer("Among queued runs the higher one goes first.", in: -100...100),
        "tags": .list(of: .text(), "Words to find its runs by."),
        "rebuild": .bool("Also build what is built and not out of date."),
    ]
}

extension Route.Parameter {
    fileprivate static let backfill = Route.Parameter(
        name: "backfill", place: .path, schema: .text(),
        doc: "A backfill's id, or a name for the newest of that name.", isRequired: true)
}

extension Exchange {
    fileprivate func backfill() async throws -> (Lake, Backfill) {
        let lake = try context.lake()
        let text = parameters["backfill"] ?? ""
        if let id = BackfillID(text), let backfill = try await lake.metadata.backfill(id) {
            return (lake, backfill)
        }
        if let name = TriggerName(text), let backfill = try await lake.metadata.backfill(named: name) {
            return (lake, backfill)
        }
        throw Refusal(
            .notFound, code: "gateway.unknown-backfill", "There is no backfill \(JSON.text(text).inWords).",
            remedy: "GET /api/v1/backfills has them.")
    }

    fileprivate func createBackfill() async throws -> Answer {
        var members = try Inputs(body: body, mayBeEmpty: false)
        var choice = BackfillChoice(
            selection: members.texts("selection", countMax: 10_000, bytesMax: 10_000) ?? [])
        if choice.selection.isEmpty { members.wrong("selection", "name what to build.") }
        choice.excluded = members.texts("exclude", countMax: 10_000, bytesMax: 10_000) ?? []
        choice.partitions = members.text("partition", bytesMax: 10_000)
        choice.chunk = members.integer("chunk", in: 1...1_000).map(Int.init)
        choice.runsMax = members.integer("runs_max", in: 1...64).map(Int.init)
        choice.hours = members.word("hours", "hours such as 20:00-06:00") { Pace.Hours($0) }
        choice.order = members.word("order", "newest or oldest") { BackfillPace.Order(rawValue: $0) }
        choice.ratePerHour = members.integer("rate", in: 1...1_000_000).map(Int.init)
        choice.failuresInARowMax = members.integer("stop_after", in: 1...1_000_000).map(Int.init)
        choice.name = members.word("name", "lower-case letters, digits, '-' and '_'") { TriggerName($0) }
        choice.priority = members.integer("priority", in: -100...100).map(Int.init)
        choice.tags = members.texts("tags", countMax: 50, bytesMax: 100) ?? []
        choice.isRebuild = members.bool("rebuild") ?? false
        try members.finish()
        let lake = try context.lakeForWork()
        let now = Lake.now()
        let backfill = try await Backfills(lake).create(choice.definition(in: lake), at: now)
        return try Answer.json(BackfillReport(backfill, lake, at: now), .created)
            .with(.location, "/api/v1/backfills/\(backfill.id)")
    }
}

extension Inputs {
    /// A text that means something.
    fileprivate mutating func word<T>(_ name: String, _ expected: String, _ read: (String) -> T?) -> T? {
        guard let text = text(name, bytesMax: 100) else { return nil }
        let value = read(text)
        if value == nil { wrong(name, "expected \(expected), found \(JSON.text(text).inWords).") }
        return value
    }
}

extension BackfillReport: Described {
    static let schemaName = "Backfill"
    static let schema = Schema.object(
        "A backfill and how far it is. All numbers of partitions.",
        [
            "backfill": .text("Its id."), "name": .text(), "state": .choice(of: Backfill.State.self),
            "selection": .text(), "asset": .text("The asset whose partitions are counted."),
            "order": .choice(of: BackfillPace.Order.self), "chunk": .integer("Partitions in a run."),
            "runs_max": .integer("Runs at once."), "priority": .integer(), "tags": .list(of: .text()),
            "is_rebuild": .bool("Whether what is built is built again."), "created_at": .instant(),
            "partitions": .integer(), "done": .integer(), "running": .integer(), "failed": .integer(),
            "left": .integer(), "share": .number("From 0 to 1."),
        ],
        optional: [
            "reason": .text("Why it is paused, or what did not go well."), "hours": .text(),
            "rate_per_hour": .integer("The most that is allowed."), "finished_at": .instant(),
            "per_hour": .number("Partitions in an hour, as of the newest chunks."),
            "ends_at": .instant("When all is done if it goes on like this."),
            "waiting": .text("Why nothing begins now: runs, hours, rate or postponed."),
            "waits_until": .instant(),
        ])
}

extension BackfillDetails: Described {
    static let schemaName = "BackfillDetails"
    static let schema = Schema.object(
        "A backfill with its chunks that were begun and have not succeeded.",
        [
            "backfill": .named(BackfillReport.self),
            "partitions": .text("All of them, as after --partition."),
            "chunks": .list(
                of: .object(
                    "",
                    [
                        "number": .integer("Counts from 1."), "partitions": .text(), "count": .integer(),
                        "state": .choice(of: Backfill.Chunk.State.self), "attempt": .integer(),
                        "at": .instant(),
                    ], optional: ["run": .text(), "problem": .text()])),
        ])
}
