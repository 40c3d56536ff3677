internal import ArgumentParser

struct Tarn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tarn",
        abstract: "A whole data lake in one binary: extract, refine, prove, serve.",
        discussion: """
            A lake is a folder with lake.yaml, sources/ and models/. Begin with:
              tarn init --template telecom my-lake && cd my-lake
              tarn demo generate && tarn run

            Exit codes: 0 done, 1 something failed, 2 wrong usage or configuration, 130 stopped by Ctrl-C.
            """,
        version: "tarn \(Program.version)",
        subcommands: [
            InitCommand.self, SourceCommand.self, ValidateCommand.self, TestCommand.self, AssetsCommand.self,
            PlanCommand.self, RunCommand.self, PartitionsCommand.self, BackfillCommand.self,
            ScheduleCommand.self,
            StatusCommand.self, RunsCommand.self, LogsCommand.self, CancelCommand.self, SQLCommand.self,
            LineageCommand.self, ReconcileCommand.self, HousekeepCommand.self, ServeCommand.self,
            WorkerCommand.self, StoreCommand.self, DemoCommand.self, SchemaCommand.self,
            CompletionCommand.self,
        ])
}
