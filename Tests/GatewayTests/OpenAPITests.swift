import Foundation
import HTTPTypes
import LakeModel
import Metadata
import Orchestrator
import Project
import Testing

@testable import Gateway

@Suite struct `The OpenAPI document` {
    private func document(_ served: Served) async throws -> JSON {
        try await served.ask("GET", "/api/v1/openapi.json", token: nil).json
    }

    private func operations(of document: JSON) throws -> [(method: String, path: String, operation: JSON)] {
        guard case .object(let paths)? = document["paths"] else { throw ClientFailed("no paths") }
        return paths.sorted { $0.key < $1.key }.flatMap { path, methods -> [(String, String, JSON)] in
            guard case .object(let methods) = methods else { return [] }
            return methods.map { ($0.key.uppercased(), path, $0.value) }
        }
    }

    @Test func `has every route, and every path in it answers`() async throws {
        try await withGateway { served in
            let document = try await document(served)
            let operations = try operations(of: document)
            try await served.divide()
            _ = try await served.backfill("visits")
            let named = Set(operations.map { "\($0.method) \($0.path)" })
            #expect(named == Set(RouteTable.all.routes.map { "\($0.method.rawValue) \($0.path)" }))
            let names = operations.compactMap { $0.operation.at("operationId") }
            #expect(Set(names).count == operations.count)
            for (method, path, operation) in operations {
                let run = try await served.launch(#"{"selection": "gold.names"}"#)
                if path.hasSuffix("/rerun") || path.hasSuffix("/stream") {
                    _ = try await served.ask("POST", "/api/v1/runs/\(run)/cancel")
                }
                let address = path.replacing("{run}", with: run).replacing("{asset}", with: "gold.names")
                    .replacing("{schedule}", with: "night").replacing("{sensor}", with: "dims")
                    .replacing("{backfill}", with: "visits")
                let json: String? =
                    switch "\(method) \(path)" {
                    case "POST /api/v1/runs": #"{"selection": "*"}"#
                    case "POST /api/v1/backfills":
                        #"{"selection": "bronze_app.visit", "partition": "all", "name": "another"}"#
                    default: nil
                    }
                if path == "/api/v1/events" {
                    #expect(try await served.connect().open(address) == 200)
                    continue
                }
                let answer = try await served.ask(method, address, json: json)
                #expect((200...299).contains(answer.status), "\(method) \(path): \(answer.text)")
                let form = operation["responses"]?["\(answer.status)"]
                #expect(form != nil, "\(method) \(path) answers \(answer.status)")
                let type = answer.headers["content-type"]?.split(separator: ";").first.map(String.init) ?? ""
                let schema = form?["content"]?[type]?["schema"]
                #expect(schema != nil, "\(method) \(path) answers with \(type)")
                guard type == "application/json", let schema else { continue }
                let mistakes = SchemaCheck(document).mistakes(of: try answer.json, schema)
                #expect(mistakes == [], "\(method) \(path)")
                // What the path names is a parameter, and the other way round.
                let said = operation.list("parameters").filter { $0.at("in") == "path" }.compactMap {
                    $0.at("name")
                }
                let there = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                    String($0.dropFirst().dropLast())
                }
                #expect(said == there, "\(path)")
            }
        }
    }

