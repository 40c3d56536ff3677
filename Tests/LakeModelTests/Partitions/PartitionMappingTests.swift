import LakeModel
import Testing

@Suite struct `A mapping of partitions`: PartitionWords {
    private let now = "2026-11-22T12:00:00Z"

    private func relation(
        _ downstream: PartitionScheme, _ upstream: PartitionScheme, _ mapping: PartitionMapping? = nil
    ) throws -> PartitionRelation {
        try PartitionRelation(
            of: #require(AssetKey("gold.usage")), downstream, to: #require(AssetKey("silver.cdr")), upstream,
            mapping)
    }

    private func needs(_ relation: PartitionRelation, _ name: String?) throws -> [String] {
        let needs = try relation.upstream(of: name.map(key), at: at(now))
        return try #require(needs).partitions.oldestFirst.map(\.text)
    }

    private func fed(_ relation: PartitionRelation, _ name: String) throws -> [String] {
        try #require(try relation.downstream(of: key(name), at: at(now))).oldestFirst.map(\.text)
    }

    @Test func `is the partition of the same name where schemes are equal`() throws {
        let days = PartitionScheme.time(try times())
        let same = try relation(days, days)
        #expect(try needs(same, "2026-11-21") == ["2026-11-21"])
        #expect(try fed(same, "2026-11-21") == ["2026-11-21"])
        let both = PartitionScheme.product(try times(), KeyPartitions(fixed: try keys("uk", "ie")))
        #expect(try needs(relation(both, both), "2026-11-21|ie") == ["2026-11-21|ie"])
        #expect(try fed(relation(both, both), "2026-11-21|ie") == ["2026-11-21|ie"])
    }

    @Test func `follows the windows between days and months`() throws {
        let days = PartitionScheme.time(try times())
        let months = PartitionScheme.time(try times(.monthly))
        let fromMonths = try relation(days, months)
        #expect(try needs(fromMonths, "2026-10-05") == ["2026-10"])
        #expect(try fed(fromMonths, "2024-02").count == 29)
        let fromDays = try relation(months, days)
        #expect(try needs(fromDays, "2026-10").count == 31)
        #expect(try fed(fromDays, "2026-10-31") == ["2026-10"])
        // The month is not over, so that there is nothing to be made from this day yet.
        #expect(try fed(fromDays, "2026-11-01") == [])
        // Weeks share days with two months.
        let weeks = PartitionScheme.time(try times(.weekly(from: .monday), from: "2022-05-02"))
        #expect(try needs(relation(weeks, months), "2026-W40") == ["2026-09", "2026-10"])
        // Days of another zone begin at another time.
        let elsewhere = PartitionScheme.time(try times(.daily, "America/New_York"))
        #expect(try needs(relation(days, elsewhere), "2026-10-05") == ["2026-10-04", "2026-10-05"])
    }

    @Test func `tells that an input is not over`() throws {
        let (now, days) = (try at(now), PartitionScheme.time(try times()))
        let months = PartitionScheme.time(try times(.monthly))
        let early = try #require(try relation(days, months).upstream(of: key("2026-11-05"), at: now))
        #expect(early.partitions.isEmpty)
        #expect(early.isEarly)
        let done = try #require(try relation(days, months).upstream(of: key("2026-10-05"), at: now))
        #expect(!done.isEarly)
        // The present month is made from the days that are over.
        let present = PartitionScheme.time(try times(.monthly, offset: 1))
        let partial = try #require(try relation(present, days).upstream(of: key("2026-11"), at: now))
        #expect(partial.partitions.count == 21)
        #expect(!partial.isEarly)
        // Before the input began there is nothing, and never will be.
        let later = PartitionScheme.time(try times(from: "2026-10-01"))
        let none = try #require(try relation(days, later).upstream(of: key("2026-09-30"), at: now))
        #expect(none.partitions.isEmpty && !none.isEarly)
        // Nor after it has ended.
        let ended = PartitionScheme.time(try times(before: "2026-10-01"))
        let over = try #require(try relation(days, ended).upstream(of: key("2026-10-05"), at: now))
        #expect(over.partitions.isEmpty && !over.isEarly)
    }

    @Test func `takes the last ones, or those at offsets`() throws {
        let days = PartitionScheme.time(try times())
        let last = try relation(days, days, PartitionMapping(times: .last(3)))
        #expect(try needs(last, "2026-11-21") == ["2026-11-19", "2026-11-20", "2026-11-21"])
        #expect(try needs(last, "2022-05-01") == ["2022-05-01"])
        #expect(try fed(last, "2026-11-18") == ["2026-11-18", "2026-11-19", "2026-11-20"])
        #expect(try fed(last, "2026-11-21") == ["2026-11-21"])
        let offsets = try relation(days, days, PartitionMapping(times: .offsets(from: -2, through: -1)))
        #expect(try needs(offsets, "2026-11-21") == ["2026-11-19", "2026-11-20"])
        #expect(try fed(offsets, "2026-11-18") == ["2026-11-19", "2026-11-20"])
        let monthsOfDays = try relation(
            .time(try times(.monthly)), days, PartitionMapping(times: .last(2)))
        #expect(try needs(monthsOfDays, "2026-10") == ["2026-10-30", "2026-10-31"])
        #expect(try fed(monthsOfDays, "2026-10-30") == ["2026-10"])
        #expect(try fed(monthsOfDays, "2026-10-15") == [])
        let unpartitioned = try relation(.none, days, PartitionMapping(times: .last(2)))
        #expect(try needs(unpartitioned, nil) == ["2026-11-20", "2026-11-21"])
    }

