internal import Blocking
internal import DuckDB
internal import Extraction
internal import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Project
internal import Transform

extension LakeSteps {
    /// Builds a model within the limits that it has.
    ///
    /// A model with limits of its own is built alone, because the engine has one set of limits. One that runs
    /// out of memory beside others is tried once more alone, with one thread and without the order of rows
    /// that nobody asked for: that needs the least memory, and what does not fit goes to the disk.
    func withEngine<T: Sendable>(
        _ model: LakeGraph.Model, _ lease: StepLease, _ build: @Sendable (LakeSession) async throws -> T
    ) async throws -> T {
        let session = try await BlockingPool.shared.run { try lake.session() }
        let limits = model.definition.resources
        if limits.memoryLimit != nil || limits.threads != nil {
            return try await alone(lease, session, EngineLimits(limits), build)
        }
        do {
            lease.watch.extraction.wait(for: "for a model that is built alone")
            return try await lake.gate.use(alone: false) {
                lease.watch.extraction.wait(for: nil)
                return try await build(session)
            }
        } catch let failure as ModelFailure where failure.category == .outOfMemory {
            let built = try await alone(
                lease, session, EngineLimits(threads: 1, keepsOrder: false), build)
            lease.remark("it ran out of memory beside others, and was built alone with one thread")
            return built
        }
    }

    private func alone<T: Sendable>(
        _ lease: StepLease, _ session: LakeSession, _ limits: EngineLimits,
        _ build: @Sendable (LakeSession) async throws -> T
    ) async throws -> T {
        lease.watch.extraction.wait(for: "until no other model is built")
        let usual = EngineLimits(lake.engineSettings)
        return try await lake.gate.use(alone: true) {
            lease.watch.extraction.wait(for: nil)
            try await limits.apply(to: session.database)
            let result: Result<T, any Error>
            do { result = .success(try await build(session)) } catch { result = .failure(error) }
            // Whoever comes next has the lake's limits again, also after this was cancelled.
            try await BlockingPool.shared.runToEnd { try usual.apply(to: session.database.connect()) }
            return try result.get()
        }
    }
}

/// Settings of the engine that can be changed while it runs.
private struct EngineLimits: Sendable {
    private var memoryLimit: String?
    private var threads: String?
    private var keepsOrder = true

    init(threads: Int, keepsOrder: Bool) {
        self.threads = String(threads)
        self.keepsOrder = keepsOrder
    }

    init(_ limits: ResourceLimits) {
        memoryLimit = limits.memoryLimit
        threads = limits.threads.map(String.init)
    }

    /// Those with which the engine was started; what is not among them is its own default.
    init(_ settings: [String: String]) {
        memoryLimit = settings["memory_limit"] ?? "-"
        threads = settings["threads"] ?? "-"
    }

    func apply(to database: Database) async throws {
        try await database.withConnection { try apply(to: $0) }
    }

    func apply(to connection: Connection) throws {
        for (name, value) in [("memory_limit", memoryLimit), ("threads", threads)] {
            guard let value else { continue }
            try connection.execute(
                value == "-" ? "RESET GLOBAL \(name)" : "SET GLOBAL \(name) = \(quotedLiteral(value))")
        }
        try connection.execute("SET GLOBAL preserve_insertion_order = \(keepsOrder)")
    }
}
