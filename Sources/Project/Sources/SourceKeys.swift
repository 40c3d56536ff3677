internal import LakeModel
internal import Yams

/// The keys of `sources/<name>.yaml`.
enum SourceKeys {
    static let description = Key("description", .text, "What the system is.")
    static let connection = Key(
        "connection", .located(.text), isRequired: true, "A connection of lake.yaml's environments.")
    static let database = Key(
        "database", .text, "The database at the connection. Default: the source's name.")
    static let owner = Key("owner", .text, "Who answers for the data.")
    static let tags = Key("tags", .list(of: .tag), "Words to select its tables by.")
    static let exclude = Key(
        "exclude", .listOfAny(of: ExclusionKeys.ofSource), "What is deliberately not extracted, and why.")
    static let tables = Key(
        "tables", .entries(of: .mapping(TableKeys.shape, mayBeEmpty: true), noun: "tables", atLeast: 1),
        isRequired: true, "The tables to extract, by their names in the source.")

    static let shape = MappingShape(
        "a source", [description, connection, database, owner, tags, exclude, tables])
}

/// The keys of one table of a source.
enum TableKeys {
    static let description = Key("description", .text, "What one row is.")
    static let mode = Key(
        "mode", .choice as ValueShape<ExtractionMode>,
        "full: the whole table every time. incremental: from the watermark of the cursor on. Default: full.")
    static let key = Key(
        "key", .list(of: .text, orOne: true, atLeast: 1),
        "The columns that identify a row. Default: the source's primary key.")
    static let cursor = Key(
        "cursor", .text, "The column that grows with every change; for incremental tables.")
    static let overlap = Key(
        "overlap", .duration,
        "How much before the watermark is read again; for incremental tables. Default: 5m.")
    static let tags = Key("tags", .list(of: .tag), "Words to select it by, besides its source's.")
    static let tolerance = Key("tolerance", .share, "Instead of the lake's tolerance.")
    static let columns = Key(
        "columns", .entries(of: .mapping(ColumnKeys.ofTable, mayBeEmpty: true), noun: "columns"),
        "What is known of its columns.")

    static let shape = MappingShape(
        "a table", [description, mode, key, cursor, overlap, tags, tolerance, columns])
}

/// The keys of one column, of a table and of a model.
enum ColumnKeys {
    static let description = Key("description", .text, "What the value means.")
    static let type = Key("type", .text, "The type as DuckDB spells it, such as DECIMAL(18,4).")
    static let checks = Key("checks", .listOfAny(of: CheckForms.ofColumn), "Rules that the column must meet.")

    static let ofTable = MappingShape("a column", [description])
    static let ofModel = MappingShape("a column", [type, description, checks])
}
