internal import ArgumentParser

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "A folder as a store that other tools reach.",
        subcommands: [StoreServeCommand.self])
}
