import LakeModel
import Project
import Testing

@Suite struct `Partitions in a lake's files` {
    @Test(arguments: `A mistake in a lake's files`.ofPartitions)
    func `that are wrong are told in words with their place and nothing else`(wrong: WrongFile) throws {
        #expect(try LakeFiles([wrong.file: wrong.text]).mistakes() == [wrong.mistake])
    }

    private func table(_ settings: String, zone: String = "UTC") throws -> TableDefinition {
        let loaded = try LakeFiles([
            "lake.yaml": """
            name: little
            store: store
            timezone: \(zone)
            environments: { local: { connections: { v3: { kind: sqlite, path: "{database}.db" } } } }
            """,
            "sources/v3_billing.yaml": "connection: v3\ntables:\n  invoice: \(settings)\n",
        ]).load()
        try #require(loaded.mistakes.isEmpty, "\(loaded.mistakes)")
        return try #require(loaded.definition?.sources.first?.tables.first)
    }

    private func model(_ header: String) throws -> ModelDefinition {
        let loaded = try LakeFiles([
            "models/gold/totals.sql": "/*---\n\(header)\n---*/\nSELECT 1 AS n"
        ]).load()
        try #require(loaded.mistakes.isEmpty, "\(loaded.mistakes)")
        return try #require(loaded.definition?.models.first { $0.key.description == "gold.totals" })
    }

    @Test func `of a table are its time, its column and its history`() throws {
        let daily = try table(
            "{ partitions: { by: daily, column: invoice_date, start: 2022-05-01 } }", zone: "Europe/London")
        #expect(daily.mode == .partitioned)
        let partitions = try #require(daily.partitions)
        #expect(partitions.scheme.description == "by day (Europe/London, from 2022-05-01)")
        #expect(partitions.timeColumn == "invoice_date" && partitions.keyColumn == nil)
        #expect(partitions.place == Place(file: "sources/v3_billing.yaml", line: 3, column: 26))
        let weekly = try table(
            """
            { mode: partitioned, partitions: { by: weekly, column: d, start: 2022-05-01, end: 2026-01-04,
              end_offset: 1, timezone: America/New_York, week_starts: sunday } }
            """)
        let times = try #require(weekly.partitions?.scheme.times)
        #expect(times.period == .weekly(from: .sunday) && times.zone.name == "America/New_York")
        #expect(times.end == Day("2026-01-04") && times.endOffset == 1)
    }

