import Foundation
import LakeModel
import Project
import Testing

/// Against `jsonschema` for Python, which shares no code with the reader; skipped where it is not installed.
@Suite(.enabled(if: isValidatorInstalled)) struct `The JSON Schemas` {
    @Test func `are schemas, and accept every file of the example`() throws {
        let example = URL(filePath: #filePath).appending(path: "../../../examples/telecom")
            .standardizedFileURL
        var documents = [
            ("lake", try String(contentsOf: example.appending(path: "lake.yaml"), encoding: .utf8))
        ]
        for file in try files(of: example.appending(path: "sources")) { documents.append(("source", file)) }
        for layer in ["silver", "gold"] {
            for file in try files(of: example.appending(path: "models/\(layer)")) {
                documents.append(("model", try #require(header(of: file))))
            }
        }
        #expect(documents.count > 30)
        #expect(try verdicts(documents) == documents.map { _ in true })
    }

    @Test func `refuse what the reader refuses for its keys, types and values`() throws {
        let codes = [
            "unknown-key", "missing-key", "wrong-type", "bad-value", "secret-in-file", "unknown-check",
        ]
        // What a schema of one file cannot say, and `yes`, which the validator's YAML 1.1 takes for true.
        let beyond = [
            "an empty text", "stands for nothing", "cannot be read as text", "has no cursor", "a folder",
            "found 'yes'",
            "a row count has",
            // Of files it may be any, and lake.yaml says whether a source is files.
            "one of BOOLEAN, VARCHAR, BLOB",
            // Of partitions.
            "does not begin a", "which column decides", "where the history begins", "what its partitions are",
            "cannot be the key of a partition", "is not the name of a table", "found '2022-02-30'",
            // Of schedules and sensors.
            "has a + in the middle", "cannot be the name of a schedule",
            "cannot be the name of a backfill", "the name of a bronze table",
            "the address of a page", "no time from one look", "no table is younger",
            // Of models and of lineage.
            "needs 'history'", "openlineage has exactly one", "not an address of HTTP",
            // Of serve.
            "found 'localhost:99999'",
        ]
        let suite = `A mistake in a lake's files`.self
        let wrong =
            (suite.ofLakeYAML + suite.ofConnections + suite.ofSources + suite.ofTables + suite.ofModels
            + suite.ofPartitions + suite.ofTriggers + `The key serve`.ofServe)
            .filter {
                wrong in
                codes.contains { wrong.mistake.hasSuffix("[project.\($0)]") }
                    && !beyond.contains { wrong.mistake.contains($0) }
            }
        #expect(wrong.count > 40)
        let documents = try wrong.map { wrong -> (String, String) in
            if wrong.file == "lake.yaml" { return ("lake", wrong.text) }
            if wrong.file.hasPrefix("sources") { return ("source", wrong.text) }
            return ("model", try #require(header(of: wrong.text)))
        }
        let accepted = try zip(verdicts(documents), wrong).filter(\.0).map(\.1.mistake)
        #expect(accepted == [])
    }

    private func files(of folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { ["yaml", "sql"].contains($0.pathExtension) }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    private func header(of model: String) -> String? {
        guard let start = model.firstRange(of: "/*---"), let end = model.firstRange(of: "---*/") else {
            return nil
        }
        return String(model[start.upperBound..<end.lowerBound])
    }

    /// Whether each of the documents is accepted by the schema of its name.
    private func verdicts(_ documents: [(schema: String, yaml: String)]) throws -> [Bool] {
        let input: [String: Any] = [
            "schemas": [
                "lake": ProjectSchemas.lake, "source": ProjectSchemas.source,
                "model": ProjectSchemas.modelHeader,
            ],
            "documents": documents.map { [$0.schema, $0.yaml] },
        ]
        let output = try python(
            """
            import json, sys, yaml
            from jsonschema import Draft202012Validator as Validator
            class Loader(yaml.SafeLoader): pass
            # Days are texts in YAML 1.2, which editors have.
            Loader.yaml_implicit_resolvers = {
                first: [r for r in found if r[0] != "tag:yaml.org,2002:timestamp"]
                for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()}
            given = json.load(sys.stdin)
            validators = {}
            for name, text in given["schemas"].items():
                schema = json.loads(text)
                Validator.check_schema(schema)
                validators[name] = Validator(schema)
            print(json.dumps([validators[s].is_valid(yaml.load(d, Loader)) for s, d in given["documents"]]))
            """, input: JSONSerialization.data(withJSONObject: input))
        return try JSONDecoder().decode([Bool].self, from: output)
    }
}

private let isValidatorInstalled: Bool = {
    do {
        _ = try python("import jsonschema, yaml", input: Data())
        return true
    } catch {
        return false
    }
}()

private struct PythonFailed: Error {
    let status: Int32
}

private func python(_ program: String, input: Data) throws -> Data {
    let process = Process()
    let (standardInput, standardOutput) = (Pipe(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program]
    process.standardInput = standardInput
    process.standardOutput = standardOutput
    try process.run()
    // The program reads all of its input before it writes, so neither pipe can fill while both sides wait.
    try standardInput.fileHandleForWriting.write(contentsOf: input)
    try standardInput.fileHandleForWriting.close()
    let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw PythonFailed(status: process.terminationStatus) }
    return output
}
