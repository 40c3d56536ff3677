internal import ADLS
internal import Glibc
internal import NIOCore

/// What a request is answered with.
struct StoreAnswer: Sendable {
    enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        case file(OpenFile, Range<Int64>)
    }

    var status: Int
    var headers: [(name: String, value: String)] = []
    var body = Body.none

    init(_ status: Int, _ headers: [(String, String)] = [], body: Body = .none) {
        self.status = status
        self.headers = headers.map { ($0.0, $0.1) }
        self.body = body
    }

    static func text(_ text: String, type: String, _ headers: [(String, String)] = []) -> StoreAnswer {
        StoreAnswer(200, [(HeaderName.contentType, type)] + headers, body: .bytes(ByteBuffer(string: text)))
    }

    mutating func add(_ name: String, _ value: String) { headers.append((name, value)) }

    /// Of something that was written: every client wants these.
    static func written(_ status: Int, _ file: FileStatus, _ headers: [(String, String)] = []) -> StoreAnswer
    {
        StoreAnswer(
            status,
            [
                (HeaderName.etag, file.etag), (HeaderName.lastModified, HTTPDate.text(file.modifiedAt)),
                (HeaderName.requestServerEncrypted, "true"),
            ] + headers)
    }

    /// A refusal: JSON for one protocol, XML for the other; of HEAD it has neither body nor type, because a
    /// client that finds a type looks for a document.
    static func refusal(_ failure: StorageFailure, isDFS: Bool, isHead: Bool, requestID: String)
        -> StoreAnswer
    {
        var answer = StoreAnswer(failure.code.status, [(HeaderName.errorCode, failure.code.name)])
        switch failure.code.status {
        case 401:
            answer.add(
                "www-authenticate",
                "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize "
                    + "resource_id=https://storage.azure.com")
        case 503: answer.add(HeaderName.retryAfter, "1")
        default: break
        }
        guard !isHead else { return answer }
        let message = "\(failure.message)\nRequestId:\(requestID)"
        if isDFS {
            answer.add(HeaderName.contentType, "application/json;charset=utf-8")
            let text =
                #"{"error":{"code":\#(JSONText.quoted(failure.code.name)),"message":\#(JSONText.quoted(message))}}"#
            answer.body = .bytes(ByteBuffer(string: text))
        } else {
            answer.add(HeaderName.contentType, "application/xml")
            let text =
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(failure.code.name)</Code>"
                + "<Message>\(XMLText.escaped(message))</Message></Error>"
            answer.body = .bytes(ByteBuffer(string: text))
        }
        return answer
    }
}

/// An open file, closed with its last owner.
final class OpenFile: Sendable {
    let descriptor: Int32
    let status: FileStatus
    let properties: FileProperties

    /// - Returns: `nil` if it is not there, or is no file.
    init?(_ path: String) throws(FileFailure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return nil }
            throw FileFailure(errno, "read a file")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, let known = FileStatus(status) else {
            close(descriptor)
            return nil
        }
        self.status = known
        properties = FileProperties(ofFile: descriptor)
    }

    deinit { close(descriptor) }
}

enum JSONText {
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

enum XMLText {
    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 38 || $0 == 60 || $0 == 62 || $0 == 34 }) else { return text }
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
