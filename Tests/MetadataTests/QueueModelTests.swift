import LakeModel
import TarnTesting
import Testing

@testable import Metadata

/// The stores do what the model does, whatever is asked of them and in whatever order.
@Suite struct `The model of the queue` {
    @Test(arguments: 0..<24)
    func `says what SQLite says, after any sequence of operations`(seed: UInt64) async throws {
        try await withStore { store in
            var lot = SeededGenerator(seed: seed)
            try await compare(with: store, steps: 120, &lot, seed: seed)
        }
    }

    func compare(
        with store: any MetadataStore, steps: Int, _ lot: inout SeededGenerator, seed: UInt64
    ) async throws {
        var model = QueueModel()
        var now = noon
        var runs: [RunID] = []
        var known: [Attempt] = []
        let owners = ["w1", "w2", "w3"].map { WorkerID($0) }
        for turn in 0..<steps {
            now = now + .seconds(Int.random(in: 0...9, using: &lot))
            let owner = owners.randomElement(using: &lot) ?? owners[0]
            let place = "seed \(seed), turn \(turn)"
            switch Int.random(in: 0..<14, using: &lot) {
            case 0, 1:
                let (run, planned) = try randomRun(runs.count, at: now, &lot)
                let expected = Result { try model.create(run, steps: planned, leaseFor: .seconds(60)) }
                let found = await outcome {
                    try await store.createRun(run, steps: planned, leaseFor: .seconds(60))
                }
                #expect(same(expected, found), "\(place): create")
                runs.append(run.id)
            case 2, 3, 4, 5, 6:
                let bound = runs.randomElement(using: &lot)
                let request = ClaimRequest(
                    owner: owner, run: Bool.random(using: &lot) ? bound : nil,
                    stepsMax: Int.random(in: 1...4, using: &lot),
                    pools: Bool.random(using: &lot) ? ["p": 2, "q": 1] : [:],
                    leaseFor: .seconds(Int.random(in: 5...40, using: &lot)), now: now)
                let expected = try model.claim(request)
                #expect(try await store.claim(request) == expected, "\(place): claim")
                known += expected.map(\.attempt)
            case 7, 8, 9, 10:
                guard let attempt = known.randomElement(using: &lot) else { continue }
                let end = attempt.finished(
                    outcomes.randomElement(using: &lot) ?? .cancelled, at: now,
                    retryAt: now + .seconds(Int.random(in: 0...20, using: &lot)))
                let expected = Result { try model.finish([end]) }
                let found = await outcome { try await store.finish(steps: [end]) }
                #expect(same(expected, found), "\(place): finish \(end)")
            case 11:
                let leases = known.suffix(5).map { LeaseRenewal(step: $0.step, epoch: $0.epoch) }
                let expected = model.renew(
                    leases, runs: runs.suffix(2), by: owner, for: .seconds(30), at: now)
                let found = try await store.renew(
                    leases, runs: runs.suffix(2), by: owner, for: .seconds(30), at: now)
                #expect(found.runs == expected.runs, "\(place): renew")
                if !leases.isEmpty || !runs.isEmpty {
                    #expect(found.leases == expected.leases, "\(place): renew")
                }
            case 12:
                let deadPid = Int32.random(in: 1...8, using: &lot)
                let expected = try model.reclaim(at: now, isAlive: { $0.pid != deadPid })
                let found = try await store.reclaim(at: now) { $0.pid != deadPid }
                #expect(found == expected, "\(place): reclaim")
            default:
                guard let run = runs.randomElement(using: &lot) else { continue }
                let expected = Result { try model.cancel(run, at: now) }
                let found = await outcome { try await store.cancel(run, at: now) }
                #expect(same(expected, found), "\(place): cancel")
            }
            try await compareStates(model, store, runs, place)
        }
    }

    private let outcomes: [StepOutcome] = [
        .succeeded(rows: 3, bytes: ByteCount(7)), .skipped("unchanged"),
        .failed(StepFailure(code: "c", problem: "p", category: .badData)),
        .retrying(StepFailure(code: "c", problem: "p", category: .transient)), .cancelled,
    ]

    private func randomRun(
        _ number: Int, at now: Timestamp, _ lot: inout SeededGenerator
    ) throws -> (NewRun, [PlannedStep]) {
        let id = try runID("r\(number)")
        let names = ["a", "b", "c", "d", "e", "f"].shuffled(using: &lot).prefix(
            Int.random(in: 0...6, using: &lot))
        var planned: [PlannedStep] = []
        for name in names {
            let inputs = planned.filter { _ in Int.random(in: 0..<3, using: &lot) == 0 }.map(\.step.key)
            let uses = [[], ["p=1"], ["p=2"], ["p=1", "q=1"]].randomElement(using: &lot) ?? []
            planned.append(
                PlannedStep(
                    StepID(run: id, asset: try assetKey("silver.\(name)")), after: inputs,
                    pools: uses.compactMap { PoolUse($0) }))
        }
        let run = NewRun.sample(
            id.text, pid: Bool.random(using: &lot) ? nil : Int32.random(in: 1...8, using: &lot),
            priority: Int.random(in: 0...2, using: &lot),
            key: Int.random(in: 0..<4, using: &lot) == 0 ? "k\(number / 3)" : nil, at: now)
        return (run, planned)
    }

    private func compareStates(
        _ model: QueueModel, _ store: any MetadataStore, _ runs: [RunID], _ place: String
    ) async throws {
        for id in runs {
            guard let report = try await store.run(id) else {
                #expect(model.runs[id] == nil, "\(place): \(id) is missing")
                continue
            }
            let run = try #require(model.runs[id])
            #expect(report.summary.state == run.state, "\(place): \(id)")
            for record in report.steps {
                let step = try #require(model.steps[record.step])
                #expect(record.state == step.progress.state, "\(place): \(record.step) of \(id)")
                #expect(record.attempts.last?.epoch == step.progress.epoch, "\(place): \(record.step)")
                #expect(record.lease?.owner == step.owner, "\(place): \(record.step)")
                #expect(record.lease?.expiresAt == step.expiresAt, "\(place): \(record.step)")
                #expect(record.readyAt == step.readyAt, "\(place): \(record.step)")
            }
        }
    }

    private func outcome<T>(_ body: () async throws -> T) async -> Result<T, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    private func same<T: Equatable>(_ left: Result<T, any Error>, _ right: Result<T, any Error>) -> Bool {
        switch (left, right) {
        case (.success(let a), .success(let b)): a == b
        case (.failure(let a), .failure(let b)): "\(a)" == "\(b)"
        default: false
        }
    }

    private func same(_ left: Result<Void, any Error>, _ right: Result<Void, any Error>) -> Bool {
        same(left.map { 0 }, right.map { 0 })
    }
}
