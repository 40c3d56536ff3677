import Foundation
import LakeModel
import Project

/// A small lake's files without a mistake, to be changed by each test.
struct LakeFiles {
    var files = [
        "lake.yaml": """
        name: little
        store: store
        environments:
          local:
            connections:
              v3: { kind: sqlite, path: "databases/{database}.db" }
        """,
        "sources/v3_billing.yaml": """
        connection: v3
        tables:
          invoice: { key: inv_id }
          customer:
        """,
        "models/silver/dim_customer.sql": """
        /*---
        columns:
          customer_id: { checks: [not_null] }
        ---*/
        SELECT 1 AS customer_id
        """,
    ]
    var variables: [String: String] = [:]

    init(_ changes: [String: String] = [:], variables: [String: String] = [:]) {
        files.merge(changes) { $1 }
        self.variables = variables
    }

    /// Writes the files to a new folder, loads them and removes it.
    func load(environment: String? = nil, _ inspect: (String) throws -> Void = { _ in }) throws -> LoadedLake
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tarn-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try inspect(folder.path)
        return LakeDefinition.load(
            folder: folder.path, environmentVariables: variables, environment: environment)
    }

    /// Everything that is wrong, as users see it without the remedies.
    func mistakes(environment: String? = nil) throws -> [String] {
        try load(environment: environment).mistakes.map { mistake in
            String(mistake.description.prefix { $0 != "\n" })
        }
    }
}
