import Foundation

/// What the manual has to say, read from the code.
enum Documentation {
    /// The error codes in a file: `"area.name"` where a code is given.
    static func codes(in source: SourceText) -> Set<String> {
        let areas = /"([a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*)"/
        var codes: Set<String> = []
        let lines = source.lines.map(\.text)
        var property = 0
        for line in lines {
            // A property `code` may choose between several on the lines that follow.
            if line.contains("var code: String") { property = line.contains("}") ? 1 : 12 }
            let assigns = line.contains("code:") || line.contains("(code, ") || line.contains("code =")
            if property > 0 || assigns {
                for found in line.matches(of: areas) { codes.insert(String(found.1)) }
            }
            if property > 0 { property -= 1 }
            if property > 0, line == "    }" { property = 0 }
        }
        return codes.union(enumCodes(source))
    }

    /// `case missingKey = "project.missing-key"`, or a raw value that an area is put in front of.
    private static func enumCodes(_ source: SourceText) -> Set<String> {
        Set(source.text.matches(of: /case \w+ = "([a-z]+\.[a-z]+(?:-[a-z]+)*)"/).map { String($0.1) })
    }

    /// The names of the commands that a file declares.
    static func commands(in source: SourceText) -> Set<String> {
        Set(source.text.matches(of: /commandName: "([a-z-]+)"/).map { String($0.1) }).subtracting(["tarn"])
    }

    /// The options that a command's file declares, as they are typed.
    static func options(in source: SourceText) -> Set<String> {
        let names = source.text.matches(
            of: /@(?:Option|Flag)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*(?:var|let) (\w+)/)
        return Set(names.map { "--" + kebab(String($0.1)) })
    }

    private static func kebab(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
    }

    /// The links of a Markdown page to files: `[text](path)` and `![text](path)`, without code.
    static func links(in markdown: String) -> [(line: Int, target: String)] {
        var isCode = false
        return markdown.components(separatedBy: "\n").enumerated().flatMap { index, line -> [(Int, String)] in
            if line.trimmingCharacters(in: .whitespaces).hasPrefix("```") { isCode.toggle() }
            if isCode { return [] }
            let plain = line.replacing(/`[^`]*`/, with: "")
            return plain.matches(of: /\]\(([^)\s]+)\)/).map { (index + 1, String($0.1)) }
        }
    }

    /// The names that headings of a page can be linked by.
    static func anchors(in markdown: String) -> Set<String> {
        Set(
            markdown.components(separatedBy: "\n").filter { $0.hasPrefix("#") }.map { heading in
                heading.drop { $0 == "#" || $0 == " " }.lowercased()
                    .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .replacingOccurrences(of: " ", with: "-")
            })
    }

    /// The links of the page at `path` that lead nowhere.
    static func deadLinks(
        of path: String, text: String, exists: (String) -> Bool, read: (String) throws -> String
    ) -> [String] {
        links(in: text).compactMap { line, target in
            if target.contains("://") || target.hasPrefix("mailto:") { return nil }
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            let folder = path.split(separator: "/").dropLast().map(String.init)
            var steps = parts[0].isEmpty ? path.split(separator: "/").map(String.init) : folder
            for step in parts[0].split(separator: "/") where step != "." {
                if step == ".." { _ = steps.popLast() } else { steps.append(String(step)) }
            }
            let file = steps.joined(separator: "/")
            guard exists(file) else { return "\(path):\(line): \(target) is not there" }
            guard parts.count == 2, file.hasSuffix(".md") else { return nil }
            let page = (try? read(file)) ?? ""
            return anchors(in: page).contains(parts[1])
                ? nil : "\(path):\(line): \(file) has no heading '\(parts[1])'"
        }
    }
}
