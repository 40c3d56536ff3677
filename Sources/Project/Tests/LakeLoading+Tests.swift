package import LakeModel
internal import Yams

/// The unit tests of a lake, and everything that is wrong in their files.
package struct LoadedTests: Sendable {
    /// Those that are right, in the order of files.
    package let tests: [ModelTestDefinition]
    package let mistakes: [any Diagnostic]
}

extension LakeDefinition {
    /// Reads `tests/*.yaml` of the lake in `folder`. They are no part of its definition: a mistake in a test
    /// must not keep a night from running.
    package static func loadTests(folder: String, of lake: LoadedLake) -> LoadedTests {
        let loading = LakeLoading(folder: LakeFolder(folder), variables: [:])
        let tests = loading.tests(among: lake.named, unreadable: lake.unreadable)
        return LoadedTests(tests: tests, mistakes: Diagnostics(loading.mistakes.all).all)
    }
}

extension LakeLoading {
    fileprivate func tests(
        among named: Set<AssetKey>, unreadable: Set<SourceName>
    ) -> [ModelTestDefinition] {
        var tests: [ModelTestDefinition] = []
        for entry in folder.entries(of: "tests") ?? [] {
            let file = "tests/\(entry.name)"
            guard stem(of: entry, file: file, suffix: ".yaml") != nil, let text = text(of: file) else {
                continue
            }
            let document = YAMLDocument(file: file, variables: variables, mistakes: mistakes)
            guard let root = document.root(of: text),
                let reader = MappingReader(root, ModelTestKeys.shape, document)
            else { continue }
            let read = ModelTestFile(reader, document)
            lookUp(read.references, among: named, unreadable: unreadable)
            for test in read.tests {
                if let twin = tests.first(where: { $0.model == test.model && $0.name == test.name }) {
                    mistakes.add(
                        .duplicate, at: test.place,
                        "\(test.model) has two tests '\(test.name)': first at \(twin.place).",
                        remedy: "Rename one of the two, or remove it.")
                } else {
                    tests.append(test)
                }
            }
        }
        return tests
    }

    private func lookUp(
        _ references: [ModelTestFile.Reference], among known: Set<AssetKey>, unreadable: Set<SourceName>
    ) {
        for reference in references {
            if known.contains(reference.asset) { continue }
            if let source = reference.asset.source {
                if unreadable.contains(source) { continue }
                let table = reference.asset.table.text
                if table.hasSuffix("__all"), let table = TableName(String(table.dropLast(5))),
                    known.contains(.bronze(source, table))
                {
                    continue
                }
            }
            let meant = suggestion(
                for: reference.asset.description, among: known.sorted().map(\.description))
            reference.document.report(
                .unknownTable, reference.node,
                "there is no table \(reference.node.inWords) in this lake\(meant.isEmpty ? "." : meant)",
                remedy: "Name a model, or a table of a source as bronze_<source>.<table>.")
        }
    }
}
