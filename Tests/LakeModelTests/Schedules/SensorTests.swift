import LakeModel
import Testing

@Suite struct `A sensor` {
    private func sensor(_ watch: SensorDefinition.Watch, isPaused: Bool = false) throws -> SensorDefinition {
        SensorDefinition(
            name: try #require(TriggerName("arrivals")), watch: watch,
            work: TriggeredWork(action: .run(try Selection(["gold.*"]))), interval: .seconds(60),
            isPaused: isPaused,
            place: Place(file: "lake.yaml"))
    }

    private func key(_ text: String) throws -> AssetKey { try #require(AssetKey(text)) }

    @Test func `of files fires when some are to be read, once for the same files`() throws {
        let sensor = try sensor(.files([key("bronze_erp.invoices")]))
        let now = try at("2026-11-23T12:00:00Z")
        let none = sensor.evaluate(.files(unread: 0, digest: "-"), cursor: nil, now: now)
        #expect(none.firing == nil && none.cursor == nil && none.remark == "no new file")
        let first = sensor.evaluate(.files(unread: 3, digest: "a"), cursor: none.cursor, now: now)
        #expect(first.firing?.key == "sensor/arrivals/1")
        #expect(first.firing?.reason == "3 files to be read")
        // Their run fails: they are still unread, and another run is not better.
        let same = sensor.evaluate(
            .files(unread: 3, digest: "a"), cursor: first.cursor, now: now + .seconds(120))
        #expect(same.firing == nil)
        let more = sensor.evaluate(
            .files(unread: 4, digest: "b"), cursor: same.cursor, now: now + .seconds(180))
        #expect(more.firing?.key == "sensor/arrivals/2")
    }

    @Test func `does not lose what it sees too early after a run`() throws {
        let sensor = try sensor(.files([key("bronze_erp.invoices")]))
        let now = try at("2026-11-23T12:00:00Z")
        let first = sensor.evaluate(.files(unread: 1, digest: "a"), cursor: nil, now: now)
        let early = sensor.evaluate(
            .files(unread: 1, digest: "b"), cursor: first.cursor, now: now + .seconds(20))
        #expect(early.firing == nil)
        #expect(early.looksAgainAt == now + .seconds(60))
        let later = sensor.evaluate(
            .files(unread: 1, digest: "b"), cursor: early.cursor, now: early.looksAgainAt)
        #expect(later.firing?.number == 2)
        // A clock that went back holds nothing up for longer than an interval.
        let back = sensor.evaluate(
            .files(unread: 1, digest: "c"), cursor: later.cursor, now: now - .seconds(86_400))
        #expect(back.firing?.number == 3)
    }

    @Test func `of tables fires when any, or all of them, have other rows`() throws {
        let (a, b) = (try key("silver.a"), try key("silver.b"))
        let now = try at("2026-11-23T12:00:00Z")
        let any = try sensor(.materialized(Selection(["silver.*"]), all: false))
        let all = try sensor(.materialized(Selection(["silver.*"]), all: true))
        for sensor in [any, all] {
            let first = sensor.evaluate(.versions([a: "1", b: nil]), cursor: nil, now: now)
            #expect(first.firing == nil && first.cursor != nil)
            let one = sensor.evaluate(
                .versions([a: "2", b: nil]), cursor: first.cursor, now: now + .seconds(60))
            if sensor == any {
                #expect(one.firing?.reason == "silver.a changed")
            } else {
                #expect(one.firing == nil && one.remark == "1 of 2 tables have changed")
            }
            let both = sensor.evaluate(
                .versions([a: "2", b: "1"]), cursor: one.cursor, now: now + .seconds(120))
            #expect(
                both.firing?.reason == (sensor == any ? "silver.b changed" : "silver.a, silver.b changed"))
            let again = sensor.evaluate(
                .versions([a: "2", b: "1"]), cursor: both.cursor, now: now + .seconds(180))
            #expect(again.firing == nil)
        }
    }

    @Test func `of a page fires when what is in it changes`() throws {
        let probe = try #require(HTTPProbe(url: "https://prices.example/list.csv"))
        let sensor = try sensor(.http(probe))
        let now = try at("2026-11-23T12:00:00Z")
        var cursor: SensorCursor?
        var fired: [Bool] = []
        let seen: [SensorObservation] = [
            .page(status: 200, etag: "a", bodyDigest: "1"),  // the first look
            .page(status: 200, etag: "a", bodyDigest: "1"),
            .page(status: 200, etag: "b", bodyDigest: "1"),  // another server's tag
            .page(status: 503, etag: nil, bodyDigest: "9"), .failed("no route to host"),
            .page(status: 304, etag: nil, bodyDigest: nil), .page(status: 200, etag: "c", bodyDigest: "2"),
            .page(status: 200, etag: "c", bodyDigest: nil), .page(status: 200, etag: "d", bodyDigest: nil),
            .page(status: 200, etag: nil, bodyDigest: nil),
        ]
        for (step, observation) in seen.enumerated() {
            let found = sensor.evaluate(observation, cursor: cursor, now: now + .seconds(60 * step))
            fired.append(found.firing != nil)
            cursor = found.cursor
        }
        #expect(fired == [false, false, false, false, false, false, true, false, true, true])
        #expect(cursor?.firings == 3)
    }

    @Test func `that is paused starts nothing and forgets nothing`() throws {
        let files = SensorDefinition.Watch.files([try key("bronze_erp.invoices")])
        let now = try at("2026-11-23T12:00:00Z")
        let paused = try sensor(files, isPaused: true).evaluate(
            .files(unread: 1, digest: "a"), cursor: nil, now: now)
        #expect(paused.firing == nil && paused.cursor == nil)
        #expect(
            try sensor(files).evaluate(.files(unread: 1, digest: "a"), cursor: nil, now: now).firing != nil)
        // Whoever changes what it watches begins anew.
        let cursor = SensorCursor(firings: 7, seen: .page(etag: "x", bodyDigest: nil))
        #expect(
            try sensor(files).evaluate(.files(unread: 1, digest: "a"), cursor: cursor, now: now).firing?
                .number == 8)
        #expect(
            try sensor(files).evaluate(.page(status: 200, etag: nil, bodyDigest: nil), cursor: nil, now: now)
                .firing == nil)
    }

    @Test(arguments: [
        ("https://a.example/x", true), ("http://127.0.0.1:8080", true), ("ftp://a.example/", false),
        ("https://", false), ("https://user:pw@a.example/", false), ("https://a.example/\nx", false),
        ("a.example", false),
        ("https://:80/", false), ("https://a.example/x@y", true),
    ])
    func `asks pages only, without passwords in their address`(url: String, isPage: Bool) {
        #expect((HTTPProbe(url: url) != nil) == isPage)
    }

    @Test func `shows an address without its query, which may hold a key`() throws {
        let probe = try #require(HTTPProbe(url: "https://a.example/x?key=s3cret#y"))
        #expect(SensorDefinition.Watch.http(probe).description == "https://a.example/x?…")
    }
}
