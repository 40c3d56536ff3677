internal import ADLS
internal import ADLSClient
package import LakeModel
internal import NIOCore

/// Writing: whatever the size, one conditional request makes the object.
extension ADLSStore {
    package func write(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        guard !full(path).isEmpty else { throw PathIsFolder(path: path) }
        // Another writer's commit makes the service forget our blocks; what can be read again is sent again.
        for attempt in 1... {
            switch try await writeOnce(body, to: path, condition) {
            case .done(let outcome): return outcome
            case .blocksForgotten:
                if case .stream = body { throw ObjectReplaced(path: path, act: "written") }
                guard attempt < 3 else { throw ObjectReplaced(path: path, act: "written") }
            }
        }
        throw CancellationError()
    }

    private enum Attempt {
        case done(WriteOutcome)
        case blocksForgotten
    }

    private func writeOnce(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> Attempt {
        let id = Self.freshID()
        let trail: WriteTrail
        switch condition {
        case .unconditionally: trail = WriteTrail(id, isWhole: false)
        case .ifAbsent: trail = WriteTrail(id, isWhole: true)
        case .ifMatches(let etag):
            if let known = trails.trail(of: path, at: etag) {
                trail = .following(known, at: etag, by: id)
            } else {
                let current = try await properties(path)
                guard let current, !current.isFolder, current.object.etag == etag else {
                    return .done(
                        .conditionFailed(current: current.flatMap { $0.isFolder ? nil : $0.object.etag }))
                }
                trail = .following(current.trail, at: etag, by: id)
            }
        }
        var blocks = try await BodyBlocks(body, blockBytes: transfers.blockBytes, pool: pool)
        let first = try await blocks.next()
        var request = request("PUT", .blob, path)
        if let first, let second = try await blocks.next() {
            // A condition that fails is better known before much is sent.
            if condition != .unconditionally, let current = try await properties(path), !current.isFolder,
                !condition.allows(current.object.etag)
            {
                return .done(.conditionFailed(current: current.object.etag))
            }
            let ids = try await stage([first, second], rest: &blocks, at: path, of: id)
            let list = BlockList(ids.map { BlockList.Entry(id: $0, place: .latest) })
            request.query = [.init(name: "comp", value: "blocklist")]
            request.body = ByteBuffer(string: list.xml)
            request.headers = [(HeaderName.contentType, "application/xml")]
        } else {
            let bytes = try await first?.load(pool, into: buffers) ?? ByteBuffer()
            request.body = bytes
            request.headers = [(HeaderName.blobType, "BlockBlob")]
        }
        if let bytes = request.body {
            request.headers.append((HeaderName.contentMD5, StorageClient.md5(bytes)))
        }
        request.headers.append(("x-ms-blob-content-type", "application/octet-stream"))
        request.headers.append((WriteTrail.header, trail.text))
        request.headers += Self.header(condition)
        return try await commit(request, Write(id: id, path: path, condition: condition, trail: trail))
    }

    /// A name that no other write has.
    static func freshID() -> String {
        let text = String(UInt64.random(in: 0 ... .max), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// Stages blocks, several at once, and returns their names in their order.
    private func stage(
        _ first: [BodyBlocks.Block], rest: inout BodyBlocks, at path: LakePath, of id: String
    ) async throws -> [BlockID] {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var ids: [BlockID] = []
            var waiting = first[...]
            var running = 0
            while true {
                let block: BodyBlocks.Block
                if let next = waiting.popFirst() {
                    block = next
                } else if let next = try await rest.next() {
                    block = next
                } else {
                    break
                }
                let blockID = Self.blockID(id, ids.count)
                ids.append(blockID)
                if running == transfers.parallelMax {
                    try await group.next()
                    running -= 1
                }
                running += 1
                group.addTask { try await put(block, blockID, at: path) }
            }
            try await group.waitForAll()
            return ids
        }
    }

    /// Of one length within a blob, and of this write alone: two writers must not mix their blocks.
    private static func blockID(_ id: String, _ number: Int) -> BlockID {
        let digits = String(number)
        let name = id + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        guard let blockID = BlockID(Base64.encode(Array(name.utf8))) else {
            preconditionFailure("A block's name has 24 bytes.")
        }
        return blockID
    }

    private func put(_ block: BodyBlocks.Block, _ id: BlockID, at path: LakePath) async throws {
        let bytes = try await block.load(pool, into: buffers)
        var request = request("PUT", .blob, path)
        request.query = [.init(name: "comp", value: "block"), .init(name: "blockid", value: id.text)]
        request.body = bytes
        if transfers.verifiesBlocks { request.headers = [(HeaderName.contentMD5, StorageClient.md5(bytes))] }
        let reply = try await client.send(request)
        guard reply.status == 201 else { throw try await refusal(reply, path) }
        request.body = nil
        if case .part = block { buffers.give(bytes) }
    }

    // MARK: The one request

    private struct Write {
        let id: String
        let path: LakePath
        let condition: WriteCondition
        let trail: WriteTrail
    }

    private func commit(_ request: StorageRequest, _ write: Write) async throws -> Attempt {
        let reply: StorageReply
        do {
            reply = try await client.send(request)
        } catch let error as any Diagnostic where write.condition != .unconditionally && error.mayHaveHappened
        {
            return .done(try await outcome(ofLost: write, "\(error.problem)"))
        }
        switch (reply.status, reply.errorCode) {
        case (201, _):
            guard let etag = Self.etag(reply) else { throw failure(reply, to: "write \(write.path)") }
            trails.keep(write.trail, of: write.path, at: etag)
            return .done(.written(etag))
        case (400, "InvalidBlockList"):
            if case .written(let etag) = try await verdict(on: write) { return .done(.written(etag)) }
            if write.condition != .unconditionally {
                let current = try await head(write.path)?.etag
                if !write.condition.allows(current) { return .done(.conditionFailed(current: current)) }
            }
            return .blocksForgotten
        case (409, "BlobAlreadyExists"), (409, "PathAlreadyExists"), (412, "ConditionNotMet"),
            (412, "TargetConditionNotMet"), (404, "BlobNotFound"), (404, "PathNotFound"):
            return .done(try await outcome(ofRefused: write, reply))
        default: throw try await refusal(reply, write.path)
        }
    }

    /// The service says that the condition does not hold: because of another's write, or of our own whose
    /// answer was lost.
    private func outcome(ofRefused write: Write, _ reply: StorageReply) async throws -> WriteOutcome {
        let current = try await properties(write.path)
        if current?.isFolder == true { throw PathIsFolder(path: write.path) }
        switch verdict(on: write, current) {
        case .written(let etag): return .written(etag)
        case .notWritten: return .conditionFailed(current: current?.object.etag)
        case .unknown:
            guard reply.mayHaveHappenedBefore else {
                return .conditionFailed(current: current?.object.etag)
            }
            throw OutcomeUnknown(
                path: write.path, act: "written",
                reason: "the answer was lost, and others have changed the object since")
        }
    }

    /// No answer came at all.
    private func outcome(ofLost write: Write, _ reason: String) async throws -> WriteOutcome {
        if let verdict = try? await verdict(on: write), case .written(let etag) = verdict {
            return .written(etag)
        }
        // It may still be on its way.
        throw OutcomeUnknown(path: write.path, act: "written", reason: "the answer was lost (\(reason))")
    }

    private func verdict(on write: Write) async throws -> WriteTrail.Verdict {
        verdict(on: write, try await properties(write.path))
    }

    private func verdict(on write: Write, _ current: Properties?) -> WriteTrail.Verdict {
        guard let current, let trail = current.trail else { return .unknown }
        return trail.verdict(on: write.id, write.condition, current: current.object.etag)
    }

    /// What a refused write, rename or copy means.
    func refusal(_ reply: StorageReply, _ path: LakePath) async throws -> any Error {
        switch (reply.status, reply.errorCode) {
        case (409, "PathConflict"), (409, "ResourceTypeMismatch"), (409, "OperationNotSupportedOnDirectory"),
            (400, "OperationNotSupportedOnDirectory"):
            return PathIsFolder(path: path)
        case (507, _), (_, "InsufficientStorage"):
            return DiskFull(path: path, wanted: ByteCount(0), available: ByteCount(0))
        case (409, _):
            if let there = try await properties(path), there.isFolder { return PathIsFolder(path: path) }
            return failure(reply, to: "write \(path)")
        default: return failure(reply, to: "write \(path)")
        }
    }
}

extension Diagnostic {
    /// Whether what was asked for may have been done, although no answer says so.
    fileprivate var mayHaveHappened: Bool {
        (self as? StorageUnreachable)?.mayHaveHappened ?? (self as? StorageBusy)?.mayHaveHappened ?? false
    }
}
