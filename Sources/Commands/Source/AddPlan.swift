internal import Extraction
internal import LakeModel
internal import Project
internal import Terminal

/// What `tarn source add` is about to write of a source, and why.
struct AddPlan {
    let name: SourceName
    let found: DiscoveredSource
    /// Tables to write, in the order of names.
    private(set) var chosen: [TableProposal] = []
    /// What is not written, and why.
    private(set) var leftOut: [(name: String, reason: String)] = []
    /// Tables that the source's file has and the database does not.
    private(set) var gone: [String] = []
    /// Whether tables are appended to a file that is there.
    let isUpdate: Bool
    /// The file's new text; `nil` if it stays as it is.
    private(set) var text: String?
    private let target: SourceTarget
    private let excluded: [Glob]
    private let hasViewExclusion: Bool

    init(
        name: SourceName, target: SourceTarget, found: DiscoveredSource, only: [Glob], excluded: [Glob],
        lakeExclusions: [Exclusion], declared: SourceDefinition?
    ) {
        self.name = name
        self.found = found
        self.target = target
        self.excluded = excluded
        isUpdate = declared != nil
        let exclusions = lakeExclusions + (declared?.exclusions ?? [])
        hasViewExclusion = exclusions.contains { $0.subject == .views }
        let known = Set(declared?.tables.map(\.name.text) ?? [])
        // SQL does not tell names apart that differ in capitals only.
        var names = Dictionary(known.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        for table in found.tables where !known.contains(table.name) {
            guard only.isEmpty || only.contains(where: { $0.matches(table.name) }) else { continue }
            let proposal = TableProposal(table)
            if proposal.verdict == .leftOut {
                leftOut.append((table.name, proposal.reason))
            } else if let glob = excluded.first(where: { $0.matches(table.name) }) {
                leftOut.append((table.name, "--exclude \(glob)"))
            } else if let exclusion = exclusions.first(where: { $0.matches(table.name) }) {
                leftOut.append((table.name, "excluded by \(exclusion.place): \(exclusion.reason)"))
            } else if let other = names[table.name.lowercased()] {
                leftOut.append((table.name, "differs from '\(other)' in capitals only"))
            } else {
                names[table.name.lowercased()] = table.name
                chosen.append(proposal)
            }
        }
        let there = Set(found.tables.map(\.name))
        gone = known.subtracting(there).sorted()
    }

    /// Makes the file's new text.
    /// - Parameter before: What it is now; `nil` if there is none.
    mutating func write(over before: String?) throws {
        let tables = chosen.compactMap(\.newTable)
        if isUpdate, let before {
            guard !tables.isEmpty else { return }
            guard let grown = NewSource.appending(tables, to: before) else {
                throw UneditableFile(
                    file: NewSource.file(of: name), lines: tables.flatMap(\.lines), place: "tables")
            }
            text = grown
            return
        }
        guard !tables.isEmpty else {
            throw NothingToExtract(database: target.database, leftOut: leftOut, found: found.tables.count)
        }
        let views = found.tables.filter { $0.kind == .view }
        var exclusions = excluded.map {
            NewExclusion(table: $0, reason: "Left out when the source was added.")
        }
        if !views.isEmpty, !hasViewExclusion {
            exclusions.append(
                NewExclusion(
                    table: nil, reason: "A view is computed from tables, which are extracted themselves."))
        }
        text =
            NewSource(
                name: name, connection: target.connection.name, database: target.database,
                system: found.system, exclusions: exclusions, tables: tables, leftOut: leftOut
            ).text
    }
}

extension TableProposal {
    /// As it is written; `nil` if it is left out.
    var newTable: NewTable? {
        let rows = table.rowsEstimate.map { "about \(countText($0, "row", "rows"))" }
        let size = table.bytes.map { bytesText($0) }
        let why = cursor.map { "\($0) is \(reason)" } ?? reason
        let facts = [rows, size].compactMap { $0 }.joined(separator: ", ")
        let remarks = [facts.isEmpty ? why : "\(facts); \(why)"] + notes
        switch verdict {
        case .leftOut: return nil
        case .full(let name): return NewTable(name: name, mode: .full, remarks: remarks)
        case .incremental(let name, let cursor):
            return NewTable(
                name: name, mode: .incremental, key: table.primaryKey, cursor: cursor, remarks: remarks)
        }
    }

    var mode: ExtractionMode {
        if case .incremental = verdict { .incremental } else { .full }
    }

    var cursor: String? {
        if case .incremental(_, let cursor) = verdict { cursor } else { nil }
    }
}

extension Exclusion {
    fileprivate func matches(_ table: String) -> Bool {
        if case .table(let glob) = subject { glob.matches(table) } else { false }
    }
}

/// The database has no table that could be extracted.
struct NothingToExtract: Diagnostic {
    let database: String
    let leftOut: [(name: String, reason: String)]
    let found: Int

    var code: String { "source.nothing-to-extract" }
    var problem: String {
        guard found > 0 else { return "The database '\(database)' has no tables that this account can see." }
        let shown = leftOut.prefix(5).map { "\(visible($0.name)) (\($0.reason))" }.joined(separator: ", ")
        let more = leftOut.count > 5 ? " and \(leftOut.count - 5) more" : ""
        return "The database '\(database)' has nothing that can be extracted"
            + (leftOut.isEmpty ? "." : ": \(shown)\(more).")
    }
    var remedy: String {
        found > 0
            ? "Nothing was written. See which names --tables and --exclude match; views are rebuilt in silver."
            : "Nothing was written. Check the name of the database, and GRANT SELECT."
    }
}
