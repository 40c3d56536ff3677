internal import LakeModel
internal import Yams

/// The keys of a model's header.
enum ModelKeys {
    static let description = Key("description", .text, "What the table holds.")
    static let grain = Key("grain", .text, "What one row is.")
    static let owner = Key("owner", .text, "Who answers for it.")
    static let tags = Key("tags", .list(of: .tag), "Words to select it by.")
    static let materialization = Key(
        "materialization", .choice as ValueShape<ModelDefinition.Materialization>,
        "full: one file, rebuilt whole. Default: full.")
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
    static let checks = Key("checks", .listOfAny(of: CheckForms.ofTable), "Rules that the table must meet.")

    static let shape = MappingShape(
        "a model",
        [
            description, grain, owner, tags, materialization, PartitionsKeys.partitions, InputKeys.inputs,
            freshness, columns, checks, access, breaking,
        ] + AssetRulesKeys.all)
}
