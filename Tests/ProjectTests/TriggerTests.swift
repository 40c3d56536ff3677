import LakeModel
import Project
import Testing

@Suite struct `What starts by itself` {
    @Test func `or by its name is read with every key`() throws {
        let lake = try LakeFiles([
            "lake.yaml": """
            name: little
            store: store
            environments: { local: { connections: { v3: { kind: sqlite, path: "{database}.db" } } } }
            backfills:
              history:
                description: All of it.
                run: [bronze_v3_billing.*, customer]
                exclude: invoice
                partitions: 2026-01
                chunk: 7
                runs_max: 3
                hours: 20:00-06:00
                order: oldest
                rate: 50
                stop_after: 4
                rebuild: true
                priority: -20
                tags: [long]
            """,
            "schedules/more.yaml": "backfills:\n  plain: { run: customer }\n",
            "sources/v3_billing.yaml": "connection: v3\ntables:\n  invoice:\n  customer:\n",
        ]).load()
        #expect(lake.mistakes.map(\.description) == [])
        let backfills = try #require(lake.definition?.backfills)
        #expect(backfills.map(\.name.text) == ["history", "plain"])
        let history = backfills[0]
        #expect(history.description == "All of it." && history.partitions == "2026-01" && history.isRebuild)
        #expect(history.selection.description == "bronze_v3_billing.* customer --exclude invoice")
        #expect(
            history.pace
                == BackfillPace(
                    chunk: 7, runsMax: 3, hours: Pace.Hours("20:00-06:00"), order: .oldest, ratePerHour: 50,
                    failuresInARowMax: 4))
        #expect(history.priority == -20 && history.tags == ["long"])
        #expect(history.place == Place(file: "lake.yaml", line: 5, column: 3))
        #expect(history.partitionsPlace == Place(file: "lake.yaml", line: 9, column: 17))
        #expect(backfills[1].pace == BackfillPace() && backfills[1].partitions == "all")
        #expect(backfills[1].priority == -10)
    }

    @Test func `is read with every key`() throws {
        let lake = try LakeFiles([
            "lake.yaml": """
            name: little
            store: store
            timezone: Europe/London
            environments: { local: { connections: { v3: { kind: sqlite, path: "{database}.db" } } } }
            schedules:
              nightly:
                description: All of it.
                run: [bronze_v3_billing.*, silver.dim_customer]
                exclude: customer
                cron: [0 2 * * *, "*/20 3 * * MON#1"]
                timezone: America/New_York
                window: 02:00-04:00
                catch_up: all
                catch_up_max: 7
                jitter: 5m
                paused: true
                priority: -5
                tags: [night, billing]
                partitions: 3
                force: true
              chores: { do: [housekeeping, reconcile], cron: "@daily", catch_up: skip }
            sensors:
              customers: { materialized: silver.dim_customer, when: all, run: layer:silver, interval: 10m }
              page: { http: { url: "https://a.example/x", status: 204, timeout: 3s }, do: reconcile }
            """,
            "schedules/more.yaml": "schedules:\n  weekly: { run: tag:light, cron: 0 4 * * SUN }\n",
            "sources/v3_billing.yaml": """
            connection: v3
            freshness: { max_age: 26h, by: "07:30", days: MON-FRI }
            tables:
              invoice: { key: inv_id, tags: [light], freshness: { max_age: 3d } }
              customer:
            """,
            "models/silver/dim_customer.sql":
                "/*---\nfreshness: { max_age: 2h, by: \"23:59\", timezone: UTC }\n---*/\nSELECT 1 AS customer_id",
        ]).load()
        #expect(lake.mistakes.map(\.description) == [])
        let definition = try #require(lake.definition)
        #expect(definition.schedules.map(\.name.text) == ["chores", "nightly", "weekly"])
        let nightly = definition.schedules[1]
        #expect(nightly.description == "All of it.")
        #expect(nightly.expressions.map(\.text) == ["0 2 * * *", "*/20 3 * * MON#1"])
        #expect(nightly.zone.name == "America/New_York")
        #expect(nightly.window?.description == "02:00–04:00")
        #expect(nightly.catchUp == .all(max: 7) && nightly.jitter == .seconds(300) && nightly.isPaused)
        #expect(nightly.work.priority == -5 && nightly.work.tags == ["night", "billing"])
        #expect(nightly.work.partitions == .newestComplete(3) && nightly.work.isForced)
        #expect(
            nightly.work.action.description == "bronze_v3_billing.* silver.dim_customer --exclude customer")
        #expect(nightly.place == Place(file: "lake.yaml", line: 6, column: 3))
        let chores = definition.schedules[0]
        #expect(chores.work == TriggeredWork(action: .chores([.housekeeping, .reconcile])))
        #expect(chores.zone.name == "Europe/London" && chores.catchUp == .skip && !chores.isPaused)
        #expect(definition.schedules[2].place == Place(file: "schedules/more.yaml", line: 2, column: 3))
        #expect(definition.schedules[2].catchUp == .latest)

        #expect(
            definition.sensors.map(\.watch.description) == [
                "all of silver.dim_customer", "https://a.example/x",
            ])
        #expect(definition.sensors.map(\.interval) == [.seconds(600), .seconds(300)])
        guard case .http(let probe) = definition.sensors[1].watch else {
            Issue.record("it is no page")
            return
        }
        #expect(probe.expectedStatus == 204 && probe.timeout == .seconds(3))

        #expect(
            definition.freshness.map { "\($0.key): \($0.value)" }.sorted() == [
                "bronze_v3_billing.customer: at most 26h old by 07:30 Europe/London, MON-FRI",
                "bronze_v3_billing.invoice: at most 3d old",
                "silver.dim_customer: at most 2h old by 23:59 UTC",
            ])
    }

    @Test func `may watch tables of files`() throws {
        let lake = try LakeFiles([
            "lake.yaml": """
            name: little
            store: store
            environments:
              local: { connections: { v3: { kind: sqlite, path: "{database}.db" }, drop: { kind: files, folder: in } } }
            sensors:
              arrivals: { files: bronze_erp.orders, run: bronze_erp.orders+ }
            """,
            "sources/erp.yaml": "connection: drop\ntables:\n  orders: { files: \"*.csv\" }\n",
        ]).load()
        #expect(lake.mistakes.map(\.description) == [])
        #expect(lake.definition?.sensors.first?.watch.description == "files of bronze_erp.orders")
    }

    @Test func `is told once when it is there twice`() throws {
        let found = try LakeFiles([
            "schedules/a.yaml": "schedules:\n  x: { run: customer, cron: \"@daily\" }\n",
            "schedules/b.yaml": "schedules:\n  x: { run: customer, cron: \"@daily\" }\nsensors: 3\n",
            "schedules/c.yml": "",
        ]).mistakes()
        #expect(
            found == [
                "schedules/b.yaml:2:3: the schedule 'x' is there twice: first at schedules/a.yaml:2:3. [project.duplicate]",
                "schedules/b.yaml:3:10: expected names of sensors with their settings, found the number 3. [project.wrong-type]",
                "schedules/c.yml:1:1: the file 'schedules/c.yml' is not read: only '*.yaml' is. [project.stray-file]",
            ])
    }

    @Test func `may not begin with a bare star or at sign, and the remedy says what to do`() throws {
        for (cron, remedy) in [("*/5 * * * *", "begins with * or & into quotes"), ("@daily", "one of @")] {
            let lake = try LakeFiles([
                "schedules/a.yaml": "schedules:\n  x:\n    run: customer\n    cron: \(cron)\n"
            ]).load()
            #expect(lake.mistakes.count == 1)
            #expect(lake.mistakes[0].remedy.contains(remedy), "\(lake.mistakes[0])")
        }
    }

    @Test func `is not blamed for tables whose file cannot be read`() throws {
        let found = try LakeFiles([
            "lake.yaml": """
            name: little
            store: store
            environments: { local: { connections: { v3: { kind: sqlite, path: "{database}.db" } } } }
            schedules:
              a: { run: "source:v3_billing", cron: "@daily" }
              b: { run: "tag:light", cron: "@daily" }
            """, "sources/v3_billing.yaml": "connection: [v3",
        ]).mistakes()
        #expect(found.count == 1 && found[0].hasPrefix("sources/v3_billing.yaml"), "\(found)")
    }

    @Test func `keeps what a variable holds out of its mistakes`() throws {
        let found = try LakeFiles(
            [
                "lake.yaml": """
                name: little
                store: store
                environments: { local: { connections: { v3: { kind: sqlite, path: "{database}.db" } } } }
                schedules:
                  a: { run: "${HIDDEN}", cron: "${HIDDEN}" }
                """
            ], variables: ["HIDDEN": "s3cret"]
        ).mistakes()
        #expect(found.count == 2 && !found.joined().contains("s3cret"), "\(found)")
    }
}

