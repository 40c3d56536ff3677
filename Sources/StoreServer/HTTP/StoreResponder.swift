internal import ADLS
internal import Blocking
internal import FoundationEssentials
internal import HTTPTypes
internal import HummingbirdCore
internal import LakeModel
internal import Logging
internal import NIOCore
internal import Synchronization

/// Takes one request from the wire to its answer.
struct StoreResponder: Sendable {
    let surface: StoreSurface
    let settings: StoreServerSettings
    let logger: Logger
    private let active = Count()

    private final class Count: Sendable {
        let value = Atomic(0)
    }

    init(surface: StoreSurface, settings: StoreServerSettings, logger: Logger) {
        self.surface = surface
        self.settings = settings
        self.logger = logger
    }

    /// The connection cannot be used any more: what is left of the request was not read.
    private struct Done: Error {}

    /// So much of a refused body is read and forgotten, so that its client sees the answer.
    private static let discardedMax: Int64 = 64 << 20

    @concurrent func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel)
        async throws
    {
        let began = ContinuousClock.now
        let id = UUID().uuidString.lowercased()
        let watch = ProgressWatch(channel, settings)
        let isBusy = active.value.wrappingAdd(1, ordering: .relaxed).newValue > settings.requestsMax
        defer { active.value.wrappingSubtract(1, ordering: .relaxed) }
        var answer: StoreAnswer
        var reader: BodyReader?
        var parsed: StoreRequest?
        var refused: StorageFailure?
        do {
            let known = try self.request(request, channel, id)
            parsed = known
            reader = try BodyReader(
                known, request.body, channel, watch, surface.pool, bytesMax: settings.bodyBytesMax)
            guard !isBusy, let reader else {
                throw StorageFailure(
                    .serverBusy, "The server has \(settings.requestsMax) requests to answer.")
            }
            answer = try await surface.answer(known, reader)
        } catch let error as CancellationError {
            throw error
        } catch is BodyReader.BrokenOff {
            logger.debug("A client went away while it sent.", metadata: ["path": "\(shownPath(request))"])
            throw Done()
        } catch {
            let failure = failure(of: error, request)
            refused = failure
            answer = .refusal(
                failure, isDFS: parsed?.isDFS ?? false, isHead: request.method == .head, requestID: id)
            if let failure = error as? ExistingResource {
                answer.add(HeaderName.existingResourceType, failure.isFolder ? "directory" : "file")
            }
        }
        var isReusable = true
        if let reader {
            do {
                isReusable = try await reader.discard(bytesMax: Self.discardedMax)
            } catch { isReusable = false }
        } else {
            isReusable =
                (request.headers[.contentLength] ?? "0") == "0" && request.headers[.transferEncoding] == nil
        }
        if !isReusable { answer.add("connection", "close") }
        finish(&answer, request, id)
        log(request, answer, refused, .now - began, channel)
        try await write(answer, isHead: request.method == .head, writer, watch)
        if !isReusable { throw Done() }
    }

    // MARK: Reading

    private func request(_ request: Request, _ channel: any Channel, _ id: String) throws(StorageFailure)
        -> StoreRequest
    {
        let target = try RequestTarget(request.head.path ?? "")
        let host = request.head.authority ?? ""
        let headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
        let wire = request.method.rawValue
        let override = headers.first { $0.name == HeaderName.methodOverride }?.value.uppercased()
        return StoreRequest(
            method: wire == "PUT" || wire == "POST" ? override ?? wire : wire, wireMethod: wire,
            target: target,
            headers: headers, host: host,
            address: try StorageAddress(rawPath: target.rawPath, host: host, account: settings.account),
            clientAddress: channel.remoteAddress?.ipAddress ?? "", isEncrypted: settings.certificate != nil,
            now: Timestamp.now, id: id)
    }

    private func failure(of error: any Error, _ request: Request) -> StorageFailure {
        switch error {
        case let failure as StorageFailure: return failure
        case let existing as ExistingResource: return existing.failure
        case let failure as FileFailure:
            logger.warning(
                "The operating system refused something.",
                metadata: ["error": "\(failure)", "path": "\(shownPath(request))"])
            return failure.answer
        default:
            logger.error("A request failed.", metadata: ["error": "\(type(of: error))"])
            return StorageFailure(.internalError, "Something went wrong that has no name.")
        }
    }

    // MARK: Answering

    private func finish(_ answer: inout StoreAnswer, _ request: Request, _ id: String) {
        answer.add(HeaderName.requestID, id)
        answer.add(HeaderName.version, name("x-ms-version").flatMap { request.headers[$0] } ?? "2024-08-04")
        answer.add(HeaderName.date, HTTPDate.text(.now))
        answer.add("server", "Tarn")
        if let client = name("x-ms-client-request-id").flatMap({ request.headers[$0] }) {
            answer.add(HeaderName.clientRequestID, client)
        }
    }

    private func name(_ text: String) -> HTTPField.Name? { HTTPField.Name(text) }

    @concurrent private func write(
        _ answer: StoreAnswer, isHead: Bool, _ writer: consuming ResponseWriter, _ watch: ProgressWatch
    ) async throws {
        var head = HTTPResponse(status: HTTPResponse.Status(code: answer.status))
        for (name, value) in answer.headers {
            // Metadata of files that others put here may be no header.
            if let name = HTTPField.Name(name), HTTPField.isValidValue(value) {
                head.headerFields[name] = value
            }
        }
        watch.begin()
        defer { watch.end() }
        switch answer.body {
        case .none:
            // Of HEAD the length is that of the file, which is told already.
            if head.headerFields[.contentLength] == nil, answer.status != 304 {
                head.headerFields[.contentLength] = "0"
            }
            try await writer.writeResponse(head)
        case .bytes(let bytes):
            head.headerFields[.contentLength] = "\(bytes.readableBytes)"
            try await writer.write(
                response: head, body: isHead ? ResponseBody() : ResponseBody(byteBuffer: bytes))
        case .file(let file, let range):
            head.headerFields[.contentLength] = "\(range.count)"
            guard !isHead, !range.isEmpty else { return try await writer.writeResponse(head) }
            try await write(file, range, head, writer, watch)
        }
    }

    private static let chunkBytes: Int64 = 512 << 10

    /// A chunk at a time: the next is read when the last is on its way.
    @concurrent private func write(
        _ file: OpenFile, _ range: Range<Int64>, _ head: HTTPResponse, _ writer: consuming ResponseWriter,
        _ watch: ProgressWatch
    ) async throws {
        var offset = range.lowerBound
        let first = try await chunk(of: file, offset, range)
        // A file that another program made shorter meanwhile cannot be sent as it was promised.
        guard first.readableBytes > 0 else { throw Done() }
        var body: any ResponseBodyWriter = try await writer.writeHead(head)
        var next = first
        while true {
            offset += Int64(next.readableBytes)
            try await body.write(next)
            watch.moved(next.readableBytes)
            guard offset < range.upperBound else { break }
            next = try await chunk(of: file, offset, range)
            guard next.readableBytes > 0 else { throw Done() }
        }
        try await body.finish(nil)
    }

    private func chunk(of file: OpenFile, _ offset: Int64, _ range: Range<Int64>) async throws -> ByteBuffer {
        let count = Int(min(Self.chunkBytes, range.upperBound - offset))
        return try await surface.pool.run {
            try ByteBuffer(ofFile: file.descriptor, offset, count: count)
        }
    }

    // MARK: Telling

    private func log(
        _ request: Request, _ answer: StoreAnswer, _ refused: StorageFailure?, _ took: Duration,
        _ channel: any Channel
    ) {
        let level: Logger.Level = answer.status >= 500 ? .warning : .debug
        guard level >= logger.logLevel else { return }
        logger.log(
            level: level, "A request was answered.",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(shownPath(request))",
                "status": "\(answer.status)", "code": "\(refused?.code.name ?? "-")",
                "milliseconds": "\(Int(took / .milliseconds(1)))",
                "client": "\(channel.remoteAddress?.ipAddress ?? "-")",
            ])
    }

    /// Without its query, which may hold a SAS, and without what could end the line.
    private func shownPath(_ request: Request) -> String {
        String(
            (request.head.path ?? "").prefix { $0 != "?" }.prefix(300).map {
                $0.isASCII && !$0.isNewline ? $0 : "�"
            })
    }
}

/// A refusal of a creation that also says what is there.
struct ExistingResource: Error {
    let failure: StorageFailure
    let isFolder: Bool
}

extension Timestamp {
    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}
