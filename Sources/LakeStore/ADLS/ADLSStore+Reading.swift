internal import ADLS
internal import ADLSClient
internal import Blocking
internal import Glibc
package import LakeModel
internal import NIOCore
internal import Synchronization

/// Reading: the first range tells the version and the size, the others are pinned to that version.
extension ADLSStore {
    package func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject {
        let begin = bytes?.lowerBound ?? 0
        let end = bytes?.upperBound ?? .max
        guard let first = try await firstRange(of: path, begin..<end) else {
            guard let object = try await head(path) else { throw ObjectNotFound(path: path) }
            return OpenedObject(object: object, bytes: ByteStream { nil })
        }
        let stop = min(end, first.object.size.bytes)
        let rest = (begin + Int64(first.bytes.readableBytes))..<stop
        let ahead = ReadAhead(self, first.object, first: first.bytes, rest: rest)
        return OpenedObject(object: first.object, bytes: ByteStream { try await ahead.next() })
    }

    /// Copies the object into a file of this machine, several ranges at once; what the file held is gone.
    ///
    /// A range that fails is asked for again by itself. If the whole fails, the file is of no use.
    /// - Returns: the version that the file now holds.
    /// - Throws: `ObjectNotFound`, ``ObjectReplaced``, `StoreFailed`.
    @discardableResult
    package func download(_ path: LakePath, toFile file: String) async throws -> StoredObject {
        let first = try await firstRange(of: path, 0..<Int64.max)
        let target = try await pool.run { try DownloadedFile(file) }
        guard let first else {
            guard let object = try await head(path) else { throw ObjectNotFound(path: path) }
            guard object.size.bytes == 0 else { throw ObjectReplaced(path: path, act: "read") }
            return object
        }
        let object = first.object
        try await pool.run { try target.write(first.bytes, at: 0) }
        let size = object.size.bytes
        let step = Int64(transfers.blockBytes)
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = 0
            for offset in stride(from: Int64(first.bytes.readableBytes), to: size, by: Int(step)) {
                if running == transfers.parallelMax {
                    try await group.next()
                    running -= 1
                }
                running += 1
                group.addTask {
                    let bytes = try await range(
                        offset..<min(offset + step, size), of: object, into: buffers)
                    try await pool.run { try target.write(bytes, at: offset) }
                    buffers.give(bytes)
                }
            }
            try await group.waitForAll()
        }
        try await pool.run { try target.finish(size: size) }
        return object
    }

    /// The first bytes of a range, at most a block; `nil` if the object has none of it or there is none.
    private func firstRange(
        of path: LakePath, _ wanted: Range<Int64>
    ) async throws -> (object: StoredObject, bytes: ByteBuffer)? {
        guard !wanted.isEmpty else { return nil }
        guard !full(path).isEmpty else { throw ObjectNotFound(path: path) }
        let (end, overflow) = wanted.lowerBound.addingReportingOverflow(Int64(transfers.blockBytes))
        let reply = try await client.send(
            rangeRequest(
                path, wanted.lowerBound..<(overflow ? wanted.upperBound : min(end, wanted.upperBound))))
        switch reply.status {
        case 206:
            guard let text = reply.header(HeaderName.contentRange), let slash = text.lastSlash,
                let size = Int64(text[text.index(after: slash)...])
            else { throw failure(reply, to: "read \(path)") }
            let object = try object(path, size: size, reply)
            keepTrail(reply, of: object)
            let expected = min(size, min(end, wanted.upperBound)) - wanted.lowerBound
            guard reply.body.readableBytes == expected else { throw failure(reply, to: "read \(path)") }
            return (object, reply.body)
        case 200 where Self.isFolder(reply): throw ObjectNotFound(path: path)
        case 404 where !Self.isFilesystemMissing(reply.errorCode): throw ObjectNotFound(path: path)
        case 416: return nil
        default: throw failure(reply, to: "read \(path)")
        }
    }

    private func keepTrail(_ reply: StorageReply, of object: StoredObject) {
        if let trail = reply.header(WriteTrail.header).flatMap({ WriteTrail(text: $0) }) {
            trails.keep(trail, of: object.path, at: object.etag)
        }
    }

    private func rangeRequest(_ path: LakePath, _ bytes: Range<Int64>) -> StorageRequest {
        var request = request("GET", .blob, path)
        request.headers = [(HeaderName.msRange, ByteRange.header(bytes))]
        // The service computes it of no longer range.
        if transfers.verifiesBlocks, bytes.count <= 4 << 20 {
            request.headers.append((HeaderName.rangeGetContentMD5, "true"))
        }
        request.answerBytesMax = max(request.answerBytesMax, bytes.count)
        return request
    }

    /// A range of exactly this version.
    /// - Throws: ``ObjectReplaced``.
    func range(
        _ bytes: Range<Int64>, of object: StoredObject, into buffers: BlockBuffers? = nil
    ) async throws -> ByteBuffer {
        var request = rangeRequest(object.path, bytes)
        request.buffers = buffers
        request.headers += Self.header(.ifMatches(object.etag))
        let reply = try await client.send(request)
        switch reply.status {
        case 206 where reply.body.readableBytes == bytes.count && Self.etag(reply) == object.etag:
            return reply.body
        case 412: throw ObjectReplaced(path: object.path, act: "read")
        case 404 where !Self.isFilesystemMissing(reply.errorCode):
            throw ObjectReplaced(path: object.path, act: "read")
        default: throw failure(reply, to: "read \(object.path)")
        }
    }
}

