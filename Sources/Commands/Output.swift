internal import FoundationEssentials
internal import Glibc
internal import LakeModel
internal import Terminal

/// Where commands write: results to standard output, everything else to standard error.
enum Output {
    static let style = Style(of: STDOUT_FILENO)
    static let errorStyle = Style(of: STDERR_FILENO)

    static var width: Int? { terminalSize(of: STDOUT_FILENO)?.columns }

    static func line(_ text: String = "") { put(text + "\n", to: STDOUT_FILENO) }

    static func note(_ text: String) { put(text + "\n", to: STDERR_FILENO) }

    /// JSON in the shape that `docs/cli.md` gives for the command: snake_case, sorted keys.
    static func json(_ value: some Encodable) throws { line(try text(ofJSON: value)) }

    /// The same with a further member that is JSON text already, such as rows whose keys are not ours.
    static func json(_ value: some Encodable, member name: String, is member: String) throws {
        let object = try text(ofJSON: value)
        let end = object.lastIndex(of: "}") ?? object.endIndex
        let open = String(object[..<end].reversed().drop { $0.isWhitespace }.reversed())
        line("\(open),\n  \"\(name)\" : \(member)\n}")
    }

    /// The same in one line.
    static func jsonLine(_ value: some Encodable) throws { line(try text(ofJSON: value, in: [])) }

    private static func text(
        ofJSON value: some Encodable, in layout: JSONEncoder.OutputFormatting = .prettyPrinted
    ) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = layout.union([.sortedKeys, .withoutEscapingSlashes])
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Every failure with its place and what to do.
    static func report(_ failures: [any Diagnostic]) {
        for failure in failures {
            note("\(errorStyle.red("error")): \(failure.problem) \(errorStyle.dim("[\(failure.code)]"))")
            if let place = failure.place { note("  \(errorStyle.blue("-->")) \(place)") }
            note("  \(errorStyle.cyan("help")): \(failure.remedy)")
        }
        if failures.count > 1 { note("\(failures.count) errors") }
    }

    private static func put(_ text: String, to file: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = write(file, rest.baseAddress, rest.count)
                // Nobody is left who could be told that the output is gone.
                guard count > 0 || errno == EINTR else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[max(count, 0)...])
            }
        }
    }
}

extension Diagnostic {
    /// As it stands in `--json` answers.
    var json: FailureJSON {
        FailureJSON(
            code: code, problem: problem, file: place?.file, line: place?.line, column: place?.column,
            remedy: remedy)
    }
}

struct FailureJSON: Encodable {
    let code: String
    let problem: String
    let file: String?
    let line: Int?
    let column: Int?
    let remedy: String
}
