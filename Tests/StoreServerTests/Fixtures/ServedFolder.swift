import ADLS
import Foundation
import LakeModel
import Logging
import ServiceLifecycle
import Testing

@testable import StoreServer

/// A folder of its own that is served on a port of the system's choice.
struct ServedFolder: Sendable {
    static let account = "acct"
    static let secret = Secret(Base64.encode(Array(0..<64)))

    let path: String
    let port: Int
    let key: SharedKey

    /// Lends a served folder, with a filesystem `lake` in it, and removes it afterwards.
    static func with(
        _ change: (inout StoreServerSettings) -> Void = { _ in }, _ body: (ServedFolder) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "tarn-store-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path + "/lake", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await serve(path, change, body)
    }

    /// Serves a folder that is there.
    static func serve(
        _ path: String, _ change: (inout StoreServerSettings) -> Void = { _ in },
        _ body: (ServedFolder) async throws -> Void
    ) async throws {
        var settings = StoreServerSettings(folder: path, account: account, key: secret)
        settings.port = 0
        change(&settings)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = try StoreServer(settings, logger: logger) { told.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
        let key = try #require(SharedKey(secret))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await group.run()
                told.finish()
            }
            var numbers = ports.makeAsyncIterator()
            if let port = await numbers.next() {
                do {
                    try await body(ServedFolder(path: path, port: port, key: key))
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
            } else {
                Issue.record("it does not listen")
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

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
