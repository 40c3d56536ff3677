import ADLS
import Foundation
import LakeModel
import TarnTesting
import Testing

@testable import StoreServer

/// Requests of a client that may send anything, and what the server keeps in its folder.
extension ServedFolder {
    func connect() throws -> Connection { try Connection(port: port) }

    /// The bytes of a request, signed with the account's key.
    func request(
        _ method: String, _ target: String, _ headers: [String: String] = [:], body: [UInt8] = [],
        length: Int? = nil, at date: Timestamp = .now
    ) throws -> [UInt8] {
        var all = headers
        if all["x-ms-date"] == nil { all["x-ms-date"] = HTTPDate.text(date) }
        if all["x-ms-version"] == nil { all["x-ms-version"] = "2024-08-04" }
        if all["content-length"] == nil, all["transfer-encoding"] == nil, method != "GET", method != "HEAD" {
            all["content-length"] = "\(length ?? body.count)"
        }
        if all["authorization"] == nil {
            let signed = SignedRequest(
                method: method, target: try RequestTarget(target),
                headers: all.map { ($0.key.lowercased(), $0.value) })
            all["authorization"] = key.authorization(of: signed, account: Self.account)
        }
        let lines = all.filter { $0.key != "authorization" || !$0.value.isEmpty }.map {
            "\($0.key): \($0.value)\r\n"
        }
        return Array("\(method) \(target) HTTP/1.1\r\nhost: 127.0.0.1:\(port)\r\n\(lines.joined())\r\n".utf8)
            + body
    }

    /// Asks once, over a connection of its own.
    @discardableResult
    func ask(
        _ method: String, _ target: String, _ headers: [String: String] = [:], body: [UInt8] = []
    ) async throws -> HTTPAnswer {
        let connection = try connect()
        try await connection.send(try request(method, target, headers, body: body))
        return try await connection.answer(isHead: method == "HEAD")
    }

    /// Writes a file in one request.
    @discardableResult
    func put(_ name: String, _ text: String, _ headers: [String: String] = [:]) async throws -> HTTPAnswer {
        try await ask(
            "PUT", "/acct/lake/\(name)", headers.merging(["x-ms-blob-type": "BlockBlob"]) { $1 },
            body: Array(text.utf8))
    }

    func text(_ name: String) async throws -> String { try await ask("GET", "/acct/lake/\(name)").text }

    /// What is below the folder besides what the server keeps for itself, files by their size.
    func files() throws -> [String: Int] {
        let walk = try #require(FileManager.default.enumerator(atPath: path))
        var files: [String: Int] = [:]
        for case let file as String in walk where !file.hasPrefix(".tarn-store") {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
            if attributes[.type] as? FileAttributeType == .typeRegular {
                files[file] = attributes[.size] as? Int
            }
        }
        return files
    }

    /// What the server keeps for itself besides its lock, in files.
    func leftovers() throws -> [String] {
        let walk = try #require(FileManager.default.enumerator(atPath: path + "/.tarn-store"))
        return walk.compactMap { $0 as? String }.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(
                atPath: "\(path)/.tarn-store/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue && name != "lock" && name != "leases"
        }
    }
}
