internal import LakeModel
internal import Yams

/// One YAML text of the lake while it is read: where it stands, its variables, and who hears of mistakes.
final class YAMLDocument {
    /// Relative to the lake's folder.
    let file: String
    /// Lines of the file before the text: more than none for the header of a model.
    let linesBefore: Int
    let variables: [String: String]
    let mistakes: MistakeList
    /// Set while something is read that is not in force, such as another environment.
    var ignoresUnsetVariables = false
    /// Of the text that was read last, with their line feeds taken off.
    private var lines: [Substring] = []

    init(file: String, linesBefore: Int = 0, variables: [String: String], mistakes: MistakeList) {
        self.file = file
        self.linesBefore = linesBefore
        self.variables = variables
        self.mistakes = mistakes
    }

    func place(of node: Node) -> Place { place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1) }

    func place(line: Int, column: Int) -> Place {
        Place(file: file, line: max(1, line + linesBefore), column: max(1, column))
    }

    /// How many spaces a line of the text begins with.
    func indentation(ofLine line: Int) -> Int {
        lines.indices.contains(line - 1) ? lines[line - 1].prefix { $0 == " " }.count : 0
    }

    func report(_ kind: ProjectMistake.Kind, _ node: Node, _ problem: String, remedy: String) {
        mistakes.add(kind, at: place(of: node), problem, remedy: remedy)
    }

    /// The tree of `text`, or `nil` after a syntax error has been reported. A repeated key is reported, and
    /// the first of its values stays.
    func root(of text: String) -> Node? {
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var marked = MarkedText(text)
        while true {
            do {
                // `basic` keeps plain scalars as they are written: the default runs seven regular
                // expressions on each, and would read the country `no` as false.
                let parser = try Parser(
                    yaml: marked.text, resolver: .basic, constructor: Constructor([:], [:], [:]),
                    encoding: .utf8)
                let root = try parser.singleRoot() ?? Node("")
                return marked.isMarked ? reportingDuplicates(in: root, marked) : root
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                // Yams stops at a repeated key and tells where the first one is. That one is marked and all
                // is read again, so that the second one and all other mistakes are found as well.
                guard marked.mark(line: context.mark.line, column: context.mark.column) else {
                    report(duplicate: names.first ?? "", at: context.mark, firstLine: nil)
                    return nil
                }
            } catch let error as YamlError {
                report(error, in: text)
                return nil
            } catch {
                mistakes.add(
                    .syntax, at: place(line: 1, column: 1), "the text cannot be read as YAML.",
                    remedy: "Check the file with another YAML tool.")
                return nil
            }
        }
    }

    private func report(duplicate name: String, at mark: Mark, firstLine: Int?) {
        let first = firstLine.map { " on line \($0)" } ?? ""
        mistakes.add(
            .duplicateKey, at: place(line: mark.line, column: mark.column),
            "the key '\(name)' stands twice in one mapping\(first.isEmpty ? "" : ": first\(first)").",
            remedy: "Remove one of the two.")
    }

    private func report(_ error: YamlError, in text: String) {
        var found: (problem: String, mark: (line: Int, column: Int)) = ("it cannot be decoded", (1, 1))
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            found = (problem, (mark.line, mark.column))
            if let context, !context.text.isEmpty {
                found.problem += " (\(context.text), line \(context.mark.line + linesBefore))"
            }
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            let line = before.reduce(1) { $1.isNewline ? $0 + 1 : $0 }
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            found = (problem, (line, column))
        default: break
        }
        var remedy = "Check indentation, colons and quotes here and on the line before."
        if found.problem.contains("cannot start any token") {
            remedy = "Indent with spaces, not tabs; put text that begins with one of @ ` % into quotes."
        } else if found.problem.contains("scanning an alias") || found.problem.contains("scanning an anchor")
        {
            remedy = "Put text that begins with * or & into quotes."
        }
        mistakes.add(
            .syntax, at: place(line: found.mark.line, column: found.mark.column),
            "this is not valid YAML: \(found.problem).", remedy: remedy)
    }
}

// MARK: Repeated keys

extension YAMLDocument {
    /// The tree as it was written, less the later values of keys that stand twice in a mapping.
    private func reportingDuplicates(in node: Node, _ marked: MarkedText) -> Node {
        switch node {
        case .sequence(let sequence):
            let elements = sequence.map { reportingDuplicates(in: $0, marked) }
            return .sequence(.init(elements, .implicit, .any, sequence.mark))
        case .mapping(let mapping):
            var pairs: [(Node, Node)] = []
            var firstLines: [String: Int] = [:]
            for (key, value) in mapping {
                guard case .scalar(var scalar) = key else {
                    pairs.append((key, reportingDuplicates(in: value, marked)))
                    continue
                }
                scalar.string = marked.original(of: scalar.string)
                if let first = firstLines[scalar.string], let mark = scalar.mark {
                    report(duplicate: scalar.string, at: mark, firstLine: first)
                } else {
                    firstLines[scalar.string] = place(of: key).line
                    pairs.append((.scalar(scalar), reportingDuplicates(in: value, marked)))
                }
            }
            return .mapping(.init(pairs, .implicit, .any, mapping.mark))
        case .scalar, .alias: return node
        }
    }
}

/// A text in which the first characters of some keys are replaced, so that no two are equal; columns stay.
private struct MarkedText {
    private(set) var text: String
    private var originals: [Unicode.Scalar: Unicode.Scalar] = [:]

    init(_ text: String) { self.text = text }

    var isMarked: Bool { !originals.isEmpty }

    /// `false` if the key at this position cannot be marked: it is none, is empty, or begins with an escape.
    mutating func mark(line: Int, column: Int) -> Bool {
        var scalars = text.unicodeScalars
        var position = scalars.startIndex
        for _ in 1..<max(line, 1) {
            guard let end = scalars[position...].firstIndex(of: "\n") else { return false }
            position = scalars.index(after: end)
        }
        guard var key = scalars.index(position, offsetBy: column - 1, limitedBy: scalars.endIndex),
            key < scalars.endIndex
        else { return false }
        if scalars[key] == "\"" || scalars[key] == "'" { key = scalars.index(after: key) }
        // Private use: no key of a lake begins with one of these.
        guard key < scalars.endIndex, let mark = Unicode.Scalar(0xE000 + UInt32(originals.count)),
            originals.count < 256,
            scalars[key].properties.isAlphabetic || scalars[key].properties.numericType != nil
        else { return false }
        originals[mark] = scalars[key]
        scalars.replaceSubrange(key...key, with: [mark])
        text = String(scalars)
        return true
    }

    func original(of key: String) -> String {
        guard let first = key.unicodeScalars.first, let original = originals[first] else { return key }
        return String(original) + String(key.unicodeScalars.dropFirst())
    }
}
