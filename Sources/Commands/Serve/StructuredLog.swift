internal import FoundationEssentials
internal import Glibc
internal import LakeModel
internal import Logging
internal import Orchestrator

/// Writes log lines to standard error: JSON objects for programs, plain lines for people.
struct StructuredLog: LogHandler {
    enum Form: String, CaseIterable { case json, text }

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let form: Form

    init(_ form: Form, level: Logger.Level) {
        self.form = form
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var values = metadata
        if let own = event.metadata { values.merge(own) { $1 } }
        Output.note(text(event.level, "\(event.message)", values.mapValues { "\($0)" }))
    }

    private func text(_ level: Logger.Level, _ message: String, _ values: [String: String]) -> String {
        let sorted = values.sorted { $0.key < $1.key }
        switch form {
        case .json:
            let members = [("at", Lake.now().description), ("level", level.rawValue), ("message", message)]
            return "{" + (members + sorted).map { "\(quoted($0)):\(quoted($1))" }.joined(separator: ",") + "}"
        case .text:
            // Of texts with several lines, each is one line here.
            let rest = sorted.map { " \($0)=\($1.contains(" ") ? quoted($1) : $1)" }.joined()
            return "\(Lake.now()) \(level.rawValue) \(message)\(rest)".split(separator: "\n").joined(
                separator: " ")
        }
    }

    /// As a JSON string.
    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