    @Test func `takes all where it must`() throws {
        let days = PartitionScheme.time(try times())
        #expect(try needs(relation(days, days, .all), "2026-11-21").count == 1_666)
        #expect(try fed(relation(days, days, .all), "2026-11-21").count == 1_666)
        #expect(try needs(relation(.none, days), nil).count == 1_666)
        #expect(try relation(days, .none).upstream(of: key("2026-11-21"), at: at(now)) == nil)
    }

    @Test func `maps keys to keys, and one dimension of two`() throws {
        let countries = PartitionScheme.keys(KeyPartitions(fixed: try keys("uk", "ie")))
        let regions = PartitionScheme.keys(KeyPartitions(fixed: try keys("gb", "ni", "dublin")))
        let table = PartitionMapping(
            keys: .table([try key("uk"): try keys("gb", "ni"), try key("ie"): try keys("dublin")]))
        #expect(try needs(relation(countries, regions, table), "uk") == ["gb", "ni"])
        #expect(try fed(relation(countries, regions, table), "ni") == ["uk"])
        let both = PartitionScheme.product(try times(), KeyPartitions(fixed: try keys("uk", "ie")))
        let days = PartitionScheme.time(try times())
        #expect(try needs(relation(both, days), "2026-11-21|ie") == ["2026-11-21"])
        #expect(try fed(relation(both, days), "2026-11-21") == ["2026-11-21|uk", "2026-11-21|ie"])
        #expect(try needs(relation(days, both), "2026-11-21") == ["2026-11-21|uk", "2026-11-21|ie"])
        #expect(try fed(relation(days, both), "2026-11-21|ie") == ["2026-11-21"])
        #expect(try needs(relation(both, countries), "2026-11-21|ie") == ["ie"])
        #expect(try fed(relation(both, countries), "ie").allSatisfy { $0.hasSuffix("|ie") })
    }

    @Test func `is refused between schemes that have nothing in common`() throws {
        let days = PartitionScheme.time(try times())
        let countries = PartitionScheme.keys(KeyPartitions(fixed: try keys("uk", "ie")))
        let others = PartitionScheme.keys(KeyPartitions(fixed: try keys("uk", "fr")))
        func refusal(
            _ downstream: PartitionScheme, _ upstream: PartitionScheme, _ mapping: PartitionMapping? = nil
        ) -> String {
            do {
                _ = try relation(downstream, upstream, mapping)
                return "none"
            } catch {
                return (error as? PartitionMistake)?.description ?? "\(error)"
            }
        }
        #expect(
            refusal(days, countries) == """
                the partitions of gold.usage cannot be mapped to those of its input silver.cdr: only the input has \
                keys. gold.usage is partitioned by day (Europe/London, from 2022-05-01), silver.cdr by the keys uk, \
                ie. [partition.mapping]
                  Write 'inputs: { silver.cdr: { map: all } }' if each partition needs all of silver.cdr, or give \
                both the same 'partitions:'.
                """)
        #expect(refusal(countries, days).contains("the asset has no partitions of time"))
        #expect(refusal(countries, others).contains("the input has no key 'ie'"))
        #expect(refusal(days, countries, PartitionMapping(times: .last(3))).contains("no partitions of time"))
        #expect(refusal(days, .none, PartitionMapping(times: .last(3))).contains("has no partitions"))
        #expect(
            refusal(days, days, PartitionMapping(times: .offsets(from: 1, through: 0)))
                .contains("end before they begin"))
        let table = PartitionMapping(keys: .table([try key("xx"): try keys("uk")]))
        #expect(refusal(countries, others, table).contains("the asset has no key 'xx'"))
        let target = PartitionMapping(keys: .table([try key("uk"): try keys("xx")]))
        #expect(refusal(countries, others, target).contains("the input has no key 'xx'"))
        #expect(refusal(days, countries, .all) == "none")
        #expect(refusal(countries, days, .all) == "none")
    }

    /// What feeds and what needs are two views of one relation.
    @Test func `is the same seen from both ends`() throws {
        let (now, begin) = (try at("2026-04-20T12:00:00Z"), "2026-02-01")
        let weeks = try times(.weekly(from: .sunday), from: begin)
        let schemes: [PartitionScheme] = [
            .time(try times(from: begin)), .time(try times(.monthly, from: begin)), .time(weeks),
            .time(try times(.daily, "Australia/Lord_Howe", from: begin)),
            .time(try times(.hourly, from: "2026-04-18")),
        ]
        let mappings: [PartitionMapping.Times] = [
            .overlapping, .last(1), .last(4), .offsets(from: -3, through: -1), .offsets(from: 0, through: 2),
            .offsets(from: -2, through: 1), .all,
        ]
        for downstream in schemes {
            for upstream in schemes {
                for times in mappings {
                    let relation = try relation(downstream, upstream, PartitionMapping(times: times))
                    var needed: Set<[PartitionKey]> = []
                    for key in downstream.all(at: now).oldestFirst {
                        guard let needs = relation.upstream(of: key, at: now) else { continue }
                        for other in needs.partitions.oldestFirst { needed.insert([key, other]) }
                    }
                    var fed: Set<[PartitionKey]> = []
                    for key in upstream.all(at: now).oldestFirst {
                        guard let set = relation.downstream(of: key, at: now) else { continue }
                        for other in set.oldestFirst { fed.insert([other, key]) }
                    }
                    #expect(
                        needed == fed,
                        "\(downstream) from \(upstream) by \(times): \(needed.symmetricDifference(fed).prefix(4))"
                    )
                }
            }
        }
    }
}