    @Test func `may have keys, and a time with keys in either order`() throws {
        let keys = try table("{ partitions: { by: { keys: [uk, ie, 44, no] }, column: country } }")
        #expect(keys.partitions?.scheme.description == "by the keys uk, ie, 44, no")
        #expect(keys.partitions?.keyColumn == "country")
        let dynamic = try table("{ partitions: { by: { keys: dynamic }, column: tenant } }")
        #expect(dynamic.partitions?.scheme.hasDynamicKeys == true)
        for (by, columns) in [
            ("[daily, { keys: [uk, ie] }]", "[day, country]"),
            ("[{ keys: [uk, ie] }, daily]", "[country, day]"),
        ] {
            let both = try table(
                "{ partitions: { by: \(by), columns: \(columns), start: 2022-05-01 } }")
            let partitions = try #require(both.partitions)
            #expect(partitions.timeColumn == "day" && partitions.keyColumn == "country")
            #expect(partitions.columns == ["day", "country"])
            #expect(
                partitions.scheme.all(at: Timestamp(microseconds: 1_651_500_000_000_000)).oldestFirst
                    .map(\.text) == ["2022-05-01|uk", "2022-05-01|ie"])
        }
    }

    @Test func `of a model may be a single word`() throws {
        let daily = try model("partitions: daily")
        #expect(daily.partitions?.timeColumn == "day" && daily.partitions?.scheme.times?.start == nil)
        #expect(try model("partitions: monthly").partitions?.timeColumn == "month")
        #expect(try model("description: x").partitions == nil)
    }

    @Test func `of inputs are mapped`() throws {
        let model = try model(
            """
            partitions: { by: [daily, { keys: [uk, ie] }], columns: [d, c] }
            inputs:
              bronze_cdr.cdr: { map: last 3 }
              silver.a: { map: all }
              silver.b: { map: { from: -6, through: -1 } }
              silver.c: { map: { time: last 2, keys: { uk: [gb, ni], ie: ie } } }
              silver.d: { map: same }
              silver.e: { map: { keys: all } }
            """)
        let mappings = model.inputs.map(\.mapping)
        #expect(model.inputs.map(\.asset.description).first == "bronze_cdr.cdr")
        #expect(model.inputs[1].place == Place(file: "models/gold/totals.sql", line: 5, column: 3))
        #expect(mappings[0] == PartitionMapping(times: .last(3)))
        #expect(mappings[1] == .all)
        #expect(mappings[2] == PartitionMapping(times: .offsets(from: -6, through: -1)))
        let (uk, ie) = (try #require(PartitionKey("uk")), try #require(PartitionKey("ie")))
        let (gb, ni) = (try #require(PartitionKey("gb")), try #require(PartitionKey("ni")))
        #expect(mappings[3] == PartitionMapping(times: .last(2), keys: .table([uk: [gb, ni], ie: [ie]])))
        #expect(mappings[4] == .standard)
        #expect(mappings[5] == PartitionMapping(keys: .all))
    }
}

extension `A mistake in a lake's files` {
    static let ofPartitions: [WrongFile] = [
        .table(
            "{ partitions: dayly }",
            "3:26: expected one of hourly, daily, weekly, monthly, found 'dayly': did you mean 'daily'? [project.bad-value]"
        ),
        .table(
            "{ partitions: { column: d } }",
            "3:26: partitions needs the key 'by'. [project.missing-key]"),
        .table(
            "{ partitions: { by: daily, start: 2022-05-01 } }",
            "3:26: the partitions do not say which column decides. [project.missing-key]"),
        .table(
            "{ partitions: { by: daily, column: d } }",
            "3:26: the partitions do not say where the history begins. [project.missing-key]"),
        .table(
            "{ partitions: { by: monthly, column: d, start: 2022-05-15 } }",
            "3:59: 2022-05-15 does not begin a month. [project.bad-value]"),
        .table(
            "{ partitions: { by: weekly, column: d, start: 2022-05-03 } }",
            "3:58: 2022-05-03 does not begin a week. [project.bad-value]"),
        .table(
            "{ partitions: { by: daily, column: d, start: 2022-02-30 } }",
            "3:57: expected a day such as 2026-11-22, found '2022-02-30'. [project.wrong-type]"),
        .table(
            "{ partitions: { by: daily, column: d, start: 2022-05-02, end: 2022-05-02 } }",
            "3:69: the partitions end on 2022-05-02, before they begin on 2022-05-02. [project.conflict]"),
        .table(
            "{ partitions: { by: daily, column: d, start: 2022-05-02, timezone: Europe/Londn } }",
            "3:79: there is no time zone 'Europe/Londn' in /usr/share/zoneinfo: did you mean 'Europe/London'? "
                + "[project.unknown-time-zone]"),
        .table(
            "{ partitions: { by: daily, column: d, start: 2022-05-02, week_starts: sunday } }",
            "3:69: 'week_starts' has no meaning: the partitions are daily. [project.conflict]"),
        .table(
            "{ partitions: { by: { keys: [uk] }, column: c, start: 2022-05-02 } }",
            "3:59: 'start' has no meaning: the partitions are of keys alone. [project.conflict]"),
        .table(
            "{ partitions: { by: [daily, hourly], columns: [a, b], start: 2022-05-02 } }",
            "3:40: partitions have at most one time and one list of keys. [project.conflict]"),
        .table(
            "{ partitions: { by: [daily, { keys: [uk] }], column: a, start: 2022-05-02 } }",
            "3:57: 2 dimensions have 2 columns, and 1 is named. [project.conflict]"),
        .table(
            "{ partitions: { by: daily, column: a, columns: [a], start: 2022-05-02 } }",
            "3:50: 'column' and 'columns' stand side by side. [project.conflict]"),
        .table(
            "{ partitions: { by: { keys: [uk, 'a b'] }, column: c } }",
            "3:45: 'a b' cannot be the key of a partition. [project.bad-value]"),
        .table(
            "{ partitions: { by: { keys: [all] }, column: c } }",
            "3:41: 'all' cannot be the key of a partition. [project.bad-value]"),
        .table(
            "{ partitions: { by: { keys: [uk, uk] }, column: c } }",
            "3:45: 'uk' stands twice in one list. [project.duplicate]"),
        .table(
            "{ partitions: { by: { keys: [] }, column: c } }", "3:40: the list is empty. [project.bad-value]"),
        .table(
            "{ partitions: { by: { keys: dynamc }, column: c } }",
            "3:40: expected a list, found 'dynamc'. [project.wrong-type]"),
        .table(
            "{ mode: full, partitions: { by: daily, column: d, start: 2022-05-01 } }",
            "3:26: the table 'invoice' is read with 'mode: full', so 'partitions' has no meaning. [project.conflict]"
        ),
        .table(
            "{ mode: partitioned }",
            "3:14: the table 'invoice' does not say what its partitions are. [project.missing-key]"),
        .table(
            "{ cursor: c, partitions: { by: daily, column: d, start: 2022-05-01 } }",
            "3:14: the table 'invoice' is read by partitions, so 'cursor' has no meaning. [project.conflict]"),
        .model(
            "partitions: { by: { keys: [uk] } }",
            "2:13: the partitions do not say which column decides. [project.missing-key]"),
        .model(
            "partitions: daily\ncolumns: { days: }",
            "2:13: the partitions are by the column 'day', which is not declared: did you mean 'days'? [project.unknown-column]"
        ),
        .model(
            "inputs: { silver.a: { map: last } }",
            "2:28: expected same, all or 'last <number>', found 'last'. [project.bad-value]"),
        .model(
            "inputs: { silver.a: { map: last 0 } }",
            "2:28: expected same, all or 'last <number>', found 'last 0'. [project.bad-value]"),
        .model(
            "inputs: { silver.a: { map: { from: 2, through: 1 } } }",
            "2:30: the partitions from 2 through 1 end before they begin. [project.conflict]"),
        .model(
            "inputs: { silver.a: { map: { time: all, from: -2 } } }",
            "2:30: 'time' stands beside 'from' and 'through'. [project.conflict]"),
        .model("inputs: { a: { map: all } }", "2:11: 'a' is not the name of a table. [project.bad-value]"),
        .model(
            "inputs: { silver.a: {} }", "2:11: 'silver.a' needs either 'map' or 'column'. [project.conflict]"),
        .model(
            "inputs: { silver.a: { map: all, column: x } }",
            "2:11: 'silver.a' needs either 'map' or 'column'. [project.conflict]"),
    ]
}
