internal import LakeModel
internal import Yams

/// The keys of `serve` of `lake.yaml`.
enum ServeKeys {
    static let serve = Key(
        "serve", .mapping(shape), "How tarn serve is reached over HTTP, and by whom.")

    static let listen = Key(
        "listen", .listenAddress,
        "The address and port to listen on. Default: 127.0.0.1:8080, which only this machine reaches.")
    static let tokens = Key(
        "tokens", .listOfAny(of: .mapping(TokenKeys.shape)),
        "Who may ask: bearer tokens with names for the logs.")
    static let tokensFile = Key(
        "tokens_file", .text,
        "A file with tokens, one to a line: role, name and token. Relative to the lake's folder.")
    static let anonymous = Key(
        "anonymous", .choice as ValueShape<AccessRole>,
        "What may be done without a token: read, or operate. Only if nobody but this machine reaches it. Default: nothing."
    )

    static let shape = MappingShape("serve", [listen, tokens, tokensFile, anonymous])

    static func read(_ reader: MappingReader, folder: LakeFolder) -> ServeDefinition {
        let document = reader.document
        var serve = ServeDefinition(place: document.place(of: reader.node))
        if let address = reader[listen] { serve.listen = address }
        serve.tokensFile = reader[tokensFile].map { folder.absolute($0) }
        serve.anonymous = reader[anonymous]
        var names: [String: Place] = [:]
        for entry in reader[tokens] ?? [] {
            guard let token = TokenKeys.read(entry) else { continue }
            if let twin = names[token.name] {
                document.report(
                    .duplicate, entry.node, "the token '\(token.name)' is there twice: first at \(twin).",
                    remedy: "Rename one of the two, or remove it.")
                continue
            }
            names[token.name] = token.place
            serve.tokens.append(token)
        }
        if reader.has(anonymous.name), !serve.listen.isLoopback {
            document.report(
                .conflict, reader.node(of: anonymous.name),
                "'anonymous' opens \(serve.listen) to everybody who can reach this machine.",
                remedy: "Listen on 127.0.0.1, or remove 'anonymous' and give out tokens.")
        }
        // An address that is wrong is reported once.
        let isForeign = reader.has(listen.name) && !serve.listen.isLoopback
        if isForeign, !reader.has(tokens.name), serve.tokensFile == nil {
            document.report(
                .conflict, reader.node(of: listen.name),
                "others than this machine reach \(serve.listen), and there are no tokens.",
                remedy: "Add 'tokens' or 'tokens_file', or listen on 127.0.0.1.")
        }
        return serve
    }
}

/// The keys of a token.
enum TokenKeys {
    static let name = Key("name", .tag, isRequired: true, "Whose it is; the logs say it.")
    static let token = Key(
        "token", secret, isRequired: true,
        "${VARIABLE} with the token: at least 16 characters. A token itself may not stand in this file.")
    static let role = Key(
        "role", .choice as ValueShape<AccessRole>,
        "What it allows: read, or operate, which also starts and cancels. Default: read.")

    static let shape = MappingShape("a token", [name, token, role])

    static func read(_ reader: MappingReader) -> ServeDefinition.Token? {
        let document = reader.document
        // Who only runs something by hand need not have the tokens of the service.
        let ignored = document.ignoresUnsetVariables
        document.ignoresUnsetVariables = true
        let secret = reader.has(token.name) ? reader[token] : nil
        document.ignoresUnsetVariables = ignored
        guard let name = reader[name], reader.has(token.name) else { return nil }
        let role = reader.has(role.name) ? reader[role] : .read
        guard let role else { return nil }
        return ServeDefinition.Token(
            name: name, token: secret, role: role, place: document.place(of: reader.node))
    }

    /// Text that comes from a variable; what was written instead is never repeated.
    static var secret: ValueShape<Secret> {
        ValueShape(schema: ["type": "string", "pattern": "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-)?\\}$"]) {
            node, document in
            guard case .scalar(let scalar) = node, !node.isNothing, YAMLDocument.holdsNoLiteral(scalar.string)
            else {
                document.report(
                    .secretInFile, node, "a token stands in the file, or nothing does.",
                    remedy: "Write 'token: ${VARIABLE}' or use 'tokens_file', and make a new token.")
                return nil
            }
            return document.text(of: scalar).map { Secret($0) }
        }
    }
}

extension ValueShape where Value == ListenAddress {
    /// `127.0.0.1:8080`.
    static var listenAddress: ValueShape {
        parsed(
            "an address and port such as 127.0.0.1:8080",
            schema: orVariable([
                "type": "string", "pattern": "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}$",
            ])
        ) { ListenAddress($0) }
    }
}
