internal import LakeModel
internal import Yams

/// The keys of a model's header.
enum ModelKeys {
    static let description = Key("description", .text, "What the table holds.")
    static let grain = Key("grain", .text, "What one row is.")
    static let owner = Key("owner", .text, "Who answers for it.")
    static let tags = Key("tags", .list(of: .tag), "Words to select it by.")
    static let materialization = Key(
        "materialization", .choice as ValueShape<Word>,
        "full: rebuilt whole. incremental: by key, what changed. scd2: a row for each version. view: no file. Default: full."
    )
    static let key = Key(
        "key", .list(of: .text, orOne: true, atLeast: 1),
        "The columns that identify a row; of incremental and scd2.")
    static let incremental = Key(
        "incremental", .entries(of: .located(.text), noun: "inputs", atLeast: 1),
        "Of which inputs changes are followed, and in which of their columns the first column of the key is.")
    static let history = Key("history", .mapping(HistoryKeys.shape), "How scd2 tells versions apart.")
    static let layout = Key("layout", .mapping(LayoutKeys.shape), "How the rows lie in the file.")
    static let resources = Key(
        "resources", .mapping(ModelResourceKeys.shape),
        "What building it may use. Default: what the lake says.")
    static let publish = Key(
        "publish", .tag,
        "together, or the name of a group: its tables become visible at one instant. Default: each by itself."
    )
    static let freshness = FreshnessKeys.key("How old it may be.")
    static let columns = Key(
        "columns", .entries(of: .mapping(ColumnKeys.ofModel, mayBeEmpty: true), noun: "columns"),
        "The columns that the SELECT yields.")
    static let access = Key(
        "access", .choice as ValueShape<ModelDefinition.Access>,
        "public: others rely on its columns, so that none may be lost or changed. Default: private.")
    static let breaking = Key(
        "breaking", .text,
        "Why the columns of a public model change all the same. It counts for one publication.")
    static let strict = Key(
        "strict", .bool,
        "Whether a division by zero fails the build. Otherwise it gives NULL or an infinite number.")
    static let checks = Key("checks", .listOfAny(of: CheckForms.ofTable), "Rules that the table must meet.")

    static let shape = MappingShape(
        "a model",
        [
            description, grain, owner, tags, materialization, key, incremental, history, layout, resources,
            publish, PartitionsKeys.partitions, InputKeys.inputs, freshness, columns, checks, access,
            breaking, strict,
        ] + AssetRulesKeys.all)

    enum Word: String, CaseIterable, Sendable { case full, incremental, scd2, view }
}

/// The keys of `history`.
enum HistoryKeys {
    static let observed = Key(
        "observed", .located(.text), isRequired: true,
        "The column of the SELECT that says when the row was seen like this.")
    static let compare = Key(
        "compare", .list(of: .text, orOne: true, atLeast: 1),
        "The columns whose change begins a new version. Default: all but the key.")
    static let deletes = Key(
        "deletes", .choice as ValueShape<HistoryRules.Deletes>,
        "close: what is absent from a later time was deleted then. ignore: only changes are observed. Default: ignore."
    )
    static let shape = MappingShape("a history", [observed, compare, deletes])
}

/// The keys of `layout`.
enum LayoutKeys {
    static let sort = Key(
        "sort", .list(of: .text, orOne: true, atLeast: 1), "The columns to sort the rows of a file by.")
    static let rowGroup = Key(
        "row_group", .integer(2_048...10_000_000), "Rows in a row group. Default: 122880.")
    static let shape = MappingShape("a layout", [sort, rowGroup])
}

/// The keys of a model's `resources`.
enum ModelResourceKeys {
    static let shape = MappingShape("resources", [ResourceKeys.memoryLimit, ResourceKeys.threads])
}
