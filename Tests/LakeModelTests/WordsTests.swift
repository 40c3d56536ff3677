import Foundation
import LakeModel
import Testing

@Suite struct `A day` {
    @Test func `counts from 1970 as calendars do`() {
        #expect(Day("1970-01-01")?.daysSinceEpoch == 0)
        #expect(Day("0001-01-01")?.daysSinceEpoch == -719_162)
        #expect(Day("9999-12-31")?.daysSinceEpoch == 2_932_896)
        #expect(Day("2000-02-29")?.daysSinceEpoch == 11_016)
        #expect(Day("2026-11-22")?.daysSinceEpoch == 20_779)
    }

    @Test func `survives being printed and read, from year 1 to year 9999`() {
        for number in stride(from: -719_162, through: 2_932_896, by: 997) {
            let day = Day(daysSinceEpoch: number)
            #expect(Day(day.description) == day)
            let (year, month, dayOfMonth) = day.parts
            #expect(Day(year: year, month: month, day: dayOfMonth) == day)
        }
    }

    @Test(arguments: [
        "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-04-31", "0000-01-01",
        "2026-1-01",
        "2026-01-1 ", "20260101", "2026/01/01", "", "2026-01-01T", "+026-01-01", "2026-+1-01", "2026-01--1",
    ])
    func `is none if there is no such day`(text: String) {
        #expect(Day(text) == nil)
    }

    @Test func `is added to and subtracted over the ends of months and years`() throws {
        let day = try #require(Day("2026-12-31"))
        #expect((day + 1).description == "2027-01-01")
        #expect(try #require(Day("2028-03-01")) + -1 == Day("2028-02-29"))
        #expect((day + 59) - day == 59)
    }
}

@Suite struct `An instant` {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", Int64(0)), ("2026-11-22T23:04:05Z", 1_795_388_645_000_000),
        ("2026-11-22T23:04:05.000001Z", 1_795_388_645_000_001), ("1969-12-31T23:59:59.999999Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ])
    func `is printed as it is read`(text: String, microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
        #expect(Timestamp(microseconds: microseconds).description == text)
    }

    @Test func `may be written with a space and with fewer digits`() {
        #expect(Timestamp("2026-11-22 23:04:05.5Z")?.description == "2026-11-22T23:04:05.500000Z")
    }

    @Test(arguments: [
        "2026-11-22T23:04:05", "2026-11-22T24:00:00Z", "2026-11-22T23:60:00Z", "2026-11-22T23:04:60Z",
        "2026-11-22Z",
        "2026-11-22T23:04:05.Z", "2026-11-22T23:04:05.1234567Z", "2026-11-22T-1:04:05Z",
        "2026-11-22T23:04:05+01:00", "",
        "2026-11-22x23:04:05Z", "2026-11-22T23:04:0éZ",
    ])
    func `is none if it is not exact`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `knows its day before 1970 too`() {
        #expect(Timestamp(microseconds: -1).day == Day("1969-12-31"))
        #expect(Timestamp(microseconds: -86_400_000_000).day == Day("1969-12-31"))
        #expect(Timestamp(microseconds: 0) - Timestamp(microseconds: 1_500_000) == .milliseconds(-1_500))
    }
}

@Suite struct `A path of the lake` {
    @Test(arguments: [
        "../\u{301}x", "a/../\u{301}x", "\u{301}x", "a/\u{301}",
        "../x", "a/../b", "a/./b", "/etc/passwd", "a//b", "a/", "", "a\\b", "a\u{0}b", "a\nb", "..", ".",
        "a/\u{7F}",
    ])
    func `never leaves it`(text: String) {
        #expect(LakePath(text) == nil)
    }

    @Test(arguments: [
        "a", "...", "a/b c/d", "bronze/v3/Kunde$ä/ingestion_date=2026-01-01", ".hidden", "~", "a:b",
    ])
    func `may hold what folders may be called`(text: String) {
        #expect(LakePath(text)?.text == text)
    }

