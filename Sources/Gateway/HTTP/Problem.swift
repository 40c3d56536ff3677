internal import HTTPTypes
internal import LakeModel

/// Why a request was not carried out: RFC 9457, with Tarn's own code, place and remedy.
struct Problem: Described, Error {
    let type: String
    let title: String
    let status: Int
    /// What went wrong, with the names and figures of the case.
    let detail: String
    let code: String
    let remedy: String
    /// The names of members or parameters that are wrong.
    var fields: [Field]?
    var place: String?
    /// Of several mistakes, all; the first is the problem itself.
    var mistakes: [Mistake]?

    struct Field: Encodable, Sendable {
        let name: String
        let problem: String
    }

    struct Mistake: Encodable, Sendable {
        let code: String
        let problem: String
        let place: String?
        let remedy: String
    }

    static let mediaType = "application/problem+json"
    static let schemaName = "Problem"
    static let schema = Schema.object(
        "Why a request was not carried out (RFC 9457).",
        [
            "type": .text(), "title": .text("What the status means."), "status": .integer(),
            "detail": .text("What went wrong."), "code": .text("A stable name; docs/errors.md has all."),
            "remedy": .text("What to do."),
        ],
        optional: [
            "fields": .list(
                of: .object(["name": .text(), "problem": .text()]), "Members or parameters that are wrong."),
            "place": .text("Where in the lake's files the cause stands."),
            "mistakes": .list(
                of: .object(
                    ["code": .text(), "problem": .text(), "remedy": .text()], optional: ["place": .text()]),
                "Of several mistakes, all."),
        ])

    init(_ refusal: Refusal, fields: [Field]?) {
        self.init(
            status: refusal.status, code: refusal.code, problem: refusal.problem, remedy: refusal.remedy)
        self.fields = fields
    }

    init(status: HTTPResponse.Status, code: String, problem: String, remedy: String, place: Place? = nil) {
        type = "about:blank"
        title = status.reasonPhrase
        self.status = status.code
        detail = problem
        self.code = code
        self.remedy = remedy
        self.place = place?.description
    }

    /// Of anything that was thrown. What is no ``Diagnostic`` may hold anything, and is not shown.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let refusal as Refusal: self.init(refusal, fields: nil)
        case let error as any Diagnostic:
            self.init(
                status: Self.status(of: error), code: error.code, problem: error.problem,
                remedy: error.remedy, place: error.place)
        case let errors as Diagnostics where !errors.all.isEmpty:
            self.init(errors.all[0])
            mistakes = errors.all.map {
                Mistake(
                    code: $0.code, problem: $0.problem, place: $0.place?.description, remedy: $0.remedy)
            }
        default:
            self.init(
                status: .internalServerError, code: "gateway.internal",
                problem: "Something went wrong that has no name (\(Swift.type(of: error))).",
                remedy: "The service's log has more. Try again; if it stays, report it.")
        }
    }

    /// Whose fault a failure is.
    private static func status(of error: any Diagnostic) -> HTTPResponse.Status {
        if error.isTransient { return .serviceUnavailable }
        return switch error.code {
        case "metadata.unknown-run": .notFound
        case "metadata.run-refused", "metadata.step-refused", "backfill.exists": .conflict
        case "backfill.unknown": .notFound
        case "backfill.unknown-name": .unprocessableContent
        case _ where error.code.hasPrefix("selection.") || error.code.hasPrefix("partition."):
            .unprocessableContent
        case _ where error.code.hasPrefix("project.") || error.code.hasPrefix("model."): .conflict
        case _ where error.code.hasPrefix("metadata."): .serviceUnavailable
        default: .internalServerError
        }
    }
}

/// What the gateway itself refuses.
struct Refusal: Diagnostic {
    let status: HTTPResponse.Status
    let code: String
    let problem: String
    let remedy: String

    init(_ status: HTTPResponse.Status, code: String, _ problem: String, remedy: String) {
        self.status = status
        self.code = code
        self.problem = problem
        self.remedy = remedy
    }
}