/// Keeps the next ranges of a stream on their way.
private final class ReadAhead: Sendable {
    private struct State {
        var first: ByteBuffer?
        var rest: Range<Int64>
        var coming: [Task<ByteBuffer, any Error>] = []
    }

    private let store: ADLSStore
    private let object: StoredObject
    private let state: Mutex<State>

    init(_ store: ADLSStore, _ object: StoredObject, first: ByteBuffer, rest: Range<Int64>) {
        self.store = store
        self.object = object
        state = Mutex(State(first: first, rest: rest))
    }

    deinit { cancel() }

    private func cancel() { state.withLock { for task in $0.coming { task.cancel() } } }

    /// The next chunk; `nil` at the end. One reader calls it.
    func next() async throws -> [UInt8]? {
        let (first, task) = state.withLock { state -> (ByteBuffer?, Task<ByteBuffer, any Error>?) in
            // Whoever reads one chunk only causes no second request.
            if let first = state.first {
                state.first = nil
                return (first, nil)
            }
            let step = Int64(store.transfers.blockBytes)
            while state.coming.count < store.transfers.parallelMax, !state.rest.isEmpty {
                let bytes = state.rest.lowerBound..<min(state.rest.lowerBound + step, state.rest.upperBound)
                state.rest = bytes.upperBound..<state.rest.upperBound
                // Unstructured: it runs between two calls of the reader, and ends with this object.
                state.coming.append(
                    Task<ByteBuffer, any Error> { [store, object] in try await store.range(bytes, of: object)
                    })
            }
            return (nil, state.coming.isEmpty ? nil : state.coming.removeFirst())
        }
        if let first { return first.readableBytes == 0 ? nil : Array(first.readableBytesView) }
        guard let task else { return nil }
        let bytes = try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
            cancel()
        }
        return Array(bytes.readableBytesView)
    }
}

/// A file that is written at several places at once.
private final class DownloadedFile: Sendable {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
    }

    deinit { close(descriptor) }

    private static func failure(_ path: String, _ number: Int32) -> StoreFailed {
        StoreFailed(path: path, act: "write", reason: String(cString: strerror(number)), isTransient: false)
    }

    func write(_ bytes: ByteBuffer, at offset: Int64) throws {
        try bytes.withUnsafeReadableBytes { bytes in
            var done = 0
            while done < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.failure(path, errno) }
                done += count
            }
        }
    }

    /// Makes sure that the file is as long as the object.
    func finish(size: Int64) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, errno) }
        guard Int64(status.st_size) == size else {
            throw StoreFailed(
                path: path, act: "write", reason: "somebody else changed its length", isTransient: true)
        }
    }
}
