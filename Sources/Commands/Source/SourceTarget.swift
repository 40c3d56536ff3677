internal import FoundationEssentials
internal import Glibc
internal import LakeModel
internal import Project
internal import Terminal

/// Where a new source is, and how the lake reaches it: by a connection that it has, or by a new one.
struct SourceTarget {
    let connection: ConnectionDefinition
    let database: String
    /// `nil` if the lake has the connection already.
    let new: NewConnection?
    /// What must be in the environment for the lake to work, if it is not there.
    let missingVariable: String?
    /// With what this process knows besides its environment.
    let variables: [String: String]
}

/// Finds the ``SourceTarget`` of an address.
struct SourceTargetFinder {
    let files: SourceFiles
    /// Of lake.yaml.
    let lakeText: String
    let variables: [String: String]
    /// The options of the command.
    var connection: String?
    var passwordVariable: String?
    var hasPassword = true
    var socket: String?
    var tls: String?
    var authority: String?

    private var lake: LakeDefinition { files.definition }

    func find(_ address: SourceAddress) throws -> SourceTarget {
        switch address.system {
        case .sqlite(let path): try file(path)
        case .mysql(let server): try self.server("mysql", server, address.password) { .mysql($0) }
        case .postgres(let server): try self.server("postgres", server, address.password) { .postgres($0) }
        }
    }

    // MARK: Files

