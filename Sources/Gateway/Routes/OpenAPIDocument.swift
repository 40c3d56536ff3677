internal import Orchestrator
internal import FoundationEssentials
internal import HTTPTypes
internal import NIOCore
internal import Project

extension Route {
    static let document: [Route] = [
        Route(
            method: .get, path: "/api/v1/openapi.json", name: "openAPI", group: "service",
            summary: "This document.", role: nil,
            answers: [AnswerForm(status: 200, doc: "OpenAPI 3.1.", schema: Schema(["type": "object"]))]
        ) { exchange in
            let node = await exchange.context.host.identity
            let document = OpenAPIDocument(RouteTable.all.routes, version: node.version)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Answer(type: "application/json", ByteBuffer(bytes: try encoder.encode(document.json)))
        }
    ]
}

/// All routes as OpenAPI 3.1 describes them: made from the routes themselves, so that it cannot lie about
/// which there are.
struct OpenAPIDocument {
    let json: JSON

    private static let named: [any Described.Type] = [
        AssetDetailsJSON.self, AssetJSON.self, AssetPageJSON.self, AttemptJSON.self, CancelJSON.self,
        CheckJSON.self, EventJSON.self, EventPageJSON.self, BackfillDetails.self, BackfillReport.self,
        FailureJSON.self, FiringJSON.self,
        FreshnessJSON.self, HealthJSON.self, MaterializationJSON.self, NodeJSON.self, PartitionsJSON.self,
        PauseJSON.self,
        Problem.self, ReconciliationJSON.self, RunDetailsJSON.self, RunJSON.self, RunPageJSON.self,
        ScheduleJSON.self, SensorJSON.self, StatusJSON.self, StepJSON.self, WorkJSON.self,
    ]

    init(_ routes: [Route], version: String) {
        var paths: [String: JSON] = [:]
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            paths[path] = .object(
                Dictionary(
                    uniqueKeysWithValues: routes.map {
                        ($0.method.rawValue.lowercased(), Self.operation($0))
                    }))
        }
        let schemas = Dictionary(uniqueKeysWithValues: Self.named.map { ($0.schemaName, $0.schema.json) })
        json = [
            "openapi": "3.1.0",
            "info": [
                "title": "Tarn", "version": .text(version),
                "description": "The REST API of a Tarn lake. What is not known is left out of answers.",
            ],
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": [
                    "token": [
                        "type": "http", "scheme": "bearer",
                        "description":
                            "A token of 'serve' in lake.yaml. The role read sees, operate changes.",
                    ]
                ],
            ],
        ]
    }

    private static func operation(_ route: Route) -> JSON {
        var operation: [String: JSON] = [
            "operationId": .text(route.name), "summary": .text(route.summary),
            "tags": [.text(route.group)], "responses": .object(responses(route)),
            "security": route.role == nil ? [] : [["token": []]],
        ]
        if let role = route.role { operation["x-role"] = .text(role.rawValue) }
        if !route.parameters.isEmpty {
            operation["parameters"] = .list(
                route.parameters.map { parameter in
                    [
                        "name": .text(parameter.name), "in": .text(parameter.place.rawValue),
                        "required": .bool(parameter.isRequired), "description": .text(parameter.doc),
                        "schema": parameter.schema.json,
                    ]
                })
        }
        if let body = route.body {
            operation["requestBody"] = [
                "required": .bool(body.isRequired),
                "content": ["application/json": ["schema": body.schema.json]],
            ]
        }
        return .object(operation)
    }

    private static func responses(_ route: Route) -> [String: JSON] {
        var responses: [String: JSON] = [:]
        var problems = Set(route.problems)
        if route.role != nil { problems.formUnion([401, 403]) }
        if route.path.hasPrefix("/api/"), route.role != nil { problems.formUnion([500, 503]) }
        for status in problems {
            responses["\(status)"] = [
                "description": .text(HTTPResponse.Status(code: status).reasonPhrase),
                "content": [Problem.mediaType: ["schema": Schema.named(Problem.self).json]],
            ]
        }
        for answer in route.answers {
            var response: [String: JSON] = ["description": .text(answer.doc)]
            if let schema = answer.schema {
                let type = answer.mediaType.split(separator: ";").first.map(String.init) ?? answer.mediaType
                response["content"] = .object([type: ["schema": schema.json]])
            }
            responses["\(answer.status)"] = .object(response)
        }
        return responses
    }
}
