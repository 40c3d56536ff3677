package import LakeModel

/// How the rows of a model's SELECT become its table.
package enum TableForm: Hashable, Sendable {
    /// One file, or one for each partition, rebuilt whole.
    case full
    /// The rows of keys that changed replace those of the same keys; nothing else is written.
    case incremental(IncrementalRules)
    /// A Type-2 dimension: a row for each version of each key, with when it held.
    case history(HistoryRules)
    /// No file: readers compute the SELECT.
    case view

    /// As it stands in the header.
    package var word: String {
        switch self {
        case .full: "full"
        case .incremental: "incremental"
        case .history: "scd2"
        case .view: "view"
        }
    }

    /// Everything about it that decides the rows, in words of one meaning.
    package var rule: String {
        switch self {
        case .full, .view: word
        case .incremental(let rules):
            "incremental \(rules.key) " + rules.inputs.map { "\($0.asset)=\($0.column)" }.sorted().joined(separator: ",")
        case .history(let rules):
            "scd2 \(rules.key) \(rules.observed) \(rules.compared ?? ["*"]) \(rules.deletes.rawValue)"
        }
    }
}

/// How an `incremental` table follows its inputs.
package struct IncrementalRules: Hashable, Sendable {
    /// The columns that identify a row.
    package let key: [String]
    /// The inputs whose changes say which keys changed. A change of any other rebuilds the whole.
    package let inputs: [Input]

    package struct Input: Hashable, Sendable {
        package let asset: AssetKey
        /// The column of the input that is the first column of the key: a row of the table is made from rows
        /// of the input with the same value only.
        package let column: String
        package let place: Place

        package init(asset: AssetKey, column: String, place: Place) {
            self.asset = asset
            self.column = column
            self.place = place
        }
    }

    package init(key: [String], inputs: [Input]) {
        self.key = key
        self.inputs = inputs
    }
}

/// How an `scd2` table is made from observations: rows that say how a key looked at some time.
package struct HistoryRules: Hashable, Sendable {
    /// The columns that identify what is observed.
    package let key: [String]
    /// The column of the SELECT that says when the row was seen like this.
    package let observed: String
    /// The columns whose change begins a new version; `nil` are all but the key and ``observed``.
    package let compared: [String]?
    package let deletes: Deletes

    /// What it means that a key is not among the rows of a later time.
    package enum Deletes: String, Hashable, Sendable, CaseIterable {
        /// It was deleted then: its version ends.
        case close
        /// Nothing: only what changed is observed.
        case ignore
    }

    package init(key: [String], observed: String, compared: [String]?, deletes: Deletes) {
        self.key = key
        self.observed = observed
        self.compared = compared
        self.deletes = deletes
    }
}

/// How the rows of a table lie in its files.
package struct TableLayout: Hashable, Sendable {
    /// The columns by which the rows of each file are sorted, so that readers who ask for a part of them skip
    /// the rest.
    package let sort: [String]
    /// Rows in a row group; `nil` is DuckDB's own, 122,880.
    package let rowGroup: Int?

    package init(sort: [String] = [], rowGroup: Int? = nil) {
        self.sort = sort
        self.rowGroup = rowGroup
    }
}

/// The columns that an `scd2` table has besides those of its SELECT.
package enum HistoryColumns {
    /// From when the version held, that instant included.
    package static let from = "valid_from"
    /// Until when, that instant excluded; NULL if it still holds.
    package static let to = "valid_to"
    package static let isCurrent = "is_current"
}
