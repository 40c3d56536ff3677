import Foundation
import LakeModel
import Testing

@Suite struct `The rules of a time zone` {
    @Test(arguments: [
        ("Europe/London", "2026-07-01T00:00:00Z", 3_600), ("Europe/London", "2026-01-01T00:00:00Z", 0),
        ("Europe/London", "2026-03-29T00:59:59Z", 0), ("Europe/London", "2026-03-29T01:00:00Z", 3_600),
        ("Europe/London", "2026-10-25T00:59:59Z", 3_600), ("Europe/London", "2026-10-25T01:00:00Z", 0),
        // British Standard Time: summer time all year.
        ("Europe/London", "1970-01-01T00:00:00Z", 3_600), ("Europe/London", "1800-01-01T00:00:00Z", -75),
        ("Europe/London", "2045-03-26T00:59:59Z", 0), ("Europe/London", "2045-03-26T01:00:00Z", 3_600),
        ("Europe/London", "2045-10-29T00:59:59Z", 3_600), ("Europe/London", "2045-10-29T01:00:00Z", 0),
        ("Australia/Lord_Howe", "2026-01-01T00:00:00Z", 39_600),
        ("Australia/Lord_Howe", "2026-07-01T00:00:00Z", 37_800),
        ("Australia/Lord_Howe", "2045-12-31T23:59:59Z", 39_600),
        ("Australia/Lord_Howe", "2045-06-01T00:00:00Z", 37_800),
        ("America/New_York", "2026-03-08T06:59:59Z", -18_000),
        ("America/New_York", "2026-03-08T07:00:00Z", -14_400),
        ("America/New_York", "2045-11-05T05:59:59Z", -14_400),
        ("America/New_York", "2045-11-05T06:00:00Z", -18_000),
        ("Asia/Kolkata", "2045-01-01T00:00:00Z", 19_800), ("UTC", "2045-01-01T00:00:00Z", 0),
    ])
    func `know the offset of instants long past and far ahead`(name: String, instant: String, offset: Int)
        throws
    {
        let instant = try #require(Timestamp(instant))
        #expect(try rules(name).offset(at: instant) == offset)
    }

    @Test func `decide which day it is`() throws {
        let late = try #require(Timestamp("2026-06-30T23:30:00Z"))
        #expect(try rules("Europe/London").day(at: late) == Day("2026-07-01"))
        #expect(try rules("America/New_York").day(at: late) == Day("2026-06-30"))
        #expect(ZoneRules.utc.day(at: late) == Day("2026-06-30"))
        #expect(try rules("Europe/London").localTime(at: late).description == "2026-07-01 00:30:00")
    }

    @Test func `answer that a skipped time has no instant, and when the clocks jump`() throws {
        let london = try rules("Europe/London")
        #expect(
            try london.instants(ofLocal: local("2026-03-29", 1, 30))
                == .none(resumesAt: at("2026-03-29T01:00:00Z")))
        #expect(try london.instants(ofLocal: local("2026-03-29", 0, 59)) == .one(at("2026-03-29T00:59:00Z")))
        #expect(try london.instants(ofLocal: local("2026-03-29", 2, 0)) == .one(at("2026-03-29T01:00:00Z")))
        #expect(
            try london.instants(ofLocal: local("2045-03-26", 1, 0))
                == .none(resumesAt: at("2045-03-26T01:00:00Z")))
    }

    @Test func `answer that a repeated time has two instants`() throws {
        let london = try rules("Europe/London")
        #expect(
            try london.instants(ofLocal: local("2026-10-25", 1, 30))
                == .two(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")))
        #expect(try london.instants(ofLocal: local("2026-10-25", 2, 0)) == .one(at("2026-10-25T02:00:00Z")))
        // Half an hour only.
        let lordHowe = try rules("Australia/Lord_Howe")
        #expect(
            try lordHowe.instants(ofLocal: local("2026-04-05", 1, 45))
                == .two(at("2026-04-04T14:45:00Z"), at("2026-04-04T15:15:00Z")))
        #expect(
            try lordHowe.instants(ofLocal: local("2026-04-05", 1, 15)) == .one(at("2026-04-04T14:15:00Z")))
    }

    @Test func `start a day at the jump where midnight was skipped`() throws {
        // Cuba puts its clocks forward at midnight.
        let havana = try rules("America/Havana")
        #expect(try havana.start(of: #require(Day("2026-03-08"))) == at("2026-03-08T05:00:00Z"))
        #expect(try havana.start(of: #require(Day("2026-07-01"))) == at("2026-07-01T04:00:00Z"))
        // Samoa had no December 30th in 2011.
        let apia = try rules("Pacific/Apia")
        #expect(try apia.day(at: at("2011-12-30T09:59:59Z")) == Day("2011-12-29"))
        #expect(try apia.day(at: at("2011-12-30T10:00:00Z")) == Day("2011-12-31"))
    }

    @Test func `list the changes of a year, from the table and from the footer alike`() throws {
        for year in [2026, 2036, 2038, 2100] {
            let found = try rules("America/New_York").transitions(
                in: at("\(year)-01-01T00:00:00Z")..<at("\(year + 1)-01-01T00:00:00Z"))
            #expect(found.map(\.offsetAfter) == [-14_400, -18_000], "\(year)")
            #expect(found.map(\.offsetBefore) == [-18_000, -14_400], "\(year)")
        }
    }

    @Test(arguments: [
        "Europe/London", "Australia/Lord_Howe", "America/New_York", "Africa/Casablanca", "Europe/Dublin",
    ])
    func `agree with every instant's own local time`(name: String) throws {
        let zone = try rules(name)
        // Steps of a prime number of seconds meet all hours of all seasons.
        for step in 0..<600 {
            let instant = Timestamp(microseconds: Int64(step) * 4_299_709 * 1_000_000)
            switch zone.instants(ofLocal: zone.localTime(at: instant)) {
            case .one(let only): #expect(only == instant)
            case .two(let first, let second): #expect(first == instant || second == instant)
            case .none: Issue.record("\(instant) has a local time that never was")
            }
        }
    }

    @Test func `are refused when the file is cut or is none`() throws {
        let bytes = try Array(Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/London")))
        #expect(ZoneRules(name: "x", tzif: bytes) != nil)
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(ZoneRules(name: "x", tzif: Array(bytes[..<length])) == nil)
        }
        #expect(ZoneRules(name: "x", tzif: Array("TZif1".utf8) + [UInt8](repeating: 0, count: 39)) == nil)
        var hostile = bytes
        for position in stride(from: 0, to: bytes.count, by: 5) {
            hostile[position] = 0xFF
            _ = ZoneRules(name: "x", tzif: hostile)
            hostile[position] = bytes[position]
        }
    }
}

private func rules(_ name: String) throws -> ZoneRules {
    let bytes = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
    return try #require(ZoneRules(name: name, tzif: Array(bytes)))
}

private func local(_ day: String, _ hour: Int, _ minute: Int) throws -> LocalTime {
    LocalTime(day: try #require(Day(day)), hour: hour, minute: minute)
}
