import TarnTesting
import DuckDB
import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import Project
import Testing
import Transform

/// Remembers nothing: every analysis is made anew.
struct NoCache: AnalysisCache {
    func analyses(for keys: [String]) async throws -> [String: StatementAnalysis] { [:] }
    func remember(_ analyses: [String: StatementAnalysis]) async throws {}
}

/// A lake's files without a mistake, to be changed by each test.
struct LakeFiles {
    var files = [
        "lake.yaml": """
        name: little
        store: store
        environments:
          local:
            connections:
              c: { kind: sqlite, path: "databases/{database}.db" }
        exclude:
          - { table: secret_*, reason: "Nobody may read it." }
        """,
        "sources/app.yaml": """
        connection: c
        tables:
          customer:
          invoice:
        """,
        "models/silver/dim_customer.sql": "SELECT * FROM bronze_app.customer",
    ]

    init(_ changes: [String: String] = [:]) { files.merge(changes) { $1 } }

    /// Writes them to a folder of their own.
    func write() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, text) in files {
            let path = "\(folder.path)/\(name)"
            try FileManager.default.createDirectory(
                atPath: String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]),
                withIntermediateDirectories: true)
            // Every model has a header; without one of the test's own it takes three lines.
            let needsHeader = name.hasSuffix(".sql") && !text.hasPrefix("/*---")
            let header = needsHeader ? "/*---\ndescription: A model.\n---*/\n" : ""
            try Data((header + text).utf8).write(to: URL(filePath: path))
        }
        return folder
    }

    func graph() async throws -> LakeGraph {
        let folder = try write()
        let loaded = LakeDefinition.load(folder: folder.path, environmentVariables: [:])
        return try await LakeGraph.analyze(loaded, with: StatementAnalyzer(cache: NoCache()))
    }

    /// Everything that is wrong, each as `place code`.
    func mistakes() async throws -> [any Diagnostic] {
        do {
            _ = try await graph()
            return []
        } catch let diagnostics as Diagnostics {
            return diagnostics.all
        }
    }
}
