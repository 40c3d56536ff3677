internal import ArgumentParser
internal import FoundationEssentials
internal import LakeModel
internal import Orchestrator

/// Which lake a command is about.
struct LakeOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The lake's folder. Default: $TARN_LAKE, or the nearest folder with a lake.yaml, from here upwards.",
            valueName: "folder"),
        completion: .directory)
    var lake: String?

    var folder: String {
        get throws {
            if let lake { return lake }
            if let lake = ProcessInfo.processInfo.environment["TARN_LAKE"], !lake.isEmpty { return lake }
            var folder = URL(filePath: FileManager.default.currentDirectoryPath)
            while true {
                if FileManager.default.fileExists(atPath: folder.appending(path: "lake.yaml").path) {
                    return folder.path
                }
                let parent = folder.deletingLastPathComponent()
                guard parent.path != folder.path else { throw NoLake() }
                folder = parent
            }
        }
    }

    func open() async throws -> Lake {
        try await Lake.open(folder: try folder, variables: ProcessInfo.processInfo.environment)
    }
}

/// Which assets a command is about.
struct SelectionOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Assets to select; none selects all.",
            discussion: """
                silver.fact_invoice     one asset (the table's name alone will do)
                silver.dim_*            all that match
                +gold.revenue_by_month  it and all that it is made from (2+x: two steps)
                bronze_v3_order.*+      they and all that is made from them (x+1: one step)
                layer:silver  source:v3_*  tag:finance
                a,b                     what is in both; several arguments: what is in any
                """,
            valueName: "selection"))
    var selection: [String] = []

    @Option(
        name: .long, parsing: .singleValue, help: ArgumentHelp("Assets to leave out.", valueName: "selection")
    )
    var exclude: [String] = []

    func parse() throws -> Selection { try Selection(selection, excluding: exclude) }
}

struct JSONOption: ParsableArguments {
    @Flag(name: .long, help: "Answer in JSON (docs/cli.md has the shapes).")
    var json = false
}

/// There is no lake here.
struct NoLake: Diagnostic {
    var code: String { "usage.no-lake" }
    var problem: String { "There is no lake.yaml in this folder or above it." }
    var remedy: String {
        "Go to a lake's folder, give it (--lake FOLDER), or make one: tarn init --template telecom FOLDER"
    }
}
