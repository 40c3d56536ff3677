internal import ArgumentParser
internal import Blocking
internal import Extraction
internal import FoundationEssentials
internal import LakeModel
internal import Project
internal import Terminal

struct AddSource: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Look into a database and write the source's file for it.",
        discussion: """
            Connects, lists tables with sizes, keys and candidates for a cursor, and writes sources/NAME.yaml; a new \
            connection is added to lake.yaml. Views are left out. Addresses:
              mysql://user@host:port/database      mariadb:// is the same
              postgres://user@host:port/database
              sqlite:path/to/file.db
            The password comes from an environment variable or is asked for; it is never written to a file.
            """)

    @Argument(
        help: ArgumentHelp("Where the database is. Not needed with --update and --name.", valueName: "url"))
    var url: String?
    @Option(name: .long, help: "The source's name. Default: made from the database's.") var name: String?
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("Only tables whose name matches; may be repeated.", valueName: "glob"))
    var tables: [String] = []
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Tables to leave out, as an exclusion in the file; may be repeated.", valueName: "glob"))
    var exclude: [String] = []
    @Option(
        name: .long,
        help: ArgumentHelp("The connection of lake.yaml to use or to make.", valueName: "name"))
    var connection: String?
    @Option(
        name: .long,
        help: ArgumentHelp("The environment variable that has the password.", valueName: "variable"))
    var passwordEnv: String?
    @Flag(name: .long, help: "The account has no password.") var noPassword = false
    @Option(
        name: .long, help: ArgumentHelp("A Unix socket instead of host and port.", valueName: "path"),
        completion: .file())
    var socket: String?
    @Option(
        name: .long,
        help: "true, false or verify. Default: true, unless the server is this machine.",
        completion: .list(["true", "false", "verify"]))
    var tls: String?
    @Option(
        name: .long,
        help: ArgumentHelp("The authority's certificate, for --tls verify.", valueName: "path"),
        completion: .file())
    var caFile: String?
    @Flag(name: .long, help: "Write the source's file anew if it is there.") var force = false
    @Flag(name: .long, help: "Append tables that the source's file does not have yet.") var update = false
    @Flag(name: .long, help: "Show what would be written, and write nothing.") var dryRun = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        if url == nil, !(update && name != nil) {
            throw ValidationError("Say where the database is: tarn source add mysql://user@host/database")
        }
        if force, update { throw ValidationError("--force and --update cannot both be given.") }
        if noPassword, passwordEnv != nil {
            throw ValidationError("--no-password and --password-env cannot both be given.")
        }
        if let tls, !["true", "false", "verify"].contains(tls) {
            throw ValidationError("--tls takes true, false or verify.")
        }
        if caFile != nil, tls != "verify" { throw ValidationError("--ca-file needs --tls verify.") }
    }

    func run() async throws {
        let folder = try lake.folder
        let variables = ProcessInfo.processInfo.environment
        let files = try SourceFiles(folder: folder, variables: variables)
        let lakeText = try FileChanges.text(of: "lake.yaml", in: folder) ?? ""
        let target = try await target(in: files, lakeText, variables)
        let plan = try await plan(for: target, in: files, folder)
        var changes = FileChanges(folder: folder)
        if let text = plan.text { changes.add(NewSource.file(of: plan.name), text) }
        if let new = target.new, plan.text != nil {
            guard let text = new.added(to: lakeText, environment: files.definition.environment) else {
                throw UneditableFile(
                    file: "lake.yaml", lines: [new.line],
                    place: "environments.\(files.definition.environment).connections")
            }
            changes.add("lake.yaml", text)
        }
        if !dryRun {
            try changes.write()
            do { try validate(changes.files, folder, target.variables) } catch {
                changes.revert()
                throw error
            }
        }
        let report = AddReport(plan: plan, target: target, files: changes.files, isDryRun: dryRun)
        if output.json { try Output.json(report.json) } else { report.show() }
    }

    // MARK: Where

    private func target(
        in files: SourceFiles, _ lakeText: String, _ variables: [String: String]
    ) async throws -> SourceTarget {
        guard let url else {
            let source = try files.source(name ?? "")
            return SourceTarget(
                connection: source.connection, database: source.database, new: nil, missingVariable: nil,
                variables: variables)
        }
        let address = try SourceAddress(url)
        var finder = SourceTargetFinder(files: files, lakeText: lakeText, variables: variables)
        finder.connection = connection
        finder.passwordVariable = passwordEnv
        finder.hasPassword = !noPassword
        (finder.socket, finder.tls, finder.authority) = (socket, tls, caFile)
        // It may ask for a password, which takes as long as somebody thinks.
        return try await BlockingPool.shared.run { [finder] in try finder.find(address) }
    }

    private func sourceName(_ database: String) throws -> SourceName {
        let text = name ?? SourceTargetFinder.word(database, or: "source")
        guard let name = SourceName(text) else {
            throw SourceUsage(
                "'\(visible(text))' cannot be the name of a source.",
                "Lower-case letters, digits and _, a letter first, at most 56 bytes: --name NAME")
        }
        return name
    }

    // MARK: What

    private func plan(
        for target: SourceTarget, in files: SourceFiles, _ folder: String
    ) async throws -> AddPlan {
        let name = try sourceName(target.database)
        let file = NewSource.file(of: name)
        let before = try FileChanges.text(of: file, in: folder)
        var declared: SourceDefinition?
        if before != nil {
            guard force || update else { throw SourceExists(file: file) }
            if update {
                let source = try files.source(name.text)
                guard source.connection.name == target.connection.name, source.database == target.database
                else {
                    throw SourceUsage(
                        "\(file) is of another database: \(source.database) at the connection '\(source.connection.name)'.",
                        "Give the new source another name: --name NAME")
                }
                declared = source
            }
        } else if update {
            throw UnknownSource(name: name.text, known: files.definition.sources.map(\.name.text))
        }
        let source = SourceDefinition(
            name: name, connection: target.connection, database: target.database, tables: [],
            place: Place(file: file))
        let found = try await BlockingPool.shared.run { try SourceDiscovery(source).run() }
        var plan = AddPlan(
            name: name, target: target, found: found, only: tables.map(Glob.init),
            excluded: exclude.map(Glob.init), lakeExclusions: files.definition.exclusions, declared: declared)
        try plan.write(over: before)
        return plan
    }

    /// - Throws: what is wrong in the files that were written.
    private func validate(_ written: [String], _ folder: String, _ variables: [String: String]) throws {
        let loaded = LakeDefinition.load(folder: folder, environmentVariables: variables)
        let own = loaded.mistakes.filter { $0.place.map { written.contains($0.file) } ?? true }
        // A mistake of lake.yaml that was there before is not of our making.
        let new = own.filter { $0.place?.file != "lake.yaml" || loaded.definition == nil }
        if !new.isEmpty { throw Diagnostics(new) }
    }
}

/// There is a file of that source.
struct SourceExists: Diagnostic {
    let file: String

    var code: String { "usage.source-exists" }
    var problem: String { "There is a file \(file) already." }
    var remedy: String {
        "Nothing was changed. --update appends the tables that it does not have (with --dry-run: only shows them), "
            + "--force writes it anew, --name takes another name."
    }
}

/// A file whose text cannot grow by itself.
struct UneditableFile: Diagnostic {
    let file: String
    let lines: [String]
    let place: String

    var code: String { "usage.uneditable-file" }
    var problem: String { "\(file) is written in a way in which nothing can be added to \(place) safely." }
    var remedy: String {
        "Nothing was changed. Add this to \(place) yourself, then run this again:\n      "
            + lines.joined(separator: "\n      ")
    }
}
