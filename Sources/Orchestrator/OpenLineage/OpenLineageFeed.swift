internal import AsyncHTTPClient
internal import Blocking
internal import FoundationEssentials
internal import Glibc
package import LakeModel
internal import LakeStore
internal import Metadata
internal import NIOCore
internal import NIOHTTP1
internal import Project
internal import Transform

/// Sends what happens in runs to whoever collects lineage.
///
/// Events come from the durable log, in order, and how far they were sent is remembered with it: a receiver
/// that does not answer delays nothing but itself, and gets everything later. What was sent right before a
/// crash may be sent again; it is the same to the letter.
package struct OpenLineageFeed: Sendable {
    private let lake: Lake
    private let definition: OpenLineageDefinition

    /// Of all processes of a lake one sends at a time.
    private static let office = "openlineage"
    private static let heldFor = Duration.seconds(120)
    /// Runs from before are not told when it is switched on.
    private static let beginsWith = Duration.seconds(3_600)
    /// How late a run may be recorded, by clocks that differ.
    private static let slack = Duration.seconds(600)
    /// How far it got is remembered after so many: a file takes many at once, a server each by itself.
    private var eventsAtOnce: Int { if case .file = definition.sink { 500 } else { 8 } }

    /// `nil` if nobody wants to know.
    package init?(_ lake: Lake) {
        guard let definition = lake.definition.openLineage else { return nil }
        self.lake = lake
        self.definition = definition
    }

    /// Sends what was not sent yet.
    ///
    /// - Parameter patience: After which time the rest is left for the next time; `nil` is never.
    /// - Returns: How many events were taken; 0 also if another process sends.
    /// - Throws: ``OpenLineageUnreachable``, and what the metadata throws. What was sent until then is
    ///   remembered.
    @discardableResult
    package func send(as worker: WorkerID, patience: Duration? = nil) async throws -> Int {
        guard try await holds(worker) else { return 0 }
        let result: Result<Int, any Error>
        let deadline = patience.map { ContinuousClock.now + $0 }
        do { result = .success(try await sendAll(as: worker, deadline)) } catch { result = .failure(error) }
        try? await lake.metadata.resign(OpenLineageFeed.office, as: worker)
        return try result.get()
    }

    private func holds(_ worker: WorkerID) async throws -> Bool {
        try await lake.metadata.lead(
            OpenLineageFeed.office, as: worker, for: OpenLineageFeed.heldFor, at: Lake.now()) != nil
    }

    private func sendAll(as worker: WorkerID, _ deadline: ContinuousClock.Instant?) async throws -> Int {
        var cursor: Cursor
        if let known = try await self.cursor() {
            cursor = known
        } else {
            // Whoever is down now gets everything from here on.
            cursor = Cursor(since: (Lake.now() - OpenLineageFeed.beginsWith).microseconds)
            try await remember(cursor)
        }
        let since = Timestamp(microseconds: cursor.since)
        let runs = try await lake.metadata.activity(since: since, of: []).filter { $0.createdAt >= since }
        var count = 0
        for run in runs {
            var sent = cursor.sent[run.run.text] ?? 0
            while sent < run.newestEvent {
                if let deadline, .now > deadline { return count }
                guard try await holds(worker) else { return count }
                let events = try await lake.metadata.events(of: run.run, after: sent, limit: eventsAtOnce)
                // What is known of steps is read after the events that tell of their ends.
                guard let last = events.last, let told = try await translation(of: run.run) else { break }
                count += try await deliver(events.compactMap { told.event($0) })
                sent = last.sequence
                cursor.sent[run.run.text] = sent
                try await remember(cursor)
            }
        }
        cursor.forget(runs, slack: OpenLineageFeed.slack)
        if count > 0 { try await remember(cursor) }
        return count
    }

    // MARK: How far

    /// How many events of each run were sent, of runs since some time.
    private struct Cursor: Codable {
        var since: Int64
        var sent: [String: Int64] = [:]

        /// What is over and sent need not be remembered, less what may be recorded late.
        mutating func forget(_ runs: [RunActivity], slack: Duration) {
            let open = runs.filter { !$0.state.isFinal || (sent[$0.run.text] ?? 0) < $0.newestEvent }
            guard let oldest = (open.map(\.createdAt).min() ?? runs.map(\.createdAt).max()) else { return }
            since = max(since, (oldest - slack).microseconds)
            let kept = Set(runs.filter { $0.createdAt.microseconds >= since }.map(\.run.text))
            sent = sent.filter { kept.contains($0.key) }
        }
    }

    private static let namespace = FactNamespace("openlineage-1")
    private static let key = "cursor"

    private func cursor() async throws -> Cursor? {
        let facts = try await lake.metadata.facts(OpenLineageFeed.namespace, keys: [OpenLineageFeed.key])
        return facts[OpenLineageFeed.key].flatMap {
            try? JSONDecoder().decode(Cursor.self, from: Data($0.utf8))
        }
    }

    private func remember(_ cursor: Cursor) async throws {
        let text = String(decoding: try JSONEncoder().encode(cursor), as: UTF8.self)
        try await lake.metadata.storeFacts(
            OpenLineageFeed.namespace, [OpenLineageFeed.key: text], at: Lake.now())
    }

    // MARK: What

    private func translation(of run: RunID) async throws -> OpenLineageTranslation? {
        guard let report = try await lake.metadata.run(run) else { return nil }
        var steps: [StepKey: OpenLineageTranslation.Step] = [:]
        var assets: [AssetKey: OpenLineageTranslation.Asset] = [:]
        for step in report.steps {
            steps[step.step.key] = .init(
                rows: step.rows, bytes: step.bytes?.bytes, problem: step.failure?.problem)
            if assets[step.step.asset] == nil { assets[step.step.asset] = try await asset(step.step.asset) }
        }
        return OpenLineageTranslation(
            namespace: definition.namespace, selection: report.summary.selection,
            assets: assets, steps: steps)
    }

    private func asset(_ key: AssetKey) async throws -> OpenLineageTranslation.Asset {
        var asset = OpenLineageTranslation.Asset()
        if let model = lake.graph.models[key] {
            asset.inputs = model.inputs.map { .init(namespace: definition.namespace, name: $0.description) }
            asset.sql = model.definition.sql
            asset.schema = try await lake.manifests.manifest(of: key)?.manifest.schema ?? []
        } else if let table = lake.graph.tables[key] {
            asset.inputs = [table.dataset]
            asset.schema = try await lake.newestManifest(of: table)?.tableSchema ?? []
        }
        return asset
    }

    // MARK: Where to

    /// - Returns: How many were taken.
    private func deliver(_ events: [OpenLineageEvent]) async throws -> Int {
        guard !events.isEmpty else { return 0 }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try events.map { Array(try encoder.encode($0)) }
        switch definition.sink {
        case .file(let path):
            let bytes = lines.flatMap { $0 + [UInt8(ascii: "\n")] }
            try await BlockingPool.shared.run { try OpenLineageFeed.append(bytes, to: path) }
            return lines.count
        case .http(let url, let token):
            var taken = 0
            for line in lines where try await post(line, to: url, token) { taken += 1 }
            return taken
        }
    }

    private static func append(_ bytes: [UInt8], to path: String) throws {
        func failed() -> OpenLineageUnreachable {
            OpenLineageUnreachable(where: path, reason: String(cString: strerror(errno)))
        }
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failed() }
        defer { close(file) }
        let before = lseek(file, 0, SEEK_END)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = failed()
                // No half a line: it would be sent again behind it.
                if before >= 0 { _ = ftruncate(file, before) }
                throw failure
            }
            written += count
        }
        // What is remembered as sent is there.
        guard fsync(file) == 0 || errno == EINVAL else { throw failed() }
    }

    /// A redirection would make a GET without a body of it, and be taken for success.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))

    /// - Returns: Whether it was taken; what a receiver will never take keeps nothing else from it.
    private func post(_ body: [UInt8], to url: String, _ token: Secret?) async throws -> Bool {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "tarn")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token.reveal())") }
        request.body = .bytes(ByteBuffer(bytes: body))
        // An address may hold a key in its query, or a password before its host.
        let shown = String(url.prefix { $0 != "?" }.split(separator: "@").last ?? "")
        let answer: HTTPClientResponse
        do {
            answer = try await OpenLineageFeed.client.execute(
                request, timeout: .nanoseconds(Int64(definition.timeout.seconds * 1_000_000_000)))
            for try await _ in answer.body {}
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let reason = (error as? HTTPClientError)?.shortDescription ?? String(describing: type(of: error))
            throw OpenLineageUnreachable(where: shown, reason: "it does not answer (\(reason))")
        }
        guard (200...299).contains(answer.status.code) else {
            if [400, 413, 422].contains(answer.status.code) { return false }
            throw OpenLineageUnreachable(where: shown, reason: "it answers \(answer.status.code)")
        }
        return true
    }
}

extension LakeGraph.Table {
    /// The table of the source, as OpenLineage names datasets: https://openlineage.io/docs/spec/naming
    fileprivate var dataset: OpenLineageEvent.Dataset {
        let database = source.database
        let name = definition.name.text
        switch source.connection.kind {
        case .mysql(let server):
            return .init(namespace: "mysql://\(server.shown)", name: "\(database).\(name)")
        case .postgres(let server):
            return .init(namespace: "postgres://\(server.shown)", name: "\(database).public.\(name)")
        case .sqlite(let path), .duckdb(let path, _), .files(let path):
            return .init(namespace: "file", name: "\(path.replacing("{database}", with: database))#\(name)")
        }
    }
}

extension ConnectionDefinition.ServerAddress {
    fileprivate var shown: String { "\(host):\(port)" }
}

/// Events could not be sent. They are kept, and sent later.
package struct OpenLineageUnreachable: Diagnostic {
    private let place: String
    private let reason: String

    init(where place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    package var code: String { "openlineage.unreachable" }
    package var problem: String { "Run events cannot be sent to \(place): \(reason)." }
    package var remedy: String {
        "They are kept and sent later. Correct 'openlineage' in lake.yaml, or the receiver."
    }
    package var category: FailureCategory { .transient }
}
