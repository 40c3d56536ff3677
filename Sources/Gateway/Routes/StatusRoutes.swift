internal import HTTPTypes
internal import LakeModel
internal import Transform
internal import Project
internal import Metadata
internal import Orchestrator

extension Route {
    static let status: [Route] = [
        Route(
            method: .get, path: "/api/v1/status", name: "status", group: "service",
            summary: "The lake and this service: what waits, what runs, the last ten runs.",
            answers: [AnswerForm(status: 200, doc: "The status.", schema: .named(StatusJSON.self))]
        ) { exchange in
            let context = exchange.context
            let lake = try context.lake()
            let runs = try await lake.metadata.runs(RunFilter(limit: 10))
            let load = try await lake.metadata.workload(
                at: Lake.now(), endedSince: Lake.now() - .seconds(86_400))
            let node = await context.host.identity
            return try .json(
                StatusJSON(
                    lake: lake.definition.name, version: node.version, node: node.process.host,
                    startedAt: node.startedAt.description, isScheduler: node.isScheduler,
                    assets: lake.graph.assets.order.count,
                    work: WorkJSON(load), projectMistakes: context.host.condition.projectMistakes.count,
                    runs: runs.map(RunJSON.init)))
        },
        Route(
            method: .get, path: "/api/v1/nodes", name: "listNodes", group: "service",
            summary: "The processes that work on this lake.",
            answers: [
                AnswerForm(
                    status: 200, doc: "Those that were seen within a day.",
                    schema: .object("", ["nodes": .list(of: .named(NodeJSON.self))]))
            ]
        ) { exchange in
            let nodes = try await exchange.context.lake().metadata.nodes()
            let now = Lake.now()
            return try .json(["nodes": nodes.map { NodeJSON($0, now: now) }])
        },
        Route(
            method: .post, path: "/api/v1/reload", name: "reload", group: "service",
            summary: "Reads the project again, as SIGHUP does. With mistakes, the one before goes on.",
            role: .operate,
            answers: [
                AnswerForm(
                    status: 200, doc: "The new project is in force.",
                    schema: .object("", ["assets": .integer("How many it has.")]))
            ], problems: [409]
        ) { exchange in
            try await exchange.context.host.reload()
            return try .json(["assets": try exchange.context.lake().graph.assets.order.count])
        },
    ]
}

struct StatusJSON: Described {
    let lake: String
    let version: String
    let node: String
    let startedAt: String
    let isScheduler: Bool?
    let assets: Int
    let work: WorkJSON
    let projectMistakes: Int
    let runs: [RunJSON]

    static let schemaName = "Status"
    static let schema = Schema.object(
        "",
        [
            "lake": .text("Its name."), "version": .text("Tarn's."),
            "node": .text("The host of this service."),
            "started_at": .instant(), "assets": .integer(), "work": .named(WorkJSON.self),
            "project_mistakes": .integer("Mistakes of a changed project; the one before goes on."),
            "runs": .list(of: .named(RunJSON.self), "The last ten."),
        ], optional: ["is_scheduler": .bool("Whether this node starts what is scheduled.")])
}

struct WorkJSON: Described {
    let queuedRuns: Int
    let runningRuns: Int
    let runningSteps: Int
    let readySteps: Int
    let delayedSteps: Int
    let blockedSteps: Int
    let oldestReady: String?

    static let schemaName = "Work"
    static let schema = Schema.object(
        "What waits and what is worked on.",
        [
            "queued_runs": .integer(), "running_runs": .integer(), "running_steps": .integer(),
            "ready_steps": .integer("They wait for a worker or a pool."),
            "delayed_steps": .integer("They are tried again later."),
            "blocked_steps": .integer("They wait for others."),
        ], optional: ["oldest_ready": .instant("Since when the one that waits longest could have started.")])

    init(_ load: Workload) {
        queuedRuns = load.queuedRuns
        runningRuns = load.runningRuns
        runningSteps = load.runningSteps
        readySteps = load.readySteps
        delayedSteps = load.delayedSteps
        blockedSteps = load.blockedSteps
        oldestReady = load.oldestReady?.description
    }
}

struct NodeJSON: Described {
    let worker: String
    let host: String
    let pid: Int32
    let kind: String
    let slots: Int
    let startedAt: String
    let seenAt: String
    let seenSecondsAgo: Int64

    static let schemaName = "Node"
    static let schema = Schema.object(
        "A process that works on this lake.",
        [
            "worker": .text(), "host": .text(), "pid": .integer(), "kind": .text("serve, worker or run."),
            "slots": .integer("Steps that it works on at once, at most."), "started_at": .instant(),
            "seen_at": .instant(), "seen_seconds_ago": .integer(),
        ])

    init(_ node: NodeRecord, now: Timestamp) {
        worker = node.worker.text
        host = node.process.host
        pid = node.process.pid
        kind = node.kind
        slots = node.slots
        startedAt = node.startedAt.description
        seenAt = node.seenAt.description
        seenSecondsAgo = max(0, (now - node.seenAt).components.seconds)
    }
}
