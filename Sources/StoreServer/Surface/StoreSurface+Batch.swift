internal import ADLS
internal import Blocking
internal import LakeModel
internal import NIOCore

/// Many deletions in one request, each with proof of its own.
extension StoreSurface {
    private static let partsMax = 256

    func batch(_ request: StoreRequest, _ body: BodyReader) async throws -> StoreAnswer {
        guard let type = request.text(HeaderName.contentType), let mark = type.firstRange(of: "boundary=")
        else {
            throw StorageFailure(.invalidInput, "The body is no multipart/mixed.")
        }
        let boundary = type[mark.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" }
        let bytes = try await body.collect(bytesMax: 4 << 20)
        guard let text = String(validating: bytes, as: UTF8.self), !boundary.isEmpty else {
            throw StorageFailure(.invalidInput, "The body is no multipart/mixed.")
        }
        let plain = text.replacing("\r\n", with: "\n")
        let parts = plain.split(separator: "--\(boundary)").filter { $0.firstRange(of: " HTTP/1.1") != nil }
        guard parts.count <= Self.partsMax else {
            throw StorageFailure(.invalidInput, "A batch has at most \(Self.partsMax) parts.")
        }
        let mine = "batchresponse_\(request.id)"
        var reply = ""
        for part in parts {
            let sections = part.components(separatedBy: "\n\n")
            let answer = await self.answer(part: sections.dropFirst().joined(separator: "\n\n"), of: request)
            reply += "--\(mine)\r\nContent-Type: application/http\r\n"
            if let id = Self.headers(sections.first ?? "").first(where: { $0.name == "content-id" }) {
                reply += "Content-ID: \(id.value)\r\n"
            }
            reply += "\r\nHTTP/1.1 \(answer.status) \(answer.status < 300 ? "Accepted" : "Refused")\r\n"
            for header in answer.headers { reply += "\(header.name): \(header.value)\r\n" }
            reply += "x-ms-request-id: \(request.id)\r\n\r\n"
            if case .bytes(let bytes) = answer.body { reply += String(buffer: bytes) + "\r\n" }
        }
        reply += "--\(mine)--\r\n"
        return StoreAnswer(
            202, [(HeaderName.contentType, "multipart/mixed; boundary=\(mine)")],
            body: .bytes(ByteBuffer(string: reply)))
    }

    private static func headers(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "\n").compactMap { line in
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2, !line.hasPrefix(" ") else { return nil }
            return (sides[0].lowercased(), String(sides[1].drop { $0 == " " }))
        }
    }

    private func answer(part: String, of request: StoreRequest) async -> StoreAnswer {
        let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: true)
        let words = (lines.first ?? "").split(separator: " ")
        do {
            guard words.count == 3, words[0] == "DELETE" else {
                throw StorageFailure(.invalidInput, "A batch deletes; it does nothing else here.")
            }
            // A ? without parameters is in the request's line, but not in what is signed.
            let target = try RequestTarget(String(words[1]))
            let inner = StoreRequest(
                method: "DELETE", wireMethod: "DELETE", target: target,
                headers: Self.headers(lines.count > 1 ? String(lines[1]) : ""), host: request.host,
                address: try StorageAddress(
                    rawPath: target.rawPath, host: request.host, account: settings.account),
                clientAddress: request.clientAddress, isEncrypted: request.isEncrypted, now: request.now,
                id: request.id)
            let caller = try access.identify(inner)
            guard try StoreOperation(inner) == .delete else {
                throw StorageFailure(.invalidInput, "A batch deletes paths.")
            }
            try access.authorize(caller, StoreOperation.delete.need, at: inner.address, inner)
            return try await delete(inner)
        } catch let failure as StorageFailure {
            return .refusal(failure, isDFS: false, isHead: false, requestID: request.id)
        } catch {
            return .refusal(
                StorageFailure(.internalError, "It could not be deleted."), isDFS: false, isHead: false,
                requestID: request.id)
        }
    }
}

extension StringProtocol {
    fileprivate func components(separatedBy mark: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let found = rest.firstRange(of: mark) {
            parts.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return parts + [String(rest)]
    }
}
