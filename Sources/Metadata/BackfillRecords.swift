package import LakeModel

/// What is done in the same transaction as a change of a backfill.
package struct BackfillEffects: Sendable {
    package var runs: [(run: NewRun, steps: [PlannedStep])] = []
    /// Runs that are to end.
    package var cancelled: [RunID] = []
    package let at: Timestamp

    package init(at now: Timestamp) { at = now }
}

/// A backfill that cannot be created or is not there; nothing was changed.
package struct BackfillRefusal: Diagnostic {
    package let name: TriggerName?
    package let kind: Kind

    package enum Kind: Hashable, Sendable {
        /// One of the same name is not over.
        case exists(BackfillID)
        case unknown(BackfillID)
    }

    package init(name: TriggerName? = nil, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    package var code: String {
        switch kind {
        case .exists: "backfill.exists"
        case .unknown: "backfill.unknown"
        }
    }
    package var problem: String {
        switch kind {
        case .exists(let id): "The backfill '\(name?.text ?? "")' is not over yet: \(id)."
        case .unknown(let id): "There is no backfill \(id)."
        }
    }
    package var remedy: String {
        switch kind {
        case .exists(let id): "See it with: tarn backfill show \(id). Another one needs another --name."
        case .unknown: "See those that are kept with: tarn backfill list"
        }
    }
}

/// What is remembered of backfills.
package protocol BackfillStore: Sendable {
    /// - Throws: ``BackfillRefusal`` if one of its name is not over.
    func createBackfill(_ backfill: Backfill) async throws

    /// Changes a backfill, creates runs and cancels others, all in one transaction, while nobody else
    /// changes it.
    ///
    /// - Parameters:
    ///   - leaseFor: How long a run is left alone that is bound to a process.
    ///   - change: Is called again if the database asks for that.
    /// - Returns: The backfill as it is now.
    /// - Throws: ``BackfillRefusal`` if there is none; what `change` throws.
    @discardableResult
    func changeBackfill(
        _ id: BackfillID, leaseFor: Duration,
        _ change: @escaping @Sendable (inout Backfill) throws -> BackfillEffects
    ) async throws -> Backfill

    /// The newest first.
    /// - Parameter openOnly: Whether only those that run or are paused.
    func backfills(openOnly: Bool, limit: Int) async throws -> [Backfill]

    /// `nil` if there is none.
    func backfill(_ id: BackfillID) async throws -> Backfill?

    /// The newest of that name.
    func backfill(named name: TriggerName) async throws -> Backfill?
}

extension SQLMetadataStore {
    package func createBackfill(_ backfill: Backfill) async throws {
        try await write { try $0.create(backfill) }
    }

    @discardableResult
    package func changeBackfill(
        _ id: BackfillID, leaseFor: Duration,
        _ change: @escaping @Sendable (inout Backfill) throws -> BackfillEffects
    ) async throws -> Backfill {
        try await write { try $0.change(id, leaseFor: leaseFor, change) }
    }

    package func backfills(openOnly: Bool, limit: Int) async throws -> [Backfill] {
        try await read { try $0.backfills(openOnly: openOnly, limit: MetadataLimits.bounded(limit)) }
    }

    package func backfill(_ id: BackfillID) async throws -> Backfill? {
        try await read { try $0.backfill(id) }
    }

    package func backfill(named name: TriggerName) async throws -> Backfill? {
        try await read { try $0.backfill(named: name) }
    }
}
