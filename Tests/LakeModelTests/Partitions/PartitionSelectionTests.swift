import LakeModel
import Testing

@Suite struct `A selection of partitions`: PartitionWords {
    private let asset = AssetKey("gold.revenue")

    private func read(
        _ text: String, _ scheme: PartitionScheme, at now: String = "2026-11-22T12:00:00Z"
    ) throws -> PartitionSet {
        try PartitionSelection(of: #require(asset), scheme, at: at(now)).read(text)
    }

    private func found(_ text: String, _ scheme: PartitionScheme) throws -> [String] {
        try read(text, scheme).oldestFirst.map(\.text)
    }

    private func mistake(_ text: String, _ scheme: PartitionScheme) throws -> String {
        do {
            let set = try read(text, scheme)
            return "no mistake: \(set.oldestFirst.map(\.text))"
        } catch let mistake as PartitionMistake {
            return mistake.description
        }
    }

    @Test func `names times, ranges, the latest and all`() throws {
        let days = PartitionScheme.time(try times())
        #expect(try found("2026-11-21", days) == ["2026-11-21"])
        #expect(try found("2026-11-01..2026-11-03", days) == ["2026-11-01", "2026-11-02", "2026-11-03"])
        #expect(try found("2026-11-01..2026-11-01", days) == ["2026-11-01"])
        #expect(try found("latest", days) == ["2026-11-21"])
        #expect(try found("latest:3", days) == ["2026-11-19", "2026-11-20", "2026-11-21"])
        #expect(try read("all", days).count == 1_666)
        #expect(try read("latest:1000000", days).count == 1_666)
        // A list has each once, in order.
        #expect(
            try found("2026-11-03, 2026-11-01..2026-11-02,2026-11-02", days)
                == ["2026-11-01", "2026-11-02", "2026-11-03"])
    }

    @Test func `names all in a month or a day by the month or day`() throws {
        let days = PartitionScheme.time(try times())
        #expect(try read("2024-02", days).count == 29)
        #expect(try found("2026-W46", days).first == "2026-11-09")
        // As far as it is over.
        #expect(try read("2026-11", days).count == 21)
        let hours = PartitionScheme.time(try times(.hourly))
        #expect(try read("2026-03-29", hours).count == 23)
        #expect(try read("2026-10-25", hours).count == 25)
        #expect(try found("2026-11-22", hours).last == "2026-11-22T11")
    }

    @Test func `names keys, and times with keys`() throws {
        let countries = PartitionScheme.keys(KeyPartitions(fixed: try keys("uk", "ie", "fr")))
        #expect(try found("ie,uk", countries) == ["uk", "ie"])
        #expect(try found("all", countries) == ["uk", "ie", "fr"])
        let both = PartitionScheme.product(try times(), KeyPartitions(fixed: try keys("uk", "ie")))
        #expect(try found("2026-11-20..2026-11-21|ie", both) == ["2026-11-20|ie", "2026-11-21|ie"])
        #expect(try found("2026-11-20|all", both) == ["2026-11-20|uk", "2026-11-20|ie"])
        #expect(try found("latest", both) == ["2026-11-21|uk", "2026-11-21|ie"])
        #expect(try read("all", both).count == 2 * 1_666)
        let mixed = try read("2026-11-20..2026-11-21|ie,2026-11-21|all,2026-11-01|uk", both)
        #expect(mixed.count == 4)
        #expect(Set(mixed.oldestFirst.map(\.text)).count == 4)
        #expect(try mixed.contains(key("2026-11-21|uk")))
        #expect(try !mixed.contains(key("2026-11-20|uk")))
    }

    @Test func `that cannot be read tells how the asset is partitioned, with an example`() throws {
        let days = PartitionScheme.time(try times())
        #expect(
            try mistake("2026-11-31", days) == """
                gold.revenue has no partition '2026-11-31': it is partitioned by day (Europe/London, from \
                2022-05-01). [partition.selection]
                  Write, say, '2026-11-21', '2026-11-15..2026-11-21', 'latest:7' or 'all', or several with commas.
                """)
        let both = PartitionScheme.product(try times(), KeyPartitions(fixed: try keys("uk", "ie")))
        #expect(
            try mistake("2026-11-21", both) == """
                these are no partitions of gold.revenue: '2026-11-21' does not name a time and a key with '|' \
                between them. It is partitioned by day (Europe/London, from 2022-05-01) and by the keys uk, ie. \
                [partition.selection]
                  Write, say, '2026-11-21|uk', '2026-11-15..2026-11-21|uk', 'latest:7' or 'all', or several with \
                commas.
                """)
        let countries = PartitionScheme.keys(KeyPartitions(fixed: try keys("uk", "ireland")))
        #expect(
            try mistake("irland", countries) == """
                gold.revenue has no partition 'irland': did you mean 'ireland'? [partition.unknown]
                  Write, say, 'uk', or 'all', or several with commas.
                """)
        #expect(try mistake("x", .none).hasPrefix("gold.revenue has no partitions. [partition.none]"))
    }

    @Test(arguments: [
        ("2026-11-22", "has no partition '2026-11-22' yet: its latest is 2026-11-21."),
        ("2026-11-01..2026-11-22", "has no partition '2026-11-22' yet"),
        ("2026-12", "has no partition '2026-12' yet"), ("2022-04-30", "its first is 2022-05-01."),
        ("2022-04-30..2022-05-02", "its first is 2022-05-01."), ("2022-04", "its first is 2022-05-01."),
        ("2026-11-03..2026-11-01", "ends before it begins"), ("a..b..c", "is no range"),
        ("latest:0", "how many of the latest"), ("latest:x", "how many of the latest"),
        ("latest:", "how many of the latest"), ("latest:-1", "how many of the latest"),
        ("", "it names nothing"), ("2026-11-01,,2026-11-02", "it names nothing"), ("..", "by day"),
        ("2026-11-01..", "by day"), ("'; DROP TABLE x", "by day"), ("2026-11-01|uk", "by day"),
    ])
    func `is refused where it means nothing`(text: String, reason: String) throws {
        #expect(try mistake(text, .time(times())).contains(reason))
    }

    @Test func `explains hours that were skipped or came twice`() throws {
        let hours = PartitionScheme.time(try times(.hourly))
        #expect(
            try mistake("2026-10-25T01", hours) == """
                the clocks of Europe/London showed 2026-10-25T01 twice, so that '2026-10-25T01' is two partitions. \
                [partition.unknown]
                  Name one of them: 2026-10-25T01+01:00, 2026-10-25T01+00:00.
                """)
        #expect(try mistake("2026-03-29T01", hours).contains("the clocks of Europe/London skipped that hour"))
    }

    @Test func `asks for a start where all are meant`() throws {
        let days = PartitionScheme.time(try times(from: nil))
        #expect(try mistake("all", days).contains("[partition.no-start]"))
        #expect(try found("latest:2", days) == ["2026-11-20", "2026-11-21"])
        #expect(try found("1999-12-31", days) == ["1999-12-31"])
    }
}
