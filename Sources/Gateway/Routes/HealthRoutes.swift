internal import HTTPTypes
internal import LakeModel
internal import Project
internal import Metadata

extension Route {
    static let health: [Route] = [
        Route(
            method: .get, path: "/health/live", name: "live", group: "health",
            summary: "Whether the process answers.", role: nil,
            answers: [AnswerForm(status: 200, doc: "It does.", schema: .named(HealthJSON.self))]
        ) { _ in try .json(HealthJSON(status: "live")) },
        Route(
            method: .get, path: "/health/ready", name: "ready", group: "health",
            summary: "Whether the process can be sent work.", role: nil,
            answers: [
                AnswerForm(
                    status: 200, doc: "It can; with a project that cannot be loaded, the one before goes on.",
                    schema: .named(HealthJSON.self)),
                AnswerForm(
                    status: 503, doc: "It starts, drains, or does not reach its metadata.",
                    schema: .named(HealthJSON.self)),
            ]
        ) { try await $0.ready() },
        Route(
            method: .get, path: "/metrics", name: "metrics", group: "health",
            summary: "Figures in the text format of Prometheus.",
            answers: [
                AnswerForm(status: 200, doc: "The figures.", mediaType: Exposition.mediaType, schema: .text())
            ]
        ) { exchange in
            .text(try await exchange.context.exposition(), type: Exposition.mediaType)
        },
    ]
}

struct HealthJSON: Described {
    var status: String
    /// Why it is not ready.
    var reason: String?
    /// What is wrong with a project that was changed.
    var projectMistakes: [Problem.Mistake]?

    static let schemaName = "Health"
    static let schema = Schema.object(
        "", ["status": .text("live, ready, starting, draining or unavailable.")],
        optional: [
            "reason": .text("Why it is not ready."),
            "project_mistakes": .list(
                of: .object(
                    ["code": .text(), "problem": .text(), "remedy": .text()], optional: ["place": .text()]),
                "What is wrong with the project: the one before it goes on."),
        ])
}

extension Exchange {
    fileprivate func ready() async throws -> Answer {
        let condition = context.host.condition
        var health = HealthJSON(status: "ready")
        if !condition.projectMistakes.isEmpty {
            health.projectMistakes = condition.projectMistakes.map {
                Problem.Mistake(
                    code: $0.code, problem: $0.problem, place: $0.place?.description, remedy: $0.remedy)
            }
        }
        switch condition.phase {
        case .starting(let reason): (health.status, health.reason) = ("starting", reason)
        case .draining: (health.status, health.reason) = ("draining", "It was told to end.")
        case .serving:
            if let reason = await unreachable() { (health.status, health.reason) = ("unavailable", reason) }
        }
        guard health.reason == nil else { return try .json(health, .serviceUnavailable) }
        return try .json(health)
    }

    /// Why the metadata cannot be asked; `nil` if it can. Who has no token is not told addresses.
    private func unreachable() async -> String? {
        do {
            _ = try await context.figures.load(context)
            return nil
        } catch let error as any Diagnostic {
            return "The metadata cannot be asked (\(error.code))."
        } catch {
            return "The metadata cannot be asked."
        }
    }
}
