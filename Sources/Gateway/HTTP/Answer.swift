internal import FoundationEssentials
internal import HTTPTypes
internal import NIOCore

/// What a request is answered with.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: Body

    enum Body: Sendable {
        case bytes(ByteBuffer)
        /// Events as they happen; it ends when they do.
        case stream(LiveStream)
    }

    init(_ status: HTTPResponse.Status = .ok, type: String, _ bytes: ByteBuffer) {
        self.status = status
        headers = [
            .contentType: type, .cacheControl: "no-store",
            // What a browser shows of this is what it is said to be.
            .xContentTypeOptions: "nosniff",
        ]
        body = .bytes(bytes)
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Answer {
        Answer(type: type, ByteBuffer(string: text))
    }

    static func json(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) throws -> Answer {
        Answer(status, type: "application/json", try encoded(value))
    }

    static func problem(_ problem: Problem) -> Answer {
        // Nothing in it can fail to be written.
        let bytes = (try? encoded(problem)) ?? ByteBuffer(string: "{}")
        var answer = Answer(
            HTTPResponse.Status(code: problem.status), type: Problem.mediaType, bytes)
        switch problem.status {
        case 401: answer.headers[.wwwAuthenticate] = "Bearer realm=\"tarn\""
        case 503: answer.headers[.retryAfter] = "2"
        default: break
        }
        return answer
    }

    static func stream(_ stream: LiveStream) -> Answer {
        var answer = Answer(type: "text/event-stream; charset=utf-8", ByteBuffer())
        // A proxy in between must not hold events back.
        if let name = HTTPField.Name("X-Accel-Buffering") { answer.headers[name] = "no" }
        answer.body = .stream(stream)
        return answer
    }

    func with(_ name: HTTPField.Name, _ value: String) -> Answer {
        var answer = self
        answer.headers[name] = value
        return answer
    }

    /// As `--json` of the command line: snake_case, sorted keys, what is not known is left out.
    static func encoded(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let data = try encoder.encode(value)
        return ByteBuffer(bytes: data)
    }
}