    private func file(_ path: String) throws -> SourceTarget {
        let absolute = SourceTargetFinder.absolute(path)
        let folder = absolute.prefix(upTo: absolute.lastIndex(of: "/") ?? absolute.startIndex)
        let name = String(absolute.dropFirst(folder.count + 1))
        let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 }
        let database = String(name[..<(dot ?? name.endIndex)])
        let suffix = String(name[(dot ?? name.endIndex)...])
        let pattern = "\(folder)/{database}\(suffix)"
        let known = try candidates { connection in
            connection.kind.name == "sqlite"
                && (connection.kind.filePattern == pattern || connection.kind.filePattern == absolute)
        }
        if let known { return existing(known, database) }
        let base = lake.folder + "/"
        let written = pattern.hasPrefix(base) ? String(pattern.dropFirst(base.count)) : pattern
        let connectionName = try newName(suggested: "files")
        return SourceTarget(
            connection: ConnectionDefinition(
                name: connectionName, place: Place(file: "lake.yaml"), kind: .sqlite(path: pattern)),
            database: database, new: .sqlite(name: connectionName, path: written), missingVariable: nil,
            variables: variables)
    }

    // MARK: Servers

    private func server(
        _ kind: String, _ server: SourceAddress.Server, _ given: Secret?,
        _ make: (ConnectionDefinition.ServerAddress) -> ConnectionDefinition.Kind
    ) throws -> SourceTarget {
        let absoluteSocket = socket.map { SourceTargetFinder.absolute($0) }
        let known = try candidates { connection in
            guard connection.kind.name == kind, let other = connection.kind.server,
                other.user == server.user
            else { return false }
            if let absoluteSocket { return other.socket == absoluteSocket }
            return other.socket == nil && other.host == server.host && other.port == server.port
        }
        if let known {
            if given != nil { warnOfPassword() }
            if passwordVariable != nil || !hasPassword || tls != nil {
                Output.note(
                    "note: the connection '\(known.name)' of lake.yaml leads there; its own settings are used"
                )
            }
            return existing(known, server.database)
        }
        let name = try newName(suggested: SourceTargetFinder.word(server.host, or: kind))
        let variable =
            passwordVariable ?? "\(SourceTargetFinder.word(name, or: kind).uppercased())_PASSWORD"
        guard SourceTargetFinder.isVariable(variable) else {
            throw SourceUsage(
                "--password-env takes the name of an environment variable.",
                "For example: --password-env SHOP_PASSWORD; its value is the password.")
        }
        let password = try self.password(given, in: variable, for: server)
        let authorityPath = authority.map { SourceTargetFinder.absolute($0) }
        let isLocal = absoluteSocket != nil || ["localhost", "127.0.0.1", "::1"].contains(server.host)
        let mode: ConnectionDefinition.TLSMode =
            switch tls ?? (isLocal ? "false" : "true") {
            case "true": .on
            case "verify": .verified(authority: authorityPath)
            default: .off
            }
        let address = ConnectionDefinition.ServerAddress(
            host: server.host, port: server.port, socket: absoluteSocket, user: server.user,
            password: password ?? Secret(""), tls: mode)
        var all = variables
        if let password { all[variable] = password.reveal() }
        return SourceTarget(
            connection: ConnectionDefinition(
                name: name, place: Place(file: "lake.yaml"), kind: make(address)),
            database: server.database,
            new: .server(
                name: name, kind: kind, server, socket: absoluteSocket, tls: tls, authority: authorityPath,
                passwordVariable: password == nil ? nil : variable),
            missingVariable: password != nil && variables[variable]?.isEmpty != false ? variable : nil,
            variables: all)
    }

    /// `nil` if there is none.
    private func password(
        _ given: Secret?, in variable: String, for server: SourceAddress.Server
    ) throws -> Secret? {
        if let given {
            warnOfPassword()
            return given
        }
        guard hasPassword else { return nil }
        if let value = variables[variable], !value.isEmpty { return Secret(value) }
        guard passwordVariable == nil else {
            throw SourceUsage(
                "The environment variable \(variable) is not set.",
                "Set it to the password of \(server.user), or leave --password-env out to be asked.")
        }
        switch SecretPrompt.ask("password of \(server.user) at \(server.host): ") {
        case .text(let text): return text.isEmpty ? nil : Secret(text)
        case .interrupted: throw CancellationError()
        case .none:
            throw SourceUsage(
                "There is no password, and no terminal to ask for it.",
                "Set \(variable), name another variable (--password-env), or say --no-password.")
        }
    }

    private func warnOfPassword() {
        Output.note(
            "\(Output.errorStyle.yellow("warning")): the password stands on the command line, where the shell's history "
                + "and other users can see it. It is not written to any file. Better: --password-env, or be asked."
        )
    }

    // MARK: Connections of the lake

    private func existing(_ connection: ConnectionDefinition, _ database: String) -> SourceTarget {
        SourceTarget(
            connection: connection, database: database, new: nil, missingVariable: nil, variables: variables)
    }

    /// The connection that leads there: the one that was named, or the first.
    private func candidates(_ isMeant: (ConnectionDefinition) -> Bool) throws -> ConnectionDefinition? {
        guard let name = connection else {
            return lake.connections.values.filter(isMeant).min { $0.name < $1.name }
        }
        guard let named = lake.connections[name] else { return nil }
        guard isMeant(named) else {
            throw SourceUsage(
                "The connection '\(name)' of lake.yaml leads elsewhere.",
                "Leave --connection out, or give the new connection another name.")
        }
        return named
    }

    /// - Throws: if the lake has a connection of that name which is wrong.
    private func newName(suggested: String) throws -> String {
        let taken = Set(NewConnection.names(in: lakeText, environment: lake.environment))
        if let name = connection {
            guard taken.contains(name) else { return name }
            throw Diagnostics(files.mistakes)
        }
        let broken = taken.subtracting(lake.connections.keys).sorted()
        if !broken.isEmpty {
            Output.note(
                "note: it is not known where \(broken.joined(separator: ", ")) of lake.yaml leads (see tarn validate), "
                    + "so a new connection is made")
        }
        guard taken.contains(suggested) else { return suggested }
        return (2...).lazy.map { "\(suggested)_\($0)" }.first { !taken.contains($0) } ?? suggested
    }

    /// `path` below the working folder, without `.` and `..`.
    private static func absolute(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath
        return URL(filePath: path.hasPrefix("/") ? path : "\(here)/\(path)").standardized.path
    }

    /// `text` as a lower-case word: `db.internal` becomes `db_internal`.
    static func word(_ text: String, or other: String) -> String {
        var word = ""
        for character in text.lowercased() {
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            if isPlain { word.append(character) } else if word.last != "_" { word.append("_") }
        }
        while word.last == "_" { word.removeLast() }
        guard let first = word.first, first.isLetter else { return word.isEmpty ? other : "\(other)_\(word)" }
        return word
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.first, first.isASCII, first.isLetter || first == "_" else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}

/// Something that `tarn source add` cannot do as it was asked.
struct SourceUsage: Diagnostic {
    let problem: String
    let remedy: String

    init(_ problem: String, _ remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }

    var code: String { "usage.source-add" }
}