    @Test func `describes answers of a lake with rows, and problems, as they are`() async throws {
        try await withGateway { served in
            let run = try await served.launch()
            try await served.work()
            let check = SchemaCheck(try await document(served))
            let operations = try operations(of: check.document)
            for path in [
                "/api/v1/runs/{run}", "/api/v1/assets/{asset}", "/api/v1/assets", "/api/v1/status",
                "/api/v1/freshness",
            ] {
                let address = path.replacing("{run}", with: run).replacing(
                    "{asset}", with: "silver.dim_customer")
                let json = try await served.ask("GET", address).json
                let operation = try #require(operations.first { $0.path == path && $0.method == "GET" })
                    .operation
                let schema = try #require(
                    operation["responses"]?["200"]?["content"]?["application/json"]?["schema"])
                #expect(check.mistakes(of: json, schema) == [], "\(path)")
            }
            let problem: JSON = ["$ref": "#/components/schemas/Problem"]
            for (method, path) in [
                ("GET", "/api/v1/runs?x=1"), ("POST", "/api/v1/runs"), ("GET", "/nothing"),
            ] {
                let json = try await served.ask(method, path, json: method == "POST" ? "{}" : nil).json
                #expect(check.mistakes(of: json, problem) == [], "\(path)")
            }
            let asset = try await served.ask("GET", "/api/v1/assets/silver.dim_customer").json
            #expect(
                asset.list("upstream") == ["bronze_app.customer"]
                    && asset.list("downstream") == ["gold.names"])
            #expect(asset.at("columns.0.name") == "id" && asset.at("columns.0.description") == "Its number.")
            #expect(asset.list("checks").compactMap { $0.at("failures") } == ["0", "0"])
            #expect(asset.at("materializations.0.rows") == "2" && asset.at("asset.rows") == "2")
        }
    }

    @Test func `would notice a member that is missing, of another type, or not described`() async throws {
        let schema = Schema.object(["a": .integer(), "b": .list(of: .text())], optional: ["c": .bool()]).json
        let check = SchemaCheck(["components": [:]])
        #expect(check.mistakes(of: ["a": 1, "b": ["x"]], schema) == [])
        #expect(check.mistakes(of: ["a": "1", "b": [2], "d": 1], schema).count == 3)
        #expect(check.mistakes(of: ["c": true], schema).count == 2)
    }

    @Test func `is read by a validator that shares no code with it`() async throws {
        let text = String(
            decoding: try JSONEncoder().encode(OpenAPIDocument(RouteTable.all.routes, version: "1").json),
            as: UTF8.self)
        let program = """
            import json, sys
            try:
                from openapi_spec_validator import validate
            except ImportError:
                print("absent"); sys.exit(0)
            validate(json.load(sys.stdin)); print("valid")
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(said == "valid\n" || said == "absent\n")
        #expect(process.terminationStatus == 0)
    }
}

/// As much of JSON Schema as the document uses.
struct SchemaCheck {
    let document: JSON

    init(_ document: JSON) { self.document = document }

    func mistakes(of value: JSON, _ schema: JSON, at place: String = "$") -> [String] {
        if let reference = schema.at("$ref") {
            let name = String(reference.split(separator: "/").last ?? "")
            guard let named = document["components"]?["schemas"]?[name] else {
                return ["\(place): no \(name)"]
            }
            return mistakes(of: value, named, at: place)
        }
        switch (schema.at("type"), value) {
        case ("integer", .integer), ("number", .integer), ("number", .number), ("boolean", .bool), (nil, _):
            return []
        case ("string", .text(let text)):
            guard case .list(let choices)? = schema["enum"] else { return [] }
            return choices.contains(.text(text)) ? [] : ["\(place): '\(text)' is no choice"]
        case ("array", .list(let list)):
            return list.enumerated().flatMap { index, element in
                mistakes(of: element, schema["items"] ?? [:], at: "\(place)[\(index)]")
            }
        case ("object", .object(let members)):
            var found = schema.list("required").compactMap { name -> String? in
                guard case .text(let name) = name, members[name] == nil else { return nil }
                return "\(place): \(name) is missing"
            }
            for (name, member) in members {
                if let known = schema["properties"]?[name] {
                    found += mistakes(of: member, known, at: "\(place).\(name)")
                } else if case .object? = schema["additionalProperties"] {
                    found += mistakes(
                        of: member, schema["additionalProperties"] ?? [:], at: "\(place).\(name)")
                } else if schema["additionalProperties"] == false {
                    found.append("\(place): \(name) is not described")
                }
            }
            return found
        default: return ["\(place): no \(schema.at("type") ?? "")"]
        }
    }
}