extension WrongFile {
    static func schedule(_ keys: String, _ mistake: String) -> WrongFile {
        .lake("schedules:\n  nightly: { \(keys) }", mistake)
    }

    static func backfill(_ keys: String, _ mistake: String) -> WrongFile {
        .lake("backfills:\n  history: { \(keys) }", mistake)
    }

    static func sensor(_ keys: String, _ mistake: String) -> WrongFile {
        .lake("sensors:\n  arrivals: { \(keys) }", mistake)
    }
}

extension `A mistake in a lake's files` {
    @Test(arguments: ofTriggers) func `of what starts by itself is told like all others`(wrong: WrongFile)
        throws
    {
        let found = try LakeFiles([wrong.file: wrong.text]).mistakes()
        #expect(found == [wrong.mistake])
    }

    static let ofTriggers: [WrongFile] = [
        .schedule("run: customer", "5:12: a schedule needs the key 'cron'. [project.missing-key]"),
        .schedule(
            "cron: '@daily'",
            "5:12: a schedule has exactly one of run, do; found none. [project.missing-key]"),
        .schedule(
            "cron: '@daily', run: customer, do: reconcile",
            "5:45: a schedule has exactly one of run, do; found run and do. [project.conflict]"),
        .schedule(
            "cron: '@daily', runs: customer",
            "5:30: unknown key 'runs': did you mean 'run'? [project.unknown-key]"),
        .schedule(
            "cron: 0 25 * * *, run: customer",
            "5:20: the cron expression '0 25 * * *' has '25' for the hour, which is not allowed there. [project.bad-cron]"
        ),
        .schedule(
            "cron: [0 2 * * *, 0 0 30 2 *], run: customer",
            "5:32: the cron expression '0 0 30 2 *' never comes: no such day is in the calendar. [project.bad-cron]"
        ),
        .schedule(
            "cron: [0 2 * * *, 0 2 * * *], run: customer",
            "5:32: '0 2 * * *' stands twice in one list. [project.duplicate]"),
        .schedule(
            "cron: 5, run: customer",
            "5:20: expected a cron expression such as '30 5 * * MON-FRI', found the number 5. [project.wrong-type]"
        ),
        .schedule(
            "cron: '@daily', run: custmer",
            "5:35: 'custmer' matches no asset of this lake. [project.unknown-selection]"),
        .schedule(
            "cron: '@daily', run: ['*'], exclude: [tag:lite]",
            "5:52: 'tag:lite' matches no asset of this lake. [project.unknown-selection]"),
        .schedule(
            "cron: '@daily', run: a+b", "5:35: 'a+b' has a + in the middle. [project.bad-value]"),
        .schedule(
            "cron: '@daily', do: reconsile",
            "5:34: expected one of housekeeping, reconcile, found 'reconsile': did you mean 'reconcile'? [project.bad-value]"
        ),
        .schedule(
            "cron: '@daily', do: reconcile, force: true",
            "5:45: 'force' has no meaning with 'do'. [project.conflict]"),
        .schedule(
            "cron: 30 1 * * *, run: customer, window: 02:00-03:00",
            "5:20: '30 1 * * *' never comes within the window 02:00–03:00. [project.conflict]"),
        .schedule(
            "cron: 30 2 * * *, run: customer, window: 2-3",
            "5:55: expected hours such as 22:00-06:00, found '2-3'. [project.wrong-type]"),
        .schedule(
            "cron: 0 2 * * *, run: customer, window: 02:00-03:00, jitter: 2h",
            "5:67: a jitter of 2h does not fit into the window 02:00–03:00. [project.conflict]"),
        .schedule(
            "cron: '@daily', run: customer, timezone: Europe/Londn",
            "5:55: there is no time zone 'Europe/Londn' in /usr/share/zoneinfo: did you mean 'Europe/London'? "
                + "[project.unknown-time-zone]"),
        .schedule(
            "cron: '@daily', run: customer, catch_up: lastest",
            "5:55: expected one of skip, latest, all, found 'lastest': did you mean 'latest'? [project.bad-value]"
        ),
        .schedule(
            "cron: '@daily', run: customer, catch_up_max: 3",
            "5:45: 'catch_up_max' has no meaning without 'catch_up: all'. [project.conflict]"),
        .schedule(
            "cron: '@daily', run: customer, partitions: all",
            "5:57: expected newest, current, missing, or how many of the newest, found 'all'. [project.wrong-type]"
        ),
        .schedule(
            "cron: '@daily', run: customer, priority: high",
            "5:55: expected a whole number from -100 to 100, found 'high'. [project.wrong-type]"),
        .lake(
            "schedules:\n  Nightly Run: { run: customer, cron: '@daily' }",
            "5:3: 'Nightly Run' cannot be the name of a schedule. [project.bad-value]"),
        .sensor(
            "run: customer",
            "5:13: a sensor has exactly one of files, materialized, http; found none. [project.missing-key]"),
        .sensor(
            "files: bronze_v3_billing.invoice, run: customer",
            "5:22: bronze_v3_billing.invoice is a table of a database, not of files. [project.conflict]"),
        .sensor(
            "files: bronze_v3_billing.invoise, run: customer",
            "5:22: there is no table 'bronze_v3_billing.invoise' in this lake: did you mean 'bronze_v3_billing.invoice'? "
                + "[project.unknown-table]"),
        .sensor(
            "files: silver.dim_customer, run: customer",
            "5:22: 'silver.dim_customer' is not the name of a bronze table. [project.bad-value]"),
        .sensor(
            "materialized: silver.dim_custom, run: customer",
            "5:29: 'silver.dim_custom' matches no asset of this lake. [project.unknown-selection]"),
        .sensor(
            "http: { url: 'https://u:p@a.example/' }, run: customer",
            "5:28: 'https://u:p@a.example/' is not the address of a page. [project.bad-value]"),
        .sensor(
            "http: { status: 200 }, run: customer", "5:21: a page needs the key 'url'. [project.missing-key]"),
        .sensor(
            "http: { url: 'https://a.example/' }, when: all, run: customer",
            "5:52: 'when' has no meaning without 'materialized'. [project.conflict]"),
        .sensor(
            "materialized: customer, run: customer, interval: 0s",
            "5:64: '0s' is no time from one look to the next. [project.bad-value]"),
        .backfill("partitions: all", "5:12: a backfill needs the key 'run'. [project.missing-key]"),
        .backfill(
            "run: customer, rates: 5", "5:29: unknown key 'rates': did you mean 'rate'? [project.unknown-key]"
        ),
        .backfill(
            "run: custmer", "5:19: 'custmer' matches no asset of this lake. [project.unknown-selection]"),
        .backfill(
            "run: customer, chunk: 0",
            "5:36: expected a whole number from 1 to 1000, found the number 0. [project.wrong-type]"),
        .backfill(
            "run: customer, order: newst",
            "5:36: expected one of newest, oldest, found 'newst': did you mean 'newest'? [project.bad-value]"),
        .backfill(
            "run: customer, hours: 9-17",
            "5:36: expected hours such as 22:00-06:00, found '9-17'. [project.wrong-type]"),
        .lake(
            "backfills:\n  Big: { run: customer }",
            "5:3: 'Big' cannot be the name of a backfill. [project.bad-value]"),
        .table(
            "{ freshness: { max_age: 26 } }",
            "3:36: expected a duration such as 90s, 5m, 2h or 1d, found the number 26. [project.wrong-type]"),
        .table(
            "{ freshness: { by: '07:30' } }",
            "3:25: a freshness needs the key 'max_age'. [project.missing-key]"),
        .table(
            "{ freshness: { max_age: 26h, by: '7:30' } }",
            "3:45: expected a time of day such as \"07:30\", found '7:30'. [project.wrong-type]"),
        .table(
            "{ freshness: { max_age: 26h, by: '07:30', days: MON-FRY } }",
            "3:60: expected days of the week such as MON-FRI, found 'MON-FRY'. [project.wrong-type]"),
        .table(
            "{ freshness: { max_age: 26h, days: MON-FRI } }",
            "3:41: 'days' has no meaning without 'by'. [project.conflict]"),
        .table("{ freshness: { max_age: 0h } }", "3:36: no table is younger than '0h'. [project.bad-value]"),
        .model(
            "freshness: { max_age: 26h, by: '07:30', timezone: Europe/Pairs }",
            "2:51: there is no time zone 'Europe/Pairs' in /usr/share/zoneinfo: did you mean 'Europe/Paris'? "
                + "[project.unknown-time-zone]"),
    ]
}
