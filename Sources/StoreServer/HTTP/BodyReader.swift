internal import ADLS
internal import Blocking
internal import Crypto
internal import FoundationEssentials
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes

/// The body of one request, read once and piece by piece.
final class BodyReader {
    /// The connection ended before the body did; nobody waits for an answer.
    struct BrokenOff: Error {}

    // The reader belongs to the task of its request, which asks for one piece after the other.
    private nonisolated(unsafe) var parts: RequestBody.AsyncIterator
    private let channel: any Channel
    private let watch: ProgressWatch
    private let pool: BlockingPool
    private let length: Int64
    private let digest: [UInt8]?
    private var received: Int64 = 0
    /// The client waits to be told that it may send.
    private var mustInvite: Bool
    private var hasBegun = false

    /// Pieces are written together, so that a thread is woken once for about a megabyte.
    private static let batchBytes = 1 << 20

    /// - Throws: ``StorageFailure`` of a body whose length is not told, or too large.
    init(
        _ request: StoreRequest, _ body: RequestBody, _ channel: any Channel, _ watch: ProgressWatch,
        _ pool: BlockingPool, bytesMax: Int64
    ) throws(StorageFailure) {
        parts = body.makeAsyncIterator()
        self.channel = channel
        self.watch = watch
        self.pool = pool
        length = request.contentLength ?? 0
        mustInvite = request.header(HeaderName.expect)?.lowercased() == "100-continue"
        digest = request.text(HeaderName.contentMD5).flatMap { Base64.decode($0) }
        if request.contentLength == nil, request.header("transfer-encoding") != nil {
            throw StorageFailure(.missingContentLength, "The header Content-Length is missing.")
        }
        guard length <= bytesMax else {
            throw StorageFailure(.requestBodyTooLarge, "The body has more than \(bytesMax) bytes.")
        }
        if digest?.count ?? 16 != 16 || digest == nil && request.text(HeaderName.contentMD5) != nil {
            throw StorageFailure(.invalidMD5, "The header Content-MD5 is no Base64 of 16 bytes.")
        }
    }

    /// The bytes that the client says it sends.
    var bytesExpected: Int64 { length }

    private func next() async throws -> ByteBuffer? {
        if !hasBegun {
            hasBegun = true
            if mustInvite {
                mustInvite = false
                let invitation = HTTPResponsePart.head(HTTPResponse(status: .continue))
                try await channel.writeAndFlush(invitation).get()
            }
        }
        guard let part = try await parts.next() else {
            // What ends early looks like what ends well.
            guard received == length else { throw BrokenOff() }
            return nil
        }
        received += Int64(part.readableBytes)
        watch.moved(part.readableBytes)
        return part
    }

    /// Writes the body to a file, never holding more of it than about a megabyte.
    /// - Throws: ``StorageFailure`` if the bytes are not those that their digest says.
    func copy(to file: StagedFile, at offset: Int64 = 0) async throws {
        watch.begin()
        defer { watch.end() }
        var hash = digest == nil ? nil : Insecure.MD5()
        var (batch, batched, written): ([ByteBuffer], Int, Int64) = ([], 0, 0)
        while true {
            let part = try await next()
            if let part {
                batch.append(part)
                batched += part.readableBytes
            }
            if batched >= Self.batchBytes || part == nil && batched > 0 {
                let (buffers, place, before) = (batch, offset + written, hash)
                hash = try await pool.run {
                    var hash = before
                    for buffer in buffers {
                        buffer.withUnsafeReadableBytes { hash?.update(bufferPointer: $0) }
                    }
                    try file.write(buffers, at: place)
                    return hash
                }
                written += Int64(batched)
                (batch, batched) = ([], 0)
            }
            if part == nil { break }
        }
        if let hash, let digest, Array(hash.finalize()) != digest {
            throw StorageFailure(.md5Mismatch, "The MD5 of the body is not the one of the header.")
        }
    }

    /// The whole body of a request that has a small one.
    func collect(bytesMax: Int) async throws -> [UInt8] {
        guard length <= bytesMax else {
            throw StorageFailure(.requestBodyTooLarge, "The body has more than \(bytesMax) bytes.")
        }
        watch.begin()
        defer { watch.end() }
        var bytes: [UInt8] = []
        while let part = try await next() { bytes += part.readableBytesView }
        if let digest, Array(Insecure.MD5.hash(data: bytes)) != digest {
            throw StorageFailure(.md5Mismatch, "The MD5 of the body is not the one of the header.")
        }
        return bytes
    }

    /// Reads on and forgets it, so that a client that sends on sees its answer.
    /// - Returns: whether the connection can be used again.
    func discard(bytesMax: Int64) async throws -> Bool {
        // Nobody sends what was not invited, but somebody might.
        guard !mustInvite else { return false }
        guard length - received <= bytesMax else { return false }
        watch.begin()
        defer { watch.end() }
        while try await next() != nil {}
        return true
    }
}
