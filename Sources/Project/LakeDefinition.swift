package import LakeModel

/// A lake as its owner wrote it: `lake.yaml`, `sources/*.yaml` and `models/{silver,gold}/*.sql`, right by
/// construction. Nothing downstream validates it again.
///
/// What the models read is not in it: that comes from their syntax trees, which need DuckDB (`LakeSQL`).
package struct LakeDefinition: Sendable {
    package let name: String
    package let description: String?
    /// The absolute path of the folder with `lake.yaml`.
    package let folder: String
    package let store: StoreLocation
    /// An IANA name; it decides which day it is.
    package let timeZone: String
    /// The rules of ``timeZone``.
    package let zone: ZoneRules
    /// The environment whose connections are in force.
    package let environment: String
    package let connections: [String: ConnectionDefinition]
    /// How far row counts of source and bronze may differ, as a share: 0.01 is one percent.
    package let tolerance: Double
    package let resources: ResourceLimits
    package let exclusions: [Exclusion]
    /// In the order of names.
    package let sources: [SourceDefinition]
    /// In the order of keys.
    package let models: [ModelDefinition]
    /// In the order of names.
    package let schedules: [ScheduleDefinition]
    /// In the order of names.
    package let sensors: [SensorDefinition]
    /// In the order of names.
    package let backfills: [BackfillDefinition]
    package let serve: ServeDefinition
    package let work: WorkDefinition
    package let metadata: MetadataLocation
    /// `nil` if nobody wants to know.
    package let openLineage: OpenLineageDefinition?

    package init(
        name: String, description: String? = nil, folder: String, store: StoreLocation,
        zone: ZoneRules = .utc, environment: String = "local",
        connections: [String: ConnectionDefinition] = [:], tolerance: Double = 0.01,
        resources: ResourceLimits = ResourceLimits(), exclusions: [Exclusion] = [],
        sources: [SourceDefinition] = [], models: [ModelDefinition] = [],
        schedules: [ScheduleDefinition] = [], sensors: [SensorDefinition] = [],
        backfills: [BackfillDefinition] = [],
        work: WorkDefinition = WorkDefinition(), metadata: MetadataLocation = .sqlite,
        serve: ServeDefinition = ServeDefinition(), openLineage: OpenLineageDefinition? = nil
    ) {
        self.name = name
        self.description = description
        self.folder = folder
        self.store = store
        timeZone = zone.name
        self.zone = zone
        self.environment = environment
        self.connections = connections
        self.tolerance = tolerance
        self.resources = resources
        self.exclusions = exclusions
        self.sources = sources
        self.models = models
        self.schedules = schedules
        self.sensors = sensors
        self.backfills = backfills
        self.serve = serve
        self.work = work
        self.metadata = metadata
        self.openLineage = openLineage
    }

    /// How each asset is worked on.
    package var rules: [AssetKey: AssetRules] {
        var rules: [AssetKey: AssetRules] = [:]
        for source in sources {
            for table in source.tables { rules[.bronze(source.name, table.name)] = table.rules }
        }
        for model in models { rules[model.key] = model.rules }
        return rules
    }

    /// How old tables may be, of all that say so.
    package var freshness: [AssetKey: FreshnessPolicy] {
        var policies: [AssetKey: FreshnessPolicy] = [:]
        for source in sources {
            for table in source.tables { policies[.bronze(source.name, table.name)] = table.freshness }
        }
        for model in models { policies[model.key] = model.freshness }
        return policies
    }
}

/// Where bronze, silver and gold are.
package enum StoreLocation: Hashable, Sendable {
    /// The absolute path of a folder.
    case local(path: String)
    case adls(RemoteStore)

    /// Whether it is the same place, however one gets there.
    package func isSame(as other: StoreLocation) -> Bool {
        switch (self, other) {
        case (.local(let one), .local(let two)): one == two
        case (.adls(let one), .adls(let two)): one.location == two.location && one.endpoint == two.endpoint
        default: false
        }
    }
}

/// What DuckDB may use.
package struct ResourceLimits: Hashable, Sendable {
    /// As DuckDB takes it (`4GB`); `nil` leaves DuckDB's own default.
    package let memoryLimit: String?
    /// `nil` is one per core.
    package let threads: Int?
    /// Absolute path of the folder for spilled data; `nil` is inside the lake's folder.
    package let spillFolder: String?
    /// As DuckDB takes it (`50GB`); `nil` is what the disk has.
    package let spillLimit: String?

    package init(
        memoryLimit: String? = nil, threads: Int? = nil, spillFolder: String? = nil, spillLimit: String? = nil
    ) {
        self.memoryLimit = memoryLimit
        self.threads = threads
        self.spillFolder = spillFolder
        self.spillLimit = spillLimit
    }
}

/// What is said of one column.
package struct ColumnDefinition: Sendable {
    package let name: String
    /// The type as DuckDB spells it: of a model's column what it must be, of a source's column what it
    /// becomes in bronze.
    package let type: String?
    package let description: String?
    /// `nil` is what the table says.
    package let losses: LossPolicy?
    package let invalidText: InvalidTextPolicy?
    package let place: Place

    package init(
        name: String, type: String? = nil, description: String? = nil, losses: LossPolicy? = nil,
        invalidText: InvalidTextPolicy? = nil, place: Place
    ) {
        self.name = name
        self.type = type
        self.description = description
        self.losses = losses
        self.invalidText = invalidText
        self.place = place
    }
}

/// Something that is deliberately not in the lake.
package struct Exclusion: Hashable, Sendable {
    package let subject: Subject
    package let reason: String
    package let place: Place

    package init(subject: Subject, reason: String, place: Place) {
        self.subject = subject
        self.reason = reason
        self.place = place
    }

    package enum Subject: Hashable, Sendable {
        /// Sources whose name matches.
        case source(Glob)
        /// Tables whose name matches, of all sources or of the one that lists it.
        case table(Glob)
        /// Database views.
        case views
    }
}
