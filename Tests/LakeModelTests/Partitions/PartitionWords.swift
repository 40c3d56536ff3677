import Foundation
import LakeModel
import Testing

/// What the tests of partitions say often.
protocol PartitionWords {}

extension PartitionWords {
    /// The rules of an IANA zone of this machine.
    func rules(_ name: String) throws -> ZoneRules {
        if name == "UTC" { return .utc }
        let bytes = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
        return try #require(ZoneRules(name: name, tzif: Array(bytes)))
    }

    func at(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }
    func key(_ text: String) throws -> PartitionKey { try #require(PartitionKey(text)) }
    func keys(_ texts: String...) throws -> [PartitionKey] { try texts.map(key) }
    func day(_ text: String) throws -> Day { try #require(Day(text)) }

    /// By day of London from 2022-05-01 on, unless told otherwise.
    func times(
        _ period: PartitionPeriod = .daily, _ zone: String = "Europe/London", from: String? = "2022-05-01",
        before: String? = nil, offset: Int = 0
    ) throws -> TimePartitions {
        TimePartitions(
            period, zone: try rules(zone), start: try from.map(day), end: try before.map(day),
            endOffset: offset)
    }
}

/// A generator whose numbers are the same in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
