internal import ArgumentParser
internal import Project

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the lake's files, for editors.",
        discussion: """
            For an editor with the YAML language server:
              tarn schema lake > .tarn/lake.schema.json
              # yaml-language-server: $schema=.tarn/lake.schema.json     (first line of lake.yaml)
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable { case lake, source, model, schedules, tests }

    @Argument(
        help: """
            lake (lake.yaml), source (sources/*.yaml), model (the header of models/*/*.sql), schedules \
            (schedules/*.yaml) or tests (tests/*.yaml).
            """
    )
    var kind: Kind

    func run() {
        switch kind {
        case .lake: Output.line(ProjectSchemas.lake)
        case .source: Output.line(ProjectSchemas.source)
        case .model: Output.line(ProjectSchemas.modelHeader)
        case .schedules: Output.line(ProjectSchemas.schedules)
        case .tests: Output.line(ProjectSchemas.tests)
        }
    }
}

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the completion script of a shell.",
        discussion: """
            bash: tarn completion bash > /etc/bash_completion.d/tarn
            zsh:  tarn completion zsh > "${fpath[1]}/_tarn"
            fish: tarn completion fish > ~/.config/fish/completions/tarn.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() {
        let known: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Output.line(Tarn.completionScript(for: known))
    }
}
