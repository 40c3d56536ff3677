internal import ArgumentParser
internal import FoundationEssentials
internal import LakeModel
internal import Project

struct SourceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source",
        abstract: "Add, test and look into the databases that rows come from.",
        subcommands: [AddSource.self, TestSource.self, PreviewSource.self, ListSources.self],
        defaultSubcommand: ListSources.self)
}

/// A lake's files for commands that need one source of it to be right, and not the whole lake.
struct SourceFiles {
    let definition: LakeDefinition
    let mistakes: [any Diagnostic]

    /// - Throws: `Diagnostics` if lake.yaml does not say enough.
    init(_ lake: LakeOptions, variables: [String: String] = ProcessInfo.processInfo.environment) throws {
        try self.init(folder: try lake.folder, variables: variables)
    }

    init(folder: String, variables: [String: String]) throws {
        let loaded = LakeDefinition.load(folder: folder, environmentVariables: variables)
        guard let definition = loaded.definition else { throw Diagnostics(loaded.mistakes) }
        self.definition = definition
        mistakes = loaded.mistakes
    }

    /// The source of that name.
    /// - Throws: what is wrong with its files, or that there is none.
    func source(_ name: String) throws -> SourceDefinition {
        if let source = definition.sources.first(where: { $0.name.text == name }) { return source }
        let own = mistakes.filter {
            $0.place?.file == "sources/\(name).yaml" || $0.place?.file == "lake.yaml"
        }
        if !own.isEmpty, SourceName(name) != nil, own.contains(where: { $0.place?.file != "lake.yaml" }) {
            throw Diagnostics(own)
        }
        guard mistakes.isEmpty else { throw Diagnostics(mistakes) }
        throw UnknownSource(name: name, known: definition.sources.map(\.name.text))
    }
}

/// The lake has no such source.
struct UnknownSource: Diagnostic {
    let name: String
    let known: [String]

    var code: String { "usage.unknown-source" }
    var problem: String { "This lake has no source '\(name)'." }
    var remedy: String {
        let meant = nearestName(to: name, among: known).map { "Did you mean '\($0)'? " } ?? ""
        return meant + (known.isEmpty ? "Add one: tarn source add URL" : "All sources: tarn source list")
    }
}
