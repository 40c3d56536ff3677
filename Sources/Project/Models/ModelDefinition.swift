package import LakeModel

/// One silver or gold table.
package struct ModelDefinition: Sendable {
    package let key: AssetKey
    package let description: String?
    package let grain: String?
    package let owner: String?
    package let tags: [String]
    package let materialization: TableForm
    package let layout: TableLayout
    /// What building it may use, if that is not what the lake says.
    package let resources: ResourceLimits
    /// The tables with which it becomes visible at one instant; `nil` if it does by itself.
    package let group: String?
    package let columns: [ColumnDefinition]
    package let checks: [Check]
    /// How it is divided; `nil` if it is built as a whole.
    package let partitions: PartitionsDefinition?
    /// Inputs of which others than the partitions of the same time and key count.
    package let inputs: [InputDefinition]
    package let freshness: FreshnessPolicy?
    package let rules: AssetRules
    package let access: Access
    /// Why its columns may break who reads it, this once; `nil` if they may not.
    package let breaking: String?
    /// Whether a division by zero is an error.
    package let isStrict: Bool
    /// The SELECT without the header. ``sqlPlace`` is where it begins.
    package let sql: String
    package let sqlPlace: Place

    package init(
        key: AssetKey, description: String? = nil, grain: String? = nil, owner: String? = nil,
        tags: [String] = [], materialization: TableForm = .full, layout: TableLayout = TableLayout(),
        resources: ResourceLimits = ResourceLimits(), group: String? = nil, columns: [ColumnDefinition] = [],
        checks: [Check] = [], partitions: PartitionsDefinition? = nil, inputs: [InputDefinition] = [],
        freshness: FreshnessPolicy? = nil, rules: AssetRules = AssetRules(), access: Access = .private,
        breaking: String? = nil, isStrict: Bool = false, sql: String, sqlPlace: Place
    ) {
        self.key = key
        self.description = description
        self.grain = grain
        self.owner = owner
        self.tags = tags
        self.materialization = materialization
        self.layout = layout
        self.resources = resources
        self.group = group
        self.columns = columns
        self.checks = checks
        self.partitions = partitions
        self.inputs = inputs
        self.freshness = freshness
        self.rules = rules
        self.access = access
        self.breaking = breaking
        self.isStrict = isStrict
        self.sql = sql
        self.sqlPlace = sqlPlace
    }

    /// The file, relative to the lake's folder.
    package var file: String { sqlPlace.file }

    /// Who may rely on its columns.
    package enum Access: String, Hashable, Sendable, CaseIterable {
        /// Nobody but this lake's own models.
        case `private`
        /// Others: its columns stay as they are published.
        case `public`
    }
}
