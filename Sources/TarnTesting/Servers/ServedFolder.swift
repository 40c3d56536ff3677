package import ADLS
import Foundation
package import LakeModel
import Logging
import ServiceLifecycle
package import StoreServer

/// A folder of its own that is served as ADLS Gen2 and Blob, on a port of the system's choice.
package struct ServedFolder: Sendable {
    package static let account = "acct"
    package static let secret = Secret(Base64.encode(Array(0..<64)))

    package let path: String
    package let port: Int
    package let key: SharedKey

    /// Lends a served folder, with a filesystem `lake` in it, and removes it afterwards.
    package static func with(
        _ change: (inout StoreServerSettings) -> Void = { _ in }, _ body: (ServedFolder) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "tarn-store-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path + "/lake", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await serve(path, change, body)
    }

    /// Serves a folder that is there.
    package static func serve(
        _ path: String, _ change: (inout StoreServerSettings) -> Void = { _ in },
        _ body: (ServedFolder) async throws -> Void
    ) async throws {
        var settings = StoreServerSettings(folder: path, account: account, key: secret)
        settings.port = 0
        change(&settings)
        guard let key = SharedKey(settings.key) else { throw ServedFolderFailed(description: "a bad key") }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = try StoreServer(settings, logger: logger) { told.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await group.run()
                told.finish()
            }
            var numbers = ports.makeAsyncIterator()
            guard let port = await numbers.next() else {
                try await tasks.waitForAll()
                throw ServedFolderFailed(description: "the server does not listen")
            }
            do {
                try await body(ServedFolder(path: path, port: port, key: key))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// As the portal writes it; `port` may be a proxy's.
    package func connectionString(port: Int? = nil) -> Secret {
        let endpoint = "http://127.0.0.1:\(port ?? self.port)/\(Self.account)"
        return Secret(
            "DefaultEndpointsProtocol=http;AccountName=\(Self.account);AccountKey=\(Self.secret.reveal());"
                + "BlobEndpoint=\(endpoint);DfsEndpoint=\(endpoint)")
    }

    /// A SAS of the account with all rights, as the query of an address has it.
    package func accountSignature(expiry: String = "2099-01-01T00:00:00Z") -> Secret {
        let sas = SharedAccessSignature(
            scope: .account(services: "b", resourceTypes: "sco"), permissions: "rwdlacupmx",
            start: "", expiry: expiry, addresses: "", protocols: "", version: "2023-11-03")
        let signed = sas.signed(
            with: key, account: Self.account, address: StorageAddress(filesystem: nil, path: ""))
        return Secret(
            signed.query.map { "\($0.name)=\(PercentCoding.encoded($0.value))" }.joined(separator: "&"))
    }
}

/// The server did not come up.
package struct ServedFolderFailed: Error, CustomStringConvertible {
    package let description: String
}
