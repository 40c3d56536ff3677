package import LakeModel

/// One system that rows come from.
package struct SourceDefinition: Sendable {
    package let name: SourceName
    package let description: String?
    package let owner: String?
    package let tags: [String]
    package let connection: ConnectionDefinition
    /// The database at the connection; for SQLite what replaces `{database}` in its path.
    package let database: String
    /// How many connections may be open at once.
    package let connectionsMax: Int
    package let pace: Pace
    /// After which time the source ends a statement; `nil` is never.
    package let statementTimeout: Duration?
    package let exclusions: [Exclusion]
    /// In the order of names.
    package let tables: [TableDefinition]
    package let place: Place

    package init(
        name: SourceName, description: String? = nil, owner: String? = nil, tags: [String] = [],
        connection: ConnectionDefinition, database: String, connectionsMax: Int = 4, pace: Pace = Pace(),
        statementTimeout: Duration? = nil, exclusions: [Exclusion] = [], tables: [TableDefinition],
        place: Place
    ) {
        self.name = name
        self.description = description
        self.owner = owner
        self.tags = tags
        self.connection = connection
        self.database = database
        self.connectionsMax = connectionsMax
        self.pace = pace
        self.statementTimeout = statementTimeout
        self.exclusions = exclusions
        self.tables = tables
        self.place = place
    }
}

/// One table of a source.
package struct TableDefinition: Sendable {
    package let name: TableName
    package let description: String?
    /// Its own and its source's.
    package let tags: [String]
    package let mode: ExtractionMode
    /// The columns that identify a row, as declared; empty means: the source's primary key, if it has one.
    package let key: [String]
    /// The columns that grow with every change, the leading one first; not empty for incremental tables.
    package let cursors: [String]
    /// How much before the watermark is read again.
    package let overlap: Overlap
    /// How much of the cursor one commit covers; `nil` is all that is new.
    package let chunk: ChunkSize?
    /// How many connections read the table at once; `nil` is as many as the source has.
    package let readersMax: Int?
    package let losses: LossPolicy
    package let invalidText: InvalidTextPolicy
    package let schemaPolicy: SchemaPolicy
    /// Whether the source computes checksums of the columns, which are compared with the file's.
    package let hasChecksum: Bool
    /// Overrides the lake's.
    package let tolerance: Double?
    package let reconciling: ReconcilePolicy
    package let columns: [ColumnDefinition]
    /// On what the ledger may show.
    package let checks: [ExtractionCheck]
    /// Which files it is; `nil` for a table of a database.
    package let files: FilesDefinition?
    /// How it is divided; `nil` if it is read as a whole.
    package let partitions: PartitionsDefinition?
    /// Its own, or else its source's.
    package let freshness: FreshnessPolicy?
    package let rules: AssetRules
    package let place: Place

    package init(
        name: TableName, description: String? = nil, tags: [String] = [], mode: ExtractionMode = .full,
        key: [String] = [], cursors: [String] = [], overlap: Overlap = .standard, chunk: ChunkSize? = nil,
        readersMax: Int? = nil, losses: LossPolicy = .null, invalidText: InvalidTextPolicy = .replace,
        schemaPolicy: SchemaPolicy = .evolve, hasChecksum: Bool = false, tolerance: Double? = nil,
        reconciling: ReconcilePolicy = .off, columns: [ColumnDefinition] = [], checks: [ExtractionCheck] = [],
        files: FilesDefinition? = nil,
        partitions: PartitionsDefinition? = nil, freshness: FreshnessPolicy? = nil,
        rules: AssetRules = AssetRules(), place: Place
    ) {
        self.name = name
        self.description = description
        self.tags = tags
        self.mode = mode
        self.key = key
        self.cursors = cursors
        self.overlap = overlap
        self.chunk = chunk
        self.readersMax = readersMax
        self.losses = losses
        self.invalidText = invalidText
        self.schemaPolicy = schemaPolicy
        self.hasChecksum = hasChecksum
        self.tolerance = tolerance
        self.reconciling = reconciling
        self.columns = columns
        self.checks = checks
        self.files = files
        self.partitions = partitions
        self.freshness = freshness
        self.rules = rules
        self.place = place
    }

    /// The cursor as manifests and watermarks name it: `updated_at`, or `updated_at, id`.
    package var cursor: String? { cursors.isEmpty ? nil : cursors.joined(separator: ", ") }

    /// How `column` is read.
    package func rule(of column: String) -> ColumnRule {
        let own = columns.first { $0.name == column }
        return ColumnRule(losses: own?.losses ?? losses, invalidText: own?.invalidText ?? invalidText)
    }
}

/// How much before the watermark is read again.
package enum Overlap: Hashable, Sendable {
    /// Five minutes of a time, nothing of a number.
    case standard
    case time(Duration)
    case number(Int64)
}

/// How much of a cursor one commit covers.
package enum ChunkSize: Hashable, Sendable {
    case time(Duration)
    /// So many values of a whole number.
    case number(Int64)
}

/// A limit on how many values of a table may be changed on the way in.
package struct ExtractionCheck: Hashable, Sendable {
    /// `nil` is any column.
    package let column: String?
    /// `nil` is any reason.
    package let reason: Conversion.Reason?
    package let valuesMax: Int64
    package let severity: Check.Severity
    package let place: Place

    package init(
        column: String?, reason: Conversion.Reason?, valuesMax: Int64, severity: Check.Severity,
        place: Place
    ) {
        self.column = column
        self.reason = reason
        self.valuesMax = valuesMax
        self.severity = severity
        self.place = place
    }
}
