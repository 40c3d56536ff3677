import LakeModel
import Testing

@Suite struct `The status of a partition`: PartitionWords {
    private let now = "2026-04-05T12:00:00Z"
    private let run = RunID("20261122T031502Z-4f9a1c")

    private func built(_ text: String, rows: Int64 = 5) throws -> PartitionFacts.Build {
        PartitionFacts.Build(run: try #require(run), at: try at(text), rows: rows)
    }

    private func attempt(
        _ state: PartitionFacts.Attempt.State, _ text: String = "2026-04-04T00:00:00Z"
    ) throws -> PartitionFacts.Attempt {
        PartitionFacts.Attempt(run: try #require(run), at: try at(text), state: state)
    }

    private func status(_ facts: PartitionFacts?, _ inputs: [PartitionStatuses.Input] = []) throws
        -> PartitionStatus
    {
        let (scheme, name) = (PartitionScheme.time(try times()), try key("2026-04-01"))
        return PartitionStatuses(
            scheme, facts: facts.map { [name: $0] } ?? [:], inputs: inputs, at: try at(now)
        ).status(of: name)
    }

    @Test func `is missing, built, failed or running`() throws {
        #expect(try status(nil) == .missing)
        #expect(try status(PartitionFacts(attempt: attempt(.cancelled))) == .missing)
        let failed = try attempt(.failed)
        #expect(try status(PartitionFacts(attempt: failed)) == .failed(failed))
        let build = try built("2026-04-02T03:00:00Z")
        #expect(try status(PartitionFacts(build: build)) == .built(build))
        let running = try attempt(.running)
        #expect(try status(PartitionFacts(attempt: running)) == .running(running))
        #expect(try status(PartitionFacts(build: build, attempt: running)) == .running(running))
    }

    @Test func `stays built when a later attempt fails or is cancelled`() throws {
        let build = try built("2026-04-02T03:00:00Z")
        #expect(try status(PartitionFacts(build: build, attempt: attempt(.failed))) == .built(build))
        #expect(try status(PartitionFacts(build: build, attempt: attempt(.cancelled))) == .built(build))
    }

    @Test func `is stale once a partition that it is made from was built later`() throws {
        let days = PartitionScheme.time(try times())
        let cdr = try #require(AssetKey("silver.cdr"))
        let relation = try PartitionRelation(
            of: #require(AssetKey("gold.usage")), days, to: cdr, days, PartitionMapping(times: .last(3)))
        let facts = PartitionFacts(build: try built("2026-04-02T03:00:00Z"))
        func because(_ builds: [String: String]) throws -> String {
            let known = try builds.map { (try key($0.key), try at($0.value)) }
            let input = PartitionStatuses.Input(
                cdr, relation, builds: Dictionary(uniqueKeysWithValues: known))
            switch try status(facts, [input]) {
            case .stale(_, let asset, let partition): return "\(asset) \(partition?.text ?? "")"
            case let other: return other.kind.rawValue
            }
        }
        #expect(try because(["2026-04-01": "2026-04-02T02:00:00Z"]) == "built")
        #expect(try because(["2026-03-30": "2026-04-02T04:00:00Z"]) == "silver.cdr 2026-03-30")
        // Others may be built whenever they like.
        #expect(
            try because([
                "2026-03-29": "2026-04-02T04:00:00Z", "2026-04-02": "2026-04-03T02:00:00Z",
                "2026-03-31": "2026-04-01T00:00:00Z",
            ]) == "built")
        #expect(
            try because(["2026-03-29": "2026-04-04T04:00:00Z", "2026-03-31": "2026-04-02T03:00:01Z"])
                == "silver.cdr 2026-03-31")
        let whole = try PartitionRelation(
            of: #require(AssetKey("gold.usage")), days, to: cdr, .none, nil)
        #expect(
            try status(facts, [.init(cdr, whole, built: at("2026-04-03T00:00:00Z"))]).kind == .stale)
        #expect(
            try status(facts, [.init(cdr, whole, built: at("2026-04-01T00:00:00Z"))]).kind == .built)
    }

    @Test func `is told in ranges that can be selected again`() throws {
        let scheme = PartitionScheme.time(try times(from: "2026-01-01"))
        var facts: [PartitionKey: PartitionFacts] = [:]
        for name in scheme.all(at: try at("2026-04-01T12:00:00Z")).oldestFirst {
            facts[name] = PartitionFacts(build: try built("2026-04-02T03:00:00Z"))
        }
        facts[try key("2026-04-01")] = PartitionFacts(attempt: try attempt(.failed))
        facts[try key("1999-01-01")] = PartitionFacts(build: try built("2026-04-02T03:00:00Z"))
        let summary = PartitionStatuses(scheme, facts: facts, at: try at(now)).summary
        #expect(
            summary.description
                == "2026-01-01..2026-03-31 built, 2026-04-01 failed, 2026-04-02..2026-04-04 missing")
        #expect(summary.counts == [.built: 90, .failed: 1, .missing: 3])
        let asset = try #require(AssetKey("gold.usage"))
        for part in summary.parts {
            let again = try PartitionSelection(of: asset, scheme, at: at(now)).read(part.selection)
            #expect(again.count == part.count)
        }
        let both = PartitionScheme.product(
            try times(from: "2026-04-01"), KeyPartitions(fixed: try keys("uk", "ie")))
        let two = PartitionStatuses(
            both,
            facts: [
                try key("2026-04-01|uk"): PartitionFacts(build: try built("2026-04-02T03:00:00Z")),
                try key("2026-04-02|uk"): PartitionFacts(build: try built("2026-04-03T03:00:00Z")),
            ], at: try at(now)
        ).summary
        #expect(
            two.description == """
                2026-04-01..2026-04-02|uk built, 2026-04-03..2026-04-04|uk missing, \
                2026-04-01..2026-04-04|ie missing
                """)
        let countries = PartitionScheme.keys(KeyPartitions(fixed: try keys("uk", "ie", "fr")))
        let three = PartitionStatuses(
            countries, facts: [try key("ie"): PartitionFacts(build: try built("2026-04-02T03:00:00Z"))],
            at: try at(now)
        ).summary
        #expect(three.description == "uk,fr missing, ie built")
    }

    @Test func `of 100,000 partitions with an input each is found at once`() throws {
        let hours = PartitionScheme.time(try times(.hourly, from: "2015-01-01"))
        let relation = try PartitionRelation(
            of: #require(AssetKey("gold.usage")), hours, to: #require(AssetKey("silver.cdr")), hours, nil)
        let build = try built("2026-04-02T03:00:00Z")
        let all = Array(hours.all(at: try at(now)).oldestFirst)
        #expect(all.count > 98_000)
        let facts = Dictionary(uniqueKeysWithValues: all.map { ($0, PartitionFacts(build: build)) })
        var builds = Dictionary(uniqueKeysWithValues: all.map { ($0, build.at - .seconds(60)) })
        builds[all[70_000]] = build.at + .seconds(60)
        let input = PartitionStatuses.Input(try #require(AssetKey("silver.cdr")), relation, builds: builds)
        let statuses = PartitionStatuses(hours, facts: facts, inputs: [input], at: try at(now))
        var summary: PartitionSummary?
        #expect(ContinuousClock().measure { summary = statuses.summary } < .seconds(60))
        #expect(summary?.counts == [.built: all.count - 1, .stale: 1])
        #expect(summary?.parts.count == 3)
    }
}
