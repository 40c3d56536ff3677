internal import DuckDB
package import LakeModel
package import Project

/// Runs unit tests of models: the SELECT of each on given rows, in one DuckDB in memory, without any data.
package struct ModelTests: Sendable {
    private let graph: LakeGraph
    private let published: [AssetKey: [ColumnSchema]]

    /// - Parameter published: The columns of tables as far as they were ever built. They tell the types of
    ///   given values.
    package init(_ graph: LakeGraph, published: [AssetKey: [ColumnSchema]] = [:]) {
        self.graph = graph
        self.published = published
    }

    /// One result for each test, in their order.
    ///
    /// A model that fails is the failure of its test; what is thrown is of DuckDB itself.
    package func run(_ tests: [ModelTestDefinition]) async throws -> [ModelTestResult] {
        let (graph, published) = (graph, published)
        // A handful of rows is read sooner by one thread than it is handed to two.
        let database = try Database(configuration: [
            "threads": "1", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        ])
        return try await database.withConnection { connection in
            let bench = ModelTestBench(graph, published: published, connection)
            return try tests.map { test in
                let began = ContinuousClock.now
                let outcome = try bench.run(test)
                return ModelTestResult(test: test, outcome: outcome, elapsed: .now - began)
            }
        }
    }
}

package struct ModelTestResult: Sendable {
    package let test: ModelTestDefinition
    package let outcome: Outcome
    package let elapsed: Duration

    package enum Outcome: Sendable {
        case passed
        case differs(RowDifference)
        case failed(any Diagnostic)
    }

    package var passed: Bool { if case .passed = outcome { true } else { false } }
}

extension LakeGraph.Model {
    /// The SELECT whose rows a test compares: those of the table. Blocks.
    func testedSQL(on connection: Connection) throws -> String {
        if case .history = definition.materialization {
        } else if !definition.isStrict {
            return definition.sql
        }
        return try TableSelect(definition, on: connection).rows
    }
}
