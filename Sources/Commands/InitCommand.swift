internal import ArgumentParser
internal import CTemplates
internal import FoundationEssentials
internal import LakeModel
internal import Terminal

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new lake.",
        discussion: """
            Templates:
              empty     lake.yaml and the folders, with a commented example of a source
              telecom   a telecoms company: 25 sources with about 60 tables, silver and gold; see tarn demo
            """)

    enum Template: String, ExpressibleByArgument, CaseIterable { case empty, telecom }

    @Argument(help: "The folder to make it in; it is made if it is missing.", completion: .directory)
    var folder = "."
    @Option(name: .long, help: "What to begin with: empty or telecom.") var template = Template.empty

    func run() async throws {
        let root = URL(filePath: folder)
        guard !FileManager.default.fileExists(atPath: root.appending(path: "lake.yaml").path) else {
            throw LakeExists(folder: folder)
        }
        let files = template == .telecom ? Template.telecomFiles : Template.emptyFiles
        for (path, bytes) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try bytes.write(to: file, options: .withoutOverwriting)
        }
        // The store is never made by a run: a missing one may be a disk that is not mounted.
        for empty in ["lake", "models/silver", "models/gold"] {
            try FileManager.default.createDirectory(
                at: root.appending(path: empty), withIntermediateDirectories: true)
        }
        Output.line("made a lake in \(folder) (\(countText(files.count)) files)")
        let next = template == .telecom ? ["tarn demo generate", "tarn run"] : ["tarn validate", "tarn run"]
        Output.line(
            "next: \(([folder == "." ? nil : "cd \(folder)"] + next).compactMap { $0 }.joined(separator: " && "))"
        )
    }
}

extension InitCommand.Template {
    static var telecomFiles: [(String, Data)] {
        var files: [(String, Data)] = []
        var entry = tarn_telecom_files()
        while let file = entry?.pointee, let path = file.path {
            files.append((String(cString: path), Data(bytes: file.bytes, count: file.count)))
            entry = entry?.advanced(by: 1)
        }
        return files
    }

    static var emptyFiles: [(String, Data)] {
        [
            (
                "lake.yaml",
                Data(
                    """
                    name: lake
                    description: What this lake is for.
                    store: ./lake
                    timezone: Europe/London
                    environment: local
                    environments:
                      local:
                        connections:
                          files: { kind: sqlite, path: "databases/{database}.db" }
                          # server: { kind: mysql, host: 127.0.0.1, port: 3306, user: tarn, password: "${MYSQL_PASSWORD}" }
                    tolerance: 1%

                    """.utf8)
            ),
            (
                "sources/README.md",
                Data(
                    """
                    One file for each source: `sources/<name>.yaml`. For example `sources/shop.yaml`:

                        description: The shop's database.
                        connection: files
                        database: shop
                        tables:
                          customer:
                            mode: incremental
                            key: [id]
                            cursor: updated_at
                          country: {}

                    Then `tarn run` brings `bronze_shop.customer` and `bronze_shop.country` into the lake.

                    """.utf8)
            ),
        ]
    }
}

/// The folder is a lake already.
struct LakeExists: Diagnostic {
    let folder: String

    var code: String { "usage.lake-exists" }
    var problem: String { "There is a lake in \(folder) already." }
    var remedy: String { "Choose another folder; nothing was changed." }
}
