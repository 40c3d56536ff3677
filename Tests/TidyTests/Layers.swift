/// Which target may import which: only what is in a lower row.
enum Layers {
    /// The highest row first; `docs/architecture.md` says what each is for.
    static let rows: [[String]] = [
        ["tarn"],
        ["Commands"],
        ["Gateway", "StoreServer"],
        ["Orchestrator"],
        ["Extraction", "Transform", "Quality", "SampleData"],
        ["LakeSQL"],
        ["LakeStore", "Metadata", "Project"],
        ["ADLSClient"],
        ["ADLS"],
        ["LakeModel"],
        ["DuckDB", "MySQL", "Postgres", "SQLite"],
        ["Blocking", "Terminal"],
        ["CDuckDB", "CLinux", "CMalloc", "CMariaDB", "CPostgres", "CSQLite", "CTemplates", "CZlib"],
    ]

    /// Targets that are not shipped stand above the services that they imitate, and nothing shipped imports
    /// them.
    static let notShipped = ["TarnTesting"]

    /// Targets that know nothing else of ours, whatever their row.
    static let alone = ["LakeModel", "Terminal", "Blocking"]

    private static func row(of target: String) -> Int? { rows.firstIndex { $0.contains(target) } }
    static var all: [String] { rows.flatMap(\.self) + notShipped }

    /// What is wrong with the imports of `source`.
    static func mistakes(in source: SourceText) -> [String] {
        if notShipped.contains(source.target) { return [] }
        guard let own = row(of: source.target) else {
            return ["\(source.path): '\(source.target)' is in no row"]
        }
        return source.code.compactMap { number, line in
            // The expression alone is slow over so many lines.
            guard line.contains("import "),
                let found = line.firstMatch(
                    of:
                        /^\s*(?:@\w+\s+)*(?:internal |package |public |private |fileprivate )?import (?:\w+ )?(\w+)/
                )
            else { return nil }
            let imported = String(found.1)
            guard all.contains(imported) else { return nil }
            let place = "\(source.path):\(number): \(source.target) imports \(imported)"
            if alone.contains(source.target) { return "\(place), but may import nothing of ours" }
            guard let other = row(of: imported) else { return "\(place), which is for tests only" }
            return other > own ? nil : "\(place), which is not in a lower row"
        }
    }
}
