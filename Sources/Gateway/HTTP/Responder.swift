internal import HTTPTypes
internal import HummingbirdCore
internal import LakeModel
internal import Logging
internal import NIOCore
internal import Synchronization

/// Answers one request: who asks, for what, and what comes of it.
struct Responder: Sendable {
    let context: GatewayContext
    let access: Access
    let table: RouteTable

    /// The connection cannot be used any more: what is left of the request was not read.
    private struct Done: Error {}

    @concurrent func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel)
        async throws
    {
        let began = ContinuousClock.now
        var caller: Access.Caller?
        let hasBody =
            request.headers[.contentLength].map { $0 != "0" } ?? (request.headers[.transferEncoding] != nil)
        // It can be made once: a second one would be a trap.
        var parts = request.body.makeAsyncIterator()
        var wasRead = false
        let answer: Answer
        do {
            let target = try Target(request.head.path ?? "")
            let (route, parameters) = try find(request.method, target)
            if let role = route.role {
                caller = try access.caller(
                    request.headers, authority: request.head.authority, needs: role)
            }
            let body = try await read(request, &parts, of: route, channel)
            wasRead = true
            answer = try await route.handle(
                Exchange(
                    context: context, caller: caller, target: target, parameters: parameters,
                    headers: request.headers, body: body))
        } catch let error as CancellationError {
            throw error
        } catch {
            answer = failed(error)
        }
        var headers = answer.headers
        let mustClose = hasBody && !wasRead
        if mustClose { headers[.connection] = "close" }
        context.meter.answered(answer.status.code, in: .now - began)
        log(request, answer, caller, .now - began)
        try await write(answer, headers, isHead: request.method == .head, writer, channel)
        if mustClose {
            // A client that is cut off while it sends may not see the answer.
            try? await discard(&parts, channel)
            throw Done()
        }
    }

    // MARK: Reading

    private func find(_ method: HTTPRequest.Method, _ target: Target) throws -> (Route, [String: String]) {
        switch table.match(method, target.path) {
        case .found(let route, let parameters): return (route, parameters)
        case .otherMethods(let methods):
            throw MethodNotAllowed(methods: methods)
        case .none:
            throw Refusal(
                .notFound, code: "gateway.unknown-address", "There is nothing at this address.",
                remedy: "GET /api/v1/openapi.json has all addresses.")
        }
    }

    /// The body, if the route takes one.
    @concurrent private func read(
        _ request: Request, _ parts: inout RequestBody.AsyncIterator, of route: Route, _ channel: any Channel
    ) async throws -> ByteBuffer {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        let max = context.options.bodyBytesMax
        let isTooLong = Refusal(
            .contentTooLarge, code: "gateway.body-too-large", "The body has more than \(max) bytes.",
            remedy: "Send less; no request of this API needs so much.")
        if let length, length > max { throw isTooLong }
        let alarm = alarm(on: channel)
        defer { alarm.cancel() }
        var body = ByteBuffer()
        while var part = try await next(of: &parts) {
            guard body.readableBytes + part.readableBytes <= max else { throw isTooLong }
            body.writeBuffer(&part)
        }
        guard body.readableBytes > 0 else { return body }
        let type = request.headers[.contentType]?.lowercased().split(separator: ";").first.map(String.init)
        guard route.body == nil || type == "application/json" else {
            throw Refusal(
                .unsupportedMediaType, code: "gateway.media-type",
                "The body is not said to be application/json.",
                remedy: "Send JSON with 'Content-Type: application/json'.")
        }
        return body
    }

    @concurrent private func next(of parts: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await parts.next()
        } catch let error where !(error is CancellationError) {
            // What follows is no HTTP any more.
            throw Refusal(
                .badRequest, code: "gateway.bad-body",
                "The body of the request cannot be read: it is broken off.",
                remedy: "Send it again, whole.")
        }
    }

    /// Reads on for a moment, and forgets it.
    @concurrent private func discard(
        _ parts: inout RequestBody.AsyncIterator, _ channel: any Channel
    ) async throws {
        let alarm = alarm(on: channel, .seconds(2))
        defer { alarm.cancel() }
        var rest = 4 * context.options.bodyBytesMax
        while rest > 0, let part = try await parts.next() { rest -= part.readableBytes }
    }

    // MARK: Answering

    private func failed(_ error: any Error) -> Answer {
        var answer = Answer.problem(Problem(error))
        if let error = error as? MethodNotAllowed {
            answer = .problem(Problem(error.refusal, fields: nil))
            answer.headers[.allow] = error.methods.map(\.rawValue).sorted().joined(separator: ", ")
        } else if answer.status == .internalServerError {
            context.logger.error(
                "A request failed.", metadata: ["error": "\(Problem(error).code): \(Problem(error).detail)"])
        }
        return answer
    }

    @concurrent private func write(
        _ answer: Answer, _ headers: HTTPFields, isHead: Bool, _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws {
        var head = HTTPResponse(status: answer.status, headerFields: headers)
        switch answer.body {
        case .bytes(let bytes):
            let isBodiless = answer.status == .noContent
            if !isBodiless { head.headerFields[.contentLength] = "\(bytes.readableBytes)" }
            let body = isHead || isBodiless ? ResponseBody() : ResponseBody(byteBuffer: bytes)
            let alarm = alarm(on: channel)
            defer { alarm.cancel() }
            try await writer.write(response: head, body: body)
        case .stream(let stream):
            guard !isHead else {
                stream.subscription.end()
                return try await writer.writeResponse(head)
            }
            // Who goes away is not told anything any more.
            channel.closeFuture.whenComplete { _ in stream.subscription.end() }
            var body: any ResponseBodyWriter = try await writer.writeHead(head)
            try await stream.send { bytes in
                let alarm = alarm(on: channel)
                defer { alarm.cancel() }
                try await body.write(bytes)
            }
            try await body.finish(nil)
        }
    }

    /// Closes the connection unless it is cancelled before.
    private func alarm(on channel: any Channel, _ limit: Duration? = nil) -> Scheduled<Void> {
        let limit = limit ?? context.options.transferTimeout
        return channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { channel.close(promise: nil) }
    }

    private func log(_ request: Request, _ answer: Answer, _ caller: Access.Caller?, _ took: Duration) {
        let changes = request.method != .get && request.method != .head
        let level: Logger.Level = answer.status.code >= 500 ? .warning : changes ? .info : .debug
        context.logger.log(
            level: level, "A request was answered.",
            metadata: [
                "method": "\(request.method.rawValue)",
                // Without its query, and without what could end the line.
                "path": "\(shownPath(request.head.path ?? ""))",
                "status": "\(answer.status.code)", "milliseconds": "\(Int(took.seconds * 1_000))",
                "token": "\(caller?.name ?? "-")",
            ])
    }

    private func shownPath(_ path: String) -> String {
        String(path.prefix { $0 != "?" }.prefix(200).map { $0.isASCII && !$0.isNewline ? $0 : "�" })
    }
}

/// A path that is known, asked with another method.
private struct MethodNotAllowed: Error {
    let methods: [HTTPRequest.Method]

    var refusal: Refusal {
        Refusal(
            .methodNotAllowed, code: "gateway.method", "This address does not take this method.",
            remedy: "Use \(methods.map(\.rawValue).sorted().joined(separator: " or ")).")
    }
}
