import Foundation
import LakeModel
import Testing

/// The rules of a zone of this machine's database.
func zone(_ name: String) throws -> ZoneRules {
    let bytes = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
    return try #require(ZoneRules(name: name, tzif: Array(bytes)))
}

/// Every zone that people live in.
let zoneNames: [String] = {
    let text = (try? String(contentsOfFile: "/usr/share/zoneinfo/zone1970.tab", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
        let fields = line.split(separator: "\t")
        return line.hasPrefix("#") || fields.count < 3 ? nil : String(fields[2])
    }
}()

func at(_ text: String) throws -> Timestamp { try #require(Timestamp(text), "'\(text)' is no instant") }

extension CronExpression {
    /// Its firings after one instant, up to and with another, in UTC.
    func firings(after start: Timestamp, through end: Timestamp, in zone: ZoneRules) -> [Timestamp] {
        var found: [Timestamp] = []
        var position = start
        while let next = next(after: position, in: zone), next <= end {
            found.append(next)
            position = next
        }
        return found
    }
}
