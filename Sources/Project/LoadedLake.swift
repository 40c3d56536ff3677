package import LakeModel
internal import Yams

/// A lake's files as far as they are right, and everything that is wrong in them.
package struct LoadedLake: Sendable {
    /// Without the sources, tables and models that are wrong; `nil` if `lake.yaml` does not say enough.
    package let definition: LakeDefinition?
    /// Every table and model that a file names, those with mistakes included: who refers to one of them
    /// makes no second mistake.
    package let named: Set<AssetKey>
    /// Sources whose file cannot be read, so that their tables are not known.
    package let unreadable: Set<SourceName>
    /// In the order of their places.
    package let mistakes: [any Diagnostic]
}

extension LakeDefinition {
    /// Reads `lake.yaml`, `sources/` and `models/` below `folder`, which may be relative to the working
    /// folder.
    ///
    /// `environmentVariables` replace `${NAME}`. `environment` overrides the one that `lake.yaml` chooses.
    package static func load(
        folder: String, environmentVariables: [String: String], environment: String? = nil
    ) -> LoadedLake {
        let loading = LakeLoading(folder: LakeFolder(folder), variables: environmentVariables)
        let (definition, named, unreadable) = loading.load(environment: environment)
        return LoadedLake(
            definition: definition, named: named, unreadable: unreadable,
            mistakes: Diagnostics(loading.mistakes.all).all)
    }

    /// The same for who needs a lake without any mistake.
    ///
    /// - Throws: `Diagnostics` with all of them.
    package static func loadWithoutMistakes(
        folder: String, environmentVariables: [String: String], environment: String? = nil
    ) throws(Diagnostics) -> LakeDefinition {
        let loaded = load(
            folder: folder, environmentVariables: environmentVariables, environment: environment)
        guard let definition = loaded.definition, loaded.mistakes.isEmpty else {
            throw Diagnostics(loaded.mistakes)
        }
        return definition
    }
}
