import Foundation
import Testing

extension Lake {
    /// Puts the store of a lake behind `tarn store serve`, in the folder where it would be anyway: what is
    /// checked in a lake's own folder is checked the same way.
    ///
    /// - Parameter through: Between the lake and the server, given the server's address; its own is returned.
    func inServedStore<T>(
        through: (String) async throws -> String = { $0 }, _ body: (Lake) async throws -> T
    ) async throws -> T {
        try FileManager.default.createDirectory(atPath: path("lake"), withIntermediateDirectories: true)
        let server = try start(["store", "serve", ".", "--port", "0", "--account", "acct", "--log", "json"])
        var endpoint = ""
        try await awaitingAnswer("the store is served") {
            for line in server.errorsSoFar.split(separator: "\n") where line.contains("\"listening\"") {
                endpoint = try JSON(Data(line.utf8)).text("endpoint")
            }
            return !endpoint.isEmpty
        }
        let reached = try await through(endpoint)
        let lines = try text("lake.yaml").split(separator: "\n", omittingEmptySubsequences: false)
        let store =
            "store: { url: \"adls://lake@acct\", endpoint: \"\(reached)\", account_key_file: .tarn-store/key }"
        try write(
            lines.map { $0.hasPrefix("store:") ? store : String($0) }.joined(separator: "\n"), to: "lake.yaml")
        let result: Result<T, any Error>
        do { result = .success(try await body(self)) } catch { result = .failure(error) }
        server.send(SIGTERM)
        #expect(try await server.end().code == 0)
        return try result.get()
    }
}
