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
    static let connections = Key(
        "connections", .integer(1...64), "How many connections may be open at once. Default: 4.")
    static let pace = Key("pace", .mapping(PaceKeys.shape), "How hard it may be read. Default: no limit.")
    static let statementTimeout = Key(
        "statement_timeout", .duration, "After which time the source ends a statement. Default: never.")
    static let freshness = FreshnessKeys.key("How old its tables may be, unless they say otherwise.")
    static let exclude = Key(
        "exclude", .listOfAny(of: ExclusionKeys.ofSource), "What is deliberately not extracted, and why.")
    static let tables = Key(
        "tables", .entries(of: .mapping(TableKeys.shape, mayBeEmpty: true), noun: "tables", atLeast: 1),
        isRequired: true, "The tables to extract, by their names in the source.")

    static let shape = MappingShape(
        "a source",
        [
            description, connection, database, owner, tags, connections, pace, statementTimeout,
            RuleKeys.losses, RuleKeys.invalidText, RuleKeys.schemaChange, RuleKeys.reconcile, freshness,
            exclude, tables,
        ] + AssetRulesKeys.all)
}

/// The keys of one table of a source.
enum TableKeys {
    static let description = Key("description", .text, "What one row is.")
    static let mode = Key(
        "mode", .choice as ValueShape<ExtractionMode>,
        "full, incremental (from the watermark on), files (new and changed ones), partitioned. Default: what suits."
    )
    static let key = Key(
        "key", .list(of: .text, orOne: true, atLeast: 1),
        "The columns that identify a row. Default: the source's primary key.")
    static let cursor = Key(
        "cursor", .list(of: .text, orOne: true, atLeast: 1),
        "The column that grows with every change, or several of which the first counts most; for incremental tables."
    )
    static let overlap = Key(
        "overlap", .span,
        "How much before the watermark is read again; for incremental tables. Default: 5m of a time, 0 of a number."
    )
    static let chunk = Key(
        "chunk", .span,
        "How much of the cursor one commit covers (1d, or 1000000 of a number); for incremental tables. Default: all."
    )
    static let parallel = Key(
        "parallel", .integer(1...64),
        "How many connections read it at once. Default: as many as the source has.")
    static let checksum = Key(
        "checksum", .bool,
        "Whether the source computes checksums of its columns, which must equal the file's. Default: false.")
    static let checks = Key(
        "checks", .listOfAny(of: .mapping(ExtractionCheckKeys.shape)),
        "How many values may be changed on the way into bronze.")
    static let tags = Key("tags", .list(of: .tag), "Words to select it by, besides its source's.")
    static let tolerance = Key("tolerance", .share, "Instead of the lake's tolerance.")
    static let freshness = FreshnessKeys.key("How old it may be. Default: what its source says.")
    static let columns = Key(
        "columns", .entries(of: .mapping(ColumnKeys.ofTable, mayBeEmpty: true), noun: "columns"),
        "What is known of its columns.")

    static let shape = MappingShape(
        "a table",
        [
            description, mode, key, cursor, overlap, chunk, parallel, checksum, RuleKeys.losses,
            RuleKeys.invalidText, RuleKeys.schemaChange, RuleKeys.reconcile, tags, tolerance, freshness,
            columns,
            checks,
            PartitionsKeys.partitions,
        ] + FileKeys.all + AssetRulesKeys.all)
}

/// The keys that a source sets for all of its tables, and a table or column for itself.
enum RuleKeys {
    static let reconcile = Key(
        "reconcile", .choice as ValueShape<ReconcilePolicy>,
        "Whether each run that builds it compares it with the source: off, warn or gate. Default: off.")
    static let losses = Key(
        "losses", .choice as ValueShape<LossPolicy>,
        "What becomes of a value that does not fit its type: null, fail or text_sidecar. Default: null.")
    static let invalidText = Key(
        "invalid_text", .choice as ValueShape<InvalidTextPolicy>,
        "What becomes of text that is not UTF-8: replace, reject or binary. Default: replace.")
    static let schemaChange = Key(
        "schema_change", .choice as ValueShape<SchemaPolicy>,
        "What a change of its columns means: evolve, freeze or discard. Default: evolve.")
}

/// The keys of a source's pace.
enum PaceKeys {
    static let rowsPerSecond = Key("rows_per_second", .integer(1...Int.max), "Of one table, at most.")
    static let hours = Key("hours", .hours, "When it may be read, in the lake's time zone: 22:00-06:00.")
    static let replicaLag = Key(
        "max_replica_lag", .duration, "Reading waits while the replica is further behind.")
    static let threadsRunning = Key(
        "max_threads_running", .integer(1...Int.max), "Reading waits while more statements run there.")

    static let shape = MappingShape("a pace", [rowsPerSecond, hours, replicaLag, threadsRunning])

    static func read(_ reader: MappingReader) -> Pace {
        Pace(
            rowsPerSecond: reader[rowsPerSecond], hours: reader[hours], replicaLagMax: reader[replicaLag],
            threadsRunningMax: reader[threadsRunning])
    }
}

/// The keys of a check of a source's table.
enum ExtractionCheckKeys {
    static let changedValues = Key(
        "changed_values", .mapping(settings), isRequired: true,
        "At most so many values are changed on the way into bronze.")
    static let column = Key("column", .text, "Only of this column. Default: any.")
    static let reason = Key(
        "reason", .choice as ValueShape<Conversion.Reason>, "Only for this reason. Default: any.")
    static let max = Key("max", .integer(0...Int.max), isRequired: true, "How many at most.")
    static let severity = Key(
        "severity", .choice as ValueShape<Check.Severity>,
        "block: nothing is committed. warn: it is committed with a remark. Default: block.")

    static let settings = MappingShape("the check 'changed_values'", [column, reason, max, severity])
    static let shape = MappingShape("a check of a source's table", [changedValues])

    static func read(_ reader: MappingReader) -> ExtractionCheck? {
        guard let settings = reader[changedValues], let max = settings[max] else { return nil }
        return ExtractionCheck(
            column: settings[column], reason: settings[reason], valuesMax: Int64(max),
            severity: settings[severity] ?? .block, place: reader.document.place(of: reader.node))
    }
}

/// What a source's column can be made in bronze, whatever the source calls it. Everything else is for silver.
enum BronzeColumnType: String, CaseIterable, Sendable {
    case boolean = "BOOLEAN"
    case varchar = "VARCHAR"
    case blob = "BLOB"
}

/// The keys of one column, of a table and of a model.
enum ColumnKeys {
    static let description = Key("description", .text, "What the value means.")
    static let type = Key("type", .text, "The type as DuckDB spells it, such as DECIMAL(18,4).")
    static let nullable = Key(
        "nullable", .bool, "false: no value may be NULL; the same as the check not_null. Default: true.")
    static let checks = Key("checks", .listOfAny(of: CheckForms.ofColumn), "Rules that the column must meet.")

    static let bronzeType = Key(
        "type", .text,
        "Its type in bronze: of a database's table BOOLEAN, VARCHAR or BLOB; of files any, such as DECIMAL(18,2)."
    )
    static let ofTable = MappingShape(
        "a column", [bronzeType, description, RuleKeys.losses, RuleKeys.invalidText])
    static let ofModel = MappingShape("a column", [type, description, nullable, checks])
}
