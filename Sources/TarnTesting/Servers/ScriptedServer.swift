import Synchronization

/// A server of HTTP that answers as a test tells it to.
package final class ScriptedServer: Sendable {
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [String: String]
        package let body: String

        package init(_ status: Int, _ body: String = "", headers: [String: String] = [:]) {
            self.status = status
            self.body = body
            self.headers = headers
        }
    }

    private let server: LoopbackServer
    private let seen = Mutex<[HTTPRequest]>([])

    private init() throws { server = try LoopbackServer() }

    /// Without a trailing slash.
    package var address: String { "http://127.0.0.1:\(server.port)" }
    /// What it was asked so far.
    package var requests: [HTTPRequest] { seen.withLock { $0 } }

    /// Lends a server; `answer` runs on the thread of the connection.
    package static func with(
        _ answer: @escaping @Sendable (HTTPRequest) -> Answer, _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let scripted = try ScriptedServer()
        try await scripted.server.run({ scripted.serve($0, answer) }) { try await body(scripted) }
    }

    private func serve(_ client: Int32, _ answer: (HTTPRequest) -> Answer) {
        var stream = MessageStream(socket: client)
        while let message = stream.next(isAnswerToHead: false) {
            let request = seen.withLock {
                $0.append(message.request(number: $0.count + 1))
                return $0[$0.count - 1]
            }
            let answer = answer(request)
            let lines = answer.headers.map { "\($0.key): \($0.value)\r\n" }.joined()
            let head =
                "HTTP/1.1 \(answer.status) Status\r\n\(lines)"
                + "content-length: \(answer.body.utf8.count)\r\n\r\n"
            let isHead = request.method == "HEAD"
            guard LoopbackServer.send((head + (isHead ? "" : answer.body)).utf8, to: client) else { return }
        }
    }
}
