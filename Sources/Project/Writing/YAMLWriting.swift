internal import Yams

/// Text for the lake's YAML files.
package enum YAMLWriting {
    /// `text` as a scalar that is read back as exactly that, also inside braces: plain where that is safe.
    package static func scalar(_ text: String) -> String {
        let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
                    || $0 == "." || $0 == "/" || $0 == "-"
            }
            && text.unicodeScalars.first.map { $0 != "-" && $0 != "." } == true
            && Double(text) == nil && !words.contains(text.lowercased())
        guard !isPlain else { return text }
        return quoted(text)
    }

    /// `text` in double quotes, on one line. A `${` in it is no variable.
    package static func literal(_ text: String) -> String {
        scalar(text.replacing("${", with: "$${"))
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || (0x2028...0x2029).contains(scalar.value) || scalar.value == 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// A remark on one line, whatever the text holds.
    package static func comment(_ text: String) -> String {
        "# "
            + String(
                text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
    }
}

/// One entry of a mapping as text.
struct YAMLEntry {
    let name: String
    /// Indented as if it stood at the left edge.
    let lines: [String]
}

/// A YAML text that grows at one place and is otherwise left as it is, comments and order included.
struct YAMLText {
    let text: String
    /// What ends a line of it.
    private let lineEnd: String
    private var lines: [Substring.UnicodeScalarView]

    init(_ text: String) {
        self.text = text
        lineEnd = text.unicodeScalars.contains("\r") && text.contains("\r\n") ? "\r\n" : "\n"
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Substring($0).unicodeScalars }
    }

    /// The text with `entries` behind the last entry of the mapping that `path` leads to; `nil` if they
    /// cannot be put there without touching what is there.
    func appending(_ entries: [YAMLEntry], toMappingAt path: [String]) -> String? {
        guard let root = try? Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot(),
            let mapping = YAMLText.mapping(at: path, in: root), mapping.style != .flow,
            let mark = mapping.reversed().first?.key.mark, let first = mapping.first?.key.mark,
            !mapping.contains(where: { old in entries.contains { $0.name == old.key.scalar?.string } })
        else { return nil }
        let indent = first.column - 1
        guard mark.column - 1 == indent, let end = self.end(ofEntryAt: mark.line - 1, indent: indent) else {
            return nil
        }
        var before = lines[...end].map { String($0) }
        let after = lines[(end + 1)...].map { String($0) }
        // The last line of the file may have no end.
        if after.isEmpty, lineEnd == "\r\n", before[end].unicodeScalars.last != "\r" { before[end] += "\r" }
        let space = String(repeating: " ", count: indent)
        let carriage = lineEnd == "\r\n" ? "\r" : ""
        let added = entries.flatMap(\.lines).map { ($0.isEmpty ? "" : space + $0) + carriage }
        let grown = (before + added + (after.isEmpty ? [""] : after)).joined(separator: "\n")
        return isGrown(grown, from: root, by: entries.map(\.name), at: path) ? grown : nil
    }

    /// The keys of the mapping that `path` leads to.
    func names(at path: [String]) -> [String] {
        let root = try? Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        return root.flatMap { YAMLText.mapping(at: path, in: $0) }?.compactMap { $0.key.scalar?.string } ?? []
    }

    /// The index of the last line that belongs to the entry whose key stands on a line: what is indented
    /// further, without the empty lines and remarks behind it.
    private func end(ofEntryAt line: Int, indent: Int) -> Int? {
        guard lines.indices.contains(line) else { return nil }
        var end = line
        for index in lines.indices[(line + 1)...] {
            let text = lines[index].drop { $0 == " " }
            if text.isEmpty || text.first == "\r" { continue }
            let depth = lines[index].count - text.count
            guard depth > indent else { break }
            end = index
        }
        return end
    }

    /// Whether `grown` says exactly what the text said, and one entry more.
    private func isGrown(_ grown: String, from root: Node, by names: [String], at path: [String]) -> Bool {
        guard let new = try? Parser(yaml: grown, resolver: .basic, encoding: .utf8).singleRoot() else {
            return false
        }
        return YAMLText.isSame(new, root, but: names, at: path[...])
    }

    private static func isSame(_ new: Node, _ old: Node, but names: [String], at path: ArraySlice<String>)
        -> Bool
    {
        guard case .mapping(let new) = new, case .mapping(let old) = old else { return false }
        var kept = Array(new)
        if path.isEmpty {
            guard kept.suffix(names.count).map({ $0.key.scalar?.string }) == names else { return false }
            kept.removeLast(names.count)
        }
        guard kept.count == old.count else { return false }
        return zip(kept, old).allSatisfy { new, old in
            guard new.key == old.key else { return false }
            if let step = path.first, new.key.scalar?.string == step {
                return isSame(new.value, old.value, but: names, at: path.dropFirst())
            }
            return new.value == old.value
        }
    }

    private static func mapping(at path: [String], in root: Node) -> Node.Mapping? {
        var node = root
        for step in path {
            guard case .mapping(let mapping) = node,
                let next = mapping.first(where: { $0.key.scalar?.string == step })
            else { return nil }
            node = next.value
        }
        guard case .mapping(let mapping) = node else { return nil }
        return mapping
    }
}
