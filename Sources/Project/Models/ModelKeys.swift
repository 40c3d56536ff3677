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
    static let checks = Key("checks", .listOfAny(of: CheckForms.ofTable), "Rules that the table must meet.")

    static let shape = MappingShape(
        "a model",
        [
            description, grain, owner, tags, materialization, PartitionsKeys.partitions, InputKeys.inputs,
            freshness, columns, checks,
        ] + AssetRulesKeys.all)
}
