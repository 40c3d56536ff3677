package import LakeModel

/// The machine's time zone database: `TZDIR`, or `/usr/share/zoneinfo`.
package struct TimeZoneFiles: Sendable {
    let folder: String

    package init(environmentVariables: [String: String] = [:]) {
        folder = environmentVariables["TZDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/usr/share/zoneinfo"
    }

    /// The rules of an IANA name. `UTC` needs no file.
    ///
    /// - Throws: `UnknownTimeZone`.
    package func load(_ name: String) throws(UnknownTimeZone) -> ZoneRules {
        if name == "UTC" { return .utc }
        guard Self.isName(name), case .success(let bytes) = readBytes("\(folder)/\(name)"),
            let rules = ZoneRules(name: name, tzif: bytes)
        else {
            throw UnknownTimeZone(name: name, folder: folder, nearest: nearestName(to: name, among: names()))
        }
        return rules
    }

    /// The names that `zone.tab` lists, for suggestions.
    private func names() -> [String] {
        guard case .text(let text) = LakeFolder(folder).read("\(folder)/zone.tab") else { return ["UTC"] }
        let listed = text.split(separator: "\n").compactMap { line -> String? in
            let fields = line.split(separator: "\t")
            return line.hasPrefix("#") || fields.count < 3 ? nil : String(fields[2])
        }
        return ["UTC"] + listed
    }

    /// A path below the folder that does not leave it.
    private static func isName(_ name: String) -> Bool {
        LakePath(name) != nil && !name.isEmpty && !name.split(separator: "/").contains { $0.hasPrefix(".") }
    }
}

/// A name for which there are no rules on this machine.
package struct UnknownTimeZone: Diagnostic {
    package let name: String
    package let folder: String
    package let nearest: String?

    package var code: String { ProjectMistake.Kind.unknownTimeZone.rawValue }
    package var problem: String {
        let meant = nearest.map { ": did you mean '\($0)'?" } ?? "."
        return "there is no time zone '\(name)' in \(folder)\(meant)"
    }
    package var remedy: String {
        "Use an IANA name such as Europe/London or UTC. If the folder is empty, install the package tzdata."
    }
}
