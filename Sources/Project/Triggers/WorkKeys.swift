internal import LakeModel
internal import Yams

/// The keys of what a schedule or a sensor starts.
enum WorkKeys {
    static let run = Key(
        "run", .list(of: .text, orOne: true, atLeast: 1),
        "The assets to build, as on the command line: silver.dim_*, tag:light, +gold.revenue_by_month.")
    static let exclude = Key(
        "exclude", .list(of: .text, orOne: true, atLeast: 1), "Assets to leave out of 'run'.")
    static let chores = Key(
        "do", .list(of: .choice as ValueShape<TriggeredWork.Chore>, orOne: true, atLeast: 1),
        "Work on the whole lake instead of 'run': housekeeping, reconcile, or both in a list.")
    static let priority = Key(
        "priority", .integer(-100...100), "Among queued runs the higher one goes first. Default: 0.")
    static let tags = Key("tags", .list(of: .tag), "Words that are written on its runs.")
    static let partitions = Key(
        "partitions", .partitionChoice,
        "Which partitions of partitioned assets: newest (and complete), how many of these, current, or missing. Default: newest."
    )
    static let force = Key(
        "force", .bool, "Whether what did not change is built too. Default: false.")

    static let all: [any MappingKey] = [run, exclude, chores, priority, tags, partitions, force]

    /// A mapping with exactly one of the keys that `choices` lists, for each of its lists.
    static func shape(_ mapping: MappingShape, oneOf choices: [[String]]) -> ValueShape<MappingReader> {
        let rules = choices.map { names -> JSONValue in
            ["oneOf": .array(names.map { .object([("required", .array([.string($0)]))]) })]
        }
        return ValueShape(schema: ["allOf": .array([mapping.schema] + rules)]) { node, document in
            guard let reader = MappingReader(node, mapping, document) else { return nil }
            for names in choices {
                let given = names.filter { reader.has($0) }
                if given.count == 1 || given.isEmpty && reader.hasUnknownKeys { continue }
                document.report(
                    given.isEmpty ? .missingKey : .conflict, given.last.map { reader.node(of: $0) } ?? node,
                    "\(mapping.noun) has exactly one of \(names.joined(separator: ", ")); found "
                        + (given.isEmpty ? "none." : "\(given.joined(separator: " and "))."),
                    remedy: given.isEmpty
                        ? "Add one of them." : "Remove one of the two, or make two of \(mapping.noun).")
            }
            return reader
        }
    }

    /// `nil` after it has been reported what is wrong with it.
    static func read(_ reader: MappingReader) -> (work: TriggeredWork, selection: WrittenSelection?)? {
        let document = reader.document
        let (priority, tags) = (reader[priority] ?? 0, (reader[tags] ?? []).map(\.value))
        let (partitions, isForced) = (reader[partitions] ?? .newestComplete(1), reader[force] ?? false)
        let written = WrittenSelection(
            included: reader[run] ?? [], excluded: reader[exclude] ?? [], document: document)
        func work(_ action: TriggeredWork.Action) -> TriggeredWork {
            TriggeredWork(
                action: action, priority: priority, tags: tags, partitions: partitions, isForced: isForced)
        }
        if reader.has(chores.name) {
            for key in [exclude.name, Self.partitions.name, force.name] where reader.has(key) {
                document.report(
                    .conflict, reader.node(of: key), "'\(key)' has no meaning with 'do'.",
                    remedy: "Remove it: 'do' works on the whole lake.")
            }
            return reader[chores].map { (work(.chores($0.map(\.value))), nil) }
        }
        guard let selection = written.selection() else { return nil }
        return (work(.run(selection)), written)
    }
}

/// A selection as it stands in a file, to be looked for when all tables are known.
struct WrittenSelection {
    private let included: [Located<String>]
    private let excluded: [Located<String>]
    private let document: YAMLDocument

    init(included: [Located<String>], excluded: [Located<String>] = [], document: YAMLDocument) {
        self.included = included
        self.excluded = excluded
        self.document = document
    }

    /// `nil` after mistakes in its notation have been reported, and if nothing is included.
    func selection() -> Selection? {
        var isRight = !included.isEmpty
        for text in included + excluded {
            do throws(SelectionMistake) {
                _ = try Selection([text.value])
            } catch {
                report(error, text)
                isRight = false
            }
        }
        guard isRight else { return nil }
        return try? Selection(included.map(\.value), excluding: excluded.map(\.value))
    }

    /// Reports every part that matches nothing in `graph`.
    /// - Parameter knowsTags: Whether all tables are right, so that all tags are known.
    func lookUp(in graph: AssetGraph, knowsTags: Bool) {
        for text in included + excluded {
            do throws(SelectionMistake) {
                _ = try Selection([text.value]).resolve(in: graph)
            } catch {
                if !knowsTags, error.term.contains("tag:") { continue }
                report(error, text)
            }
        }
    }

    private func report(_ mistake: SelectionMistake, _ text: Located<String>) {
        let holdsVariable = text.node.scalar?.holdsVariable == true
        var kind = ProjectMistake.Kind.badValue
        if case .nothingMatches = mistake.kind { kind = .unknownSelection }
        document.report(
            kind, text.node,
            holdsVariable ? "\(text.node.inWords) selects no asset of this lake." : mistake.problem,
            remedy: mistake.remedy)
    }
}