    @Test func `knows its parts and what is inside`() throws {
        let path = try #require(LakePath("silver/fact/latest.parquet"))
        #expect(path.name == "latest.parquet")
        #expect(path.folder.text == "silver/fact")
        #expect(try path.isInside(#require(LakePath("silver/fact"))))
        #expect(try !path.isInside(#require(LakePath("silver/fac"))))
        #expect(path.isInside(.root))
        #expect(!path.isHidden)
        #expect(LakeLayout.manifest(of: .gold(try #require(TableName("x")))).isHidden)
    }
}

@Suite struct `A glob` {
    @Test(arguments: [
        ("*", "", true), ("*", "abc", true), ("a*c", "abbc", true), ("a*c", "ac", true),
        ("a*c", "acd", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("tmp_*", "tmp_", true), ("tmp_*", "xtmp_", false),
        ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("Abc", "abc", false), ("", "", true),
        ("", "a", false),
        ("a**b", "ab", true),
    ])
    func `matches the whole of a text`(pattern: String, text: String, matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test func `gives up in reasonable time`() {
        let pattern = Glob(String(repeating: "a*", count: 40) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 2_000)))
    }
}

@Suite struct `The nearest name` {
    @Test(
        arguments: [
            ("mod", ["mode", "key"], "mode"), ("tabel", ["table", "tabletop"], "table"),
            ("MODE", ["mode"], "mode"),
            ("x", ["mode", "key"], nil), ("ky", ["key"], "key"), ("", ["mode"], nil),
            ("nmae", ["name", "mae"], "name"),
            ("silver.dim_custmer", ["silver.dim_service", "silver.dim_customer"], "silver.dim_customer"),
        ] as [(String, [String], String?)])
    func `is what was most likely meant`(name: String, candidates: [String], expected: String?) {
        #expect(nearestName(to: name, among: candidates) == expected)
    }
}

@Suite struct `The key of an asset` {
    @Test(arguments: [
        "bronze_v3_customer.customer", "silver.fact_invoice", "gold.revenue", "bronze_a.Kunde $1",
        "silver.a.b",
    ])
    func `is its name in SQL`(text: String) throws {
        let key = try #require(AssetKey(text))
        #expect(key.description == text)
        #expect(try JSONDecoder().decode([AssetKey].self, from: JSONEncoder().encode([key])) == [key])
    }

    @Test(arguments: [
        "silver", "bronze.x", "bronze_.x", "bronze_V3.x", "silver.", "silver._x", "silver.a/b", "raw.x", ".x",
    ])
    func `is nothing else`(text: String) {
        #expect(AssetKey(text) == nil)
    }

    @Test func `sorts by layer before name`() throws {
        let keys = try ["gold.a", "silver.a", "bronze_z.a", "bronze_b.z", "silver.A"].map {
            try #require(AssetKey($0))
        }
        #expect(
            keys.sorted().map(\.description) == [
                "bronze_b.z", "bronze_z.a", "silver.A", "silver.a", "gold.a",
            ])
        #expect(keys[0].quotedName == "\"gold\".\"a\"")
    }
}

@Suite struct `The id of a run` {
    @Test func `sorts by time, whatever the random part`() throws {
        let times = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01.5Z", "2026-12-31T23:59:59Z"]
        let runs = try times.enumerated().map { index, time in
            RunID(at: try #require(Timestamp(time)), random: .max - UInt32(index))
        }
        #expect(runs == runs.sorted())
        #expect(runs[0].text == "20260101T000000Z-ffffff")
        #expect(RunID(at: Timestamp(microseconds: 0), random: 10).text == "19700101T000000Z-00000a")
    }

    @Test(arguments: ["", "../x", "a/b", "a b", "a.b", String(repeating: "a", count: 41), "é"])
    func `is safe in a path`(text: String) {
        #expect(RunID(text) == nil)
    }
}

@Suite struct `A name` {
    @Test(arguments: ["v3_customer", "a", String(repeating: "a", count: 56)])
    func `of a source is a plain identifier`(text: String) {
        #expect(SourceName(text)?.text == text)
    }

    @Test(arguments: ["", "V3", "3v", "_a", "a-b", "a b", "ä", String(repeating: "a", count: 57)])
    func `of a source is nothing that needs quotes`(text: String) {
        #expect(SourceName(text) == nil)
    }

    @Test(arguments: [
        "", "_x", ".x", " x", "x ", "x.", "a/b", "a=b", "a%b", "a\nb", String(repeating: "a", count: 129),
    ])
    func `of a table breaks no path`(text: String) {
        #expect(TableName(text) == nil)
    }

    @Test func `is quoted for SQL`() {
        #expect(quotedIdentifier("a\"b") == "\"a\"\"b\"")
        #expect(quotedLiteral("it's") == "'it''s'")
    }
}

@Suite struct `A size` {
    @Test(arguments: [
        (Int64(0), "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (1_650_000_000, "1.7 GB"), (99_960, "100 kB"),
        (999_600, "1.0 MB"), (123_456, "123 kB"),
    ])
    func `prints as people read it`(bytes: Int64, text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}

@Suite struct `A secret` {
    @Test func `is shown by nothing but its own word`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump([secret: ["x": secret]], to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(
            !"\(secret) \(String(reflecting: secret)) \(Mirror(reflecting: secret).children)".contains(
                "hunter2"))
        #expect(secret.reveal() == "hunter2")
    }
}

@Suite struct `Mistakes together` {
    private struct Mistake: Diagnostic {
        let problem: String
        let place: Place?
        let code = "test.mistake"
        let remedy = "Mend it."
    }

    @Test func `are in the order of their places, those without one last`() {
        let all = Diagnostics([
            Mistake(problem: "d", place: nil), Mistake(problem: "c", place: Place(file: "b")),
            Mistake(problem: "b", place: Place(file: "a", line: 10)),
            Mistake(problem: "a", place: Place(file: "a", line: 9)),
            Mistake(problem: "e", place: nil),
        ])
        #expect(all.all.map(\.problem) == ["a", "b", "c", "d", "e"])
        #expect(all.all[0].description == "a:9:1: a [test.mistake]\n  Mend it.")
    }
}
