package import ADLS
package import NIOCore

/// One request to an account, before it is signed.
package struct StorageRequest: Sendable {
    package var method: String
    package var service: StorageService
    package var filesystem: String
    /// Decoded; empty is the filesystem itself.
    package var path: String
    package var query: [RequestTarget.Parameter]
    /// Names in lower case.
    package var headers: [(name: String, value: String)]
    package var body: ByteBuffer?
    /// More of an answer than this is refused.
    package var answerBytesMax = 16 << 20
    /// Where the answer's body is put, if that is to be memory that is used again.
    package var buffers: BlockBuffers?

    package init(
        _ method: String, _ service: StorageService, _ filesystem: String, _ path: String = "",
        query: [(String, String)] = [], headers: [(name: String, value: String)] = [],
        body: ByteBuffer? = nil
    ) {
        self.method = method
        self.service = service
        self.filesystem = filesystem
        self.path = path
        self.query = query.map { RequestTarget.Parameter(name: $0.0, value: $0.1) }
        self.headers = headers
        self.body = body
    }
}

/// What an account answered in the end.
package struct StorageReply: Sendable {
    package let status: Int
    package let body: ByteBuffer
    /// Whether an earlier attempt, of which no answer came, may have done what was asked.
    package let mayHaveHappenedBefore: Bool
    let answer: HTTPSender.Answer

    init(_ answer: HTTPSender.Answer, mayHaveHappenedBefore: Bool) {
        self.answer = answer
        self.mayHaveHappenedBefore = mayHaveHappenedBefore
        status = answer.status
        body = answer.body
    }

    package func header(_ name: String) -> String? { answer[name] }

    /// The service's name for a refusal, such as `BlobAlreadyExists`. An answer to HEAD has it as a header
    /// only.
    package var errorCode: String? {
        if let code = answer[HeaderName.errorCode] { return code }
        guard status >= 400 else { return nil }
        let text = String(decoding: body.readableBytesView.prefix(4_096), as: UTF8.self)
        for (mark, end) in [("<Code>", Character("<")), ("\"code\":\"", "\"")] {
            if let found = text.firstRange(of: mark) {
                return String(text[found.upperBound...].prefix { $0 != end })
            }
        }
        return nil
    }
}
