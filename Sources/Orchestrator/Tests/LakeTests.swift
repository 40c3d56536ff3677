package import LakeModel
internal import LakeSQL
internal import LakeStore
package import Project
package import Transform

/// The unit tests of a lake's models. They need neither its history nor its data: what was published, if
/// anything was, tells the types of columns.
package struct LakeTests: Sendable {
    package let tests: [ModelTestDefinition]
    private let graph: LakeGraph
    private let variables: [String: String]

    /// Reads the files of the lake in `folder`, and its tests.
    /// - Throws: ``Diagnostics`` with every mistake in them.
    package static func load(folder: String, variables: [String: String]) async throws -> LakeTests {
        let loaded = LakeDefinition.load(folder: folder, environmentVariables: variables)
        let tests = LakeDefinition.loadTests(folder: folder, of: loaded)
        let graph: LakeGraph
        do {
            graph = try await LakeGraph.analyze(
                loaded, with: StatementAnalyzer(cache: NothingRemembered()), at: Lake.now())
        } catch let mistakes as Diagnostics {
            throw Diagnostics(mistakes.all + tests.mistakes)
        }
        let mistakes = tests.mistakes + graph.mistakes(in: tests.tests)
        guard mistakes.isEmpty else { throw Diagnostics(mistakes) }
        return LakeTests(tests: tests.tests, graph: graph, variables: variables)
    }

    /// What is wrong in the test files of a lake, as far as its own files can be read.
    package static func mistakes(
        folder: String, variables: [String: String], graph: LakeGraph?
    ) -> [any Diagnostic] {
        let loaded = LakeDefinition.load(folder: folder, environmentVariables: variables)
        let tests = LakeDefinition.loadTests(folder: folder, of: loaded)
        return tests.mistakes + (graph?.mistakes(in: tests.tests) ?? [])
    }

    /// - Parameter words: Names of tests, or selections of models; none means all.
    /// - Throws: ``SelectionMistake``, ``UnknownTest``.
    package func selected(_ words: [String], excluding excluded: [String] = []) throws
        -> [ModelTestDefinition]
    {
        let left = excluded.isEmpty ? [] : try graph.resolve(Selection(excluded))
        var names: Set<String> = []
        var models: Set<AssetKey> = []
        for word in words {
            let named = tests.filter { $0.name.lowercased() == word.lowercased() }
            if !named.isEmpty {
                names.formUnion(named.map(\.name))
                continue
            }
            do {
                models.formUnion(try graph.resolve(Selection([word])))
            } catch let mistake as SelectionMistake {
                if let nearest = nearestName(to: word, among: tests.map(\.name)) {
                    throw UnknownTest(name: word, nearest: nearest)
                }
                throw mistake
            }
        }
        return tests.filter { test in
            !left.contains(test.model)
                && (words.isEmpty || names.contains(test.name) || models.contains(test.model))
        }
    }

    /// One result for each of `tests`, in their order.
    package func run(_ tests: [ModelTestDefinition]) async throws -> [ModelTestResult] {
        try await ModelTests(graph, published: try await published(for: tests)).run(tests)
    }

    /// The columns of what the models of `tests` are made from.
    private func published(
        for tests: [ModelTestDefinition]
    ) async throws -> [AssetKey: [ColumnSchema]] {
        let definition = graph.definition
        guard
            let store = try? await OpenedStore(
                definition.store, systemFolder: Lake.systemFolder(of: definition), variables: variables
            ).store
        else { return [:] }
        let manifests = ManifestStore(store)
        var schemas: [AssetKey: [ColumnSchema]] = [:]
        for key in graph.assets.upstream(of: Set(tests.map(\.model))) {
            schemas[key] = try await LakeSession.state(of: key, manifests, store)?.schema
        }
        return schemas
    }
}

/// A word that names neither a test nor a model.
package struct UnknownTest: Diagnostic {
    let name: String
    let nearest: String

    package var code: String { "selection.unknown-test" }
    package var problem: String { "'\(name)' is neither a test nor a model of this lake." }
    package var remedy: String { "Did you mean '\(nearest)'? All tests: tarn test --all" }
}

private struct NothingRemembered: AnalysisCache {
    func analyses(for keys: [String]) async throws -> [String: StatementAnalysis] { [:] }
    func remember(_ analyses: [String: StatementAnalysis]) async throws {}
}
