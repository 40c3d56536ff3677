package import LakeModel

/// How a discovered table had best be extracted, and why; or why it is left out.
package struct TableProposal: Hashable, Sendable {
    package let table: DiscoveredTable
    package let verdict: Verdict
    /// Why, in words.
    package let reason: String
    /// What its owner should know, in sentences.
    package let notes: [String]

    package enum Verdict: Hashable, Sendable {
        case full(TableName)
        case incremental(TableName, cursor: String)
        case leftOut
    }

    /// Smaller tables are read whole: that takes a moment, and shows deleted rows, too.
    package static let rowsOfSmallTable: Int64 = 100_000

    package init(_ table: DiscoveredTable) {
        self.table = table
        let name = TableName(table.name)
        switch (name, table.kind) {
        case (_, .view): (verdict, reason, notes) = (.leftOut, "a view", [])
        case (_, .other(let kind)): (verdict, reason, notes) = (.leftOut, kind, [])
        case (nil, .table):
            verdict = .leftOut
            reason = "its name cannot be a folder of the lake"
            notes = [
                "Names of at most 128 bytes without / \\ = ? * \" < > | : # % can be, unless _ or . is first."
            ]
        case (let name?, .table):
            if let obstacle = table.obstacle {
                (verdict, reason, notes) = (.leftOut, obstacle, [])
                return
            }
            (verdict, reason, notes) = TableProposal.choice(name, table)
        }
    }

    private static func choice(
        _ name: TableName, _ table: DiscoveredTable
    ) -> (Verdict, reason: String, notes: [String]) {
        let best = table.cursors.first
        guard !table.primaryKey.isEmpty else {
            return (
                .full(name), "no primary key",
                ["It has no primary key: it can only be read whole, unless 'key' says what identifies a row."]
            )
        }
        if let rows = table.rowsEstimate, rows < rowsOfSmallTable { return (.full(name), "small", []) }
        switch best?.kind {
        case .updated?:
            guard let best else { break }
            var notes: [String] = []
            if best.isIndexed == false {
                notes.append(
                    "No index begins with '\(best.column)', so that every run reads the whole table at the source."
                )
            }
            if !best.isTouchedByUpdates {
                notes.append("Make sure that every change of a row moves '\(best.column)'.")
            }
            return (.incremental(name, cursor: best.column), best.inWords, notes)
        case .created?, .counter?:
            guard let best else { break }
            return (
                .full(name), "no column shows changed rows",
                [
                    "If rows never change once they are there: mode: incremental, cursor: \(best.column) "
                        + "(\(best.inWords)) finds new ones."
                ]
            )
        case nil: break
        }
        return (.full(name), "no column that could be a cursor", [])
    }
}
