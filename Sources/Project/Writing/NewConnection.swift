internal import Yams

/// A connection that is to be written into `lake.yaml`.
package struct NewConnection: Sendable {
    package let name: String
    /// Its keys in order; a value is text that is no variable.
    private let keys: [(key: String, value: String)]
    /// The environment variable that has the password; `nil` if there is none.
    package let passwordVariable: String?

    package static func sqlite(name: String, path: String) -> NewConnection {
        NewConnection(
            name: name, keys: [("kind", "sqlite"), ("path", YAMLWriting.literal(path))], passwordVariable: nil
        )
    }

    /// - Parameter tls: As it is written; `nil` leaves the default.
    package static func server(
        name: String, kind: String, _ server: SourceAddress.Server, socket: String?, tls: String?,
        authority: String?, passwordVariable: String?
    ) -> NewConnection {
        var keys = [("kind", kind)]
        if let socket {
            keys.append(("socket", YAMLWriting.literal(socket)))
        } else {
            keys.append(("host", YAMLWriting.literal(server.host)))
            keys.append(("port", String(server.port)))
        }
        keys.append(("user", YAMLWriting.literal(server.user)))
        if let tls { keys.append(("tls", tls)) }
        if let authority { keys.append(("ca_file", YAMLWriting.literal(authority))) }
        return NewConnection(name: name, keys: keys, passwordVariable: passwordVariable)
    }

    /// `shop: { kind: mysql, … }`: the password is only ever a variable.
    package var line: String {
        var keys = keys
        if let passwordVariable { keys.append(("password", "\"${\(passwordVariable)}\"")) }
        return "\(YAMLWriting.scalar(name)): { "
            + keys.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + " }"
    }

    /// `text`, which is a lake.yaml, with this connection in `environment`; `nil` if it cannot be put there
    /// without touching what is there.
    package func added(to text: String, environment: String) -> String? {
        let yaml = YAMLText(text)
        if let grown = yaml.appending(
            [YAMLEntry(name: name, lines: [line])],
            toMappingAt: ["environments", environment, "connections"])
        {
            return grown
        }
        // The first connection of a lake that had none at all.
        return yaml.appending(
            [
                YAMLEntry(
                    name: "environments",
                    lines: [
                        "environments:", "  \(YAMLWriting.scalar(environment)):", "    connections:",
                        "      \(line)",
                    ])
            ], toMappingAt: [])
    }

    /// The connections that `text`, which is a lake.yaml, has in `environment`, right or wrong.
    package static func names(in text: String, environment: String) -> [String] {
        let path: [String] = ["environments", environment, "connections"]
        return YAMLText(text).names(at: path)
    }
}
