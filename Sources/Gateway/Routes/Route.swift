internal import HTTPTypes
internal import NIOCore
internal import Project

/// One thing that can be asked for: what the OpenAPI document says of it, and what answers.
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// `/api/v1/runs/{run}`.
    let path: String
    /// A name of its own, for clients that are generated.
    let name: String
    let group: String
    let summary: String
    /// `nil` needs no token.
    var role: AccessRole? = .read
    var parameters: [Parameter] = []
    var body: Body?
    /// What it answers if all is well, by status.
    let answers: [AnswerForm]
    /// Statuses of problems besides those that every route has.
    var problems: [Int] = []
    let handle: @Sendable (Exchange) async throws -> Answer

    struct Parameter: Sendable {
        enum Place: String, Sendable { case path, query, header }

        let name: String
        var place = Place.query
        let schema: Schema
        let doc: String
        var isRequired = false
    }

    struct Body: Sendable {
        let schema: Schema
        var isRequired = true
    }

    struct AnswerForm: Sendable {
        let status: Int
        let doc: String
        var mediaType = "application/json"
        /// `nil` without a body.
        let schema: Schema?
    }

    var segments: [Substring] { path.dropFirst().split(separator: "/") }
}

/// All routes, found by method and path.
struct RouteTable: Sendable {
    let routes: [Route]
    private let segments: [[Substring]]

    enum Match: Sendable {
        case found(Route, parameters: [String: String])
        /// The path is known, but not with this method.
        case otherMethods([HTTPRequest.Method])
        case none
    }

    init(_ routes: [Route]) {
        self.routes = routes
        segments = routes.map(\.segments)
    }

    func match(_ method: HTTPRequest.Method, _ path: [String]) -> Match {
        var methods: [HTTPRequest.Method] = []
        let wanted = method == .head ? .get : method
        for (route, segments) in zip(routes, segments) where segments.count == path.count {
            guard let parameters = Self.parameters(segments, path) else { continue }
            if route.method == wanted { return .found(route, parameters: parameters) }
            methods.append(route.method)
            if route.method == .get { methods.append(.head) }
        }
        return methods.isEmpty ? .none : .otherMethods(methods)
    }

    private static func parameters(_ segments: [Substring], _ path: [String]) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (segment, part) in zip(segments, path) {
            if segment.hasPrefix("{") {
                parameters[String(segment.dropFirst().dropLast())] = part
            } else if segment != part {
                return nil
            }
        }
        return parameters
    }
}

/// One request while it is answered.
struct Exchange: Sendable {
    let context: GatewayContext
    let caller: Access.Caller?
    let target: Target
    /// What the path names.
    let parameters: [String: String]
    let headers: HTTPFields
    let body: ByteBuffer

    /// The parameters of the address.
    var query: Inputs { Inputs(query: target.query) }
}
