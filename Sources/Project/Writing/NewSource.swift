package import LakeModel

/// A source that is to be written into a file of `sources/`.
package struct NewSource: Sendable {
    package let name: SourceName
    package let connection: String
    package let database: String
    /// What the database runs on, for a remark.
    package let system: String
    package let exclusions: [NewExclusion]
    package let tables: [NewTable]
    /// What cannot be extracted, for remarks: names and reasons.
    package let leftOut: [(name: String, reason: String)]

    package init(
        name: SourceName, connection: String, database: String, system: String, exclusions: [NewExclusion],
        tables: [NewTable], leftOut: [(name: String, reason: String)]
    ) {
        self.name = name
        self.connection = connection
        self.database = database
        self.system = system
        self.exclusions = exclusions
        self.tables = tables
        self.leftOut = leftOut
    }

    /// Where it belongs, relative to the lake's folder.
    package static func file(of name: SourceName) -> String { "sources/\(name).yaml" }

    /// The whole file.
    package var text: String {
        var lines = [
            YAMLWriting.comment("Made by tarn source add from \(system). Change it as you like."),
            "connection: \(YAMLWriting.literal(connection))", "database: \(YAMLWriting.literal(database))",
        ]
        if !exclusions.isEmpty {
            lines.append("exclude:")
            lines += exclusions.map { "  - \($0.text)" }
        }
        lines.append("tables:")
        lines += tables.flatMap(\.entry.lines).map { "  \($0)" }
        if !leftOut.isEmpty {
            lines.append("# Left out:")
            lines += leftOut.map { YAMLWriting.comment("  \($0.name): \($0.reason)") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The text of a source's file with more tables behind those that it has; `nil` if they cannot be put
    /// there without touching what is there.
    package static func appending(_ tables: [NewTable], to text: String) -> String? {
        YAMLText(text).appending(tables.map(\.entry), toMappingAt: ["tables"])
    }
}

/// A table that is to be written into a source's file.
package struct NewTable: Sendable {
    package let name: TableName
    package let mode: ExtractionMode
    package let key: [String]
    package let cursor: String?
    /// One line each.
    package let remarks: [String]

    package init(
        name: TableName, mode: ExtractionMode, key: [String] = [], cursor: String? = nil,
        remarks: [String] = []
    ) {
        self.name = name
        self.mode = mode
        self.key = key
        self.cursor = cursor
        self.remarks = remarks
    }

    var entry: YAMLEntry {
        let key = YAMLWriting.scalar(name.text)
        let remarks = remarks.map(YAMLWriting.comment)
        guard mode == .incremental, let cursor else {
            return YAMLEntry(name: name.text, lines: remarks + ["\(key): {}"])
        }
        let columns = self.key.map(YAMLWriting.literal).joined(separator: ", ")
        return YAMLEntry(
            name: name.text,
            lines: remarks + [
                "\(key):", "  mode: incremental", "  key: [\(columns)]",
                "  cursor: \(YAMLWriting.literal(cursor))",
            ])
    }

    /// As it stands in the file, for someone to put it there.
    package var lines: [String] { entry.lines }
}

/// An exclusion that is to be written.
package struct NewExclusion: Sendable {
    /// A pattern of tables; `nil` is all views.
    package let table: Glob?
    package let reason: String

    package init(table: Glob?, reason: String) {
        self.table = table
        self.reason = reason
    }

    var text: String {
        let subject = table.map { "table: \(YAMLWriting.literal($0.pattern))" } ?? "kind: view"
        return "{ \(subject), reason: \(YAMLWriting.literal(reason)) }"
    }
}
