package import LakeModel
internal import Yams

/// Where run events in the format of OpenLineage go.
package struct OpenLineageDefinition: Hashable, Sendable {
    package let sink: Sink
    /// Of the jobs and tables of this lake.
    package let namespace: String
    package let timeout: Duration

    package enum Sink: Hashable, Sendable {
        /// The absolute path of a file to which each event is appended as one line.
        case file(String)
        /// Each event is posted to it. The token is sent along; `nil` if none is asked for.
        case http(url: String, token: Secret?)
    }
}

/// The keys of `openlineage` of `lake.yaml`.
enum OpenLineageKeys {
    static let openLineage = Key(
        "openlineage", .mapping(shape), "Where run events in the format of OpenLineage go. Default: nowhere.")

    static let file = Key(
        "file", .text,
        "A file to which each event is appended as a line of JSON, relative to the lake's folder.")
    static let url = Key(
        "url", .text, "Where each event is posted, such as http://marquez:5000/api/v1/lineage.")
    static let token = Key("token", TokenKeys.secret, "${VARIABLE} with a bearer token for 'url'.")
    static let namespace = Key(
        "namespace", .text, "What jobs and tables of this lake are filed under. Default: the lake's name.")
    static let timeout = Key("timeout", .duration, "How long an answer may take. Default: 10s.")

    static let shape = MappingShape("openlineage", [file, url, token, namespace, timeout])

    /// `nil` after it has been reported what is wrong.
    static func read(_ reader: MappingReader, name: String?, folder: LakeFolder) -> OpenLineageDefinition? {
        let document = reader.document
        let (path, address) = (reader[file], reader[url])
        guard reader.has(file.name) != reader.has(url.name) else {
            document.report(
                reader.has(file.name) ? .conflict : .missingKey,
                reader.has(file.name) ? reader.node(of: url.name) : reader.node,
                "openlineage has exactly one of file, url.", remedy: "Say where the events go.")
            return nil
        }
        if reader.has(token.name), !reader.has(url.name) {
            document.report(
                .conflict, reader.node(of: token.name), "'token' has no meaning without 'url'.",
                remedy: "Remove it.")
        }
        let sink: OpenLineageDefinition.Sink
        if let path {
            sink = .file(folder.absolute(path))
        } else if let address {
            guard address.hasPrefix("http://") || address.hasPrefix("https://") else {
                document.reportValue(
                    reader.value(of: url.name) ?? reader.node, "'url' is not an address of HTTP.",
                    remedy: "Write, say, http://127.0.0.1:5000/api/v1/lineage.")
                return nil
            }
            sink = .http(url: address, token: reader[token])
        } else {
            return nil
        }
        return OpenLineageDefinition(
            sink: sink, namespace: reader[namespace] ?? name ?? "tarn",
            timeout: reader[timeout] ?? .seconds(10))
    }
}
