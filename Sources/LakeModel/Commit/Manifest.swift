/// One column as a table holds it: its name and its type as DuckDB spells it (`DECIMAL(18,4)`).
package struct ColumnSchema: Hashable, Sendable, Codable {
    package let name: String
    package let type: String

    package init(name: String, type: String) {
        self.name = name
        self.type = type
    }
}

/// What the manifests of all layers say of one data file.
package struct DataFile: Hashable, Sendable, Codable {
    /// Relative to the manifest's folder.
    package let name: String
    package let run: RunID
    package let rows: Int64
    package let bytes: ByteCount
    /// SHA-256 of the file in hexadecimal. Files of silver and gold have none: their table's version is a
    /// digest of what they were computed from.
    package let sha256: String?
    /// What an incremental extraction read into it.
    package let range: CursorRange?
    /// What was changed on the way into it; `nil` in files of silver and gold.
    package let conversions: [Conversion]?
    /// The files of the source that it was made from; `nil` if the source is no folder of files.
    package let inputs: [InputFile]?
    /// What of them is no row; `nil` if there was nothing.
    package let quarantine: Quarantine?
    /// The partition of the table that it is; `nil` if the table is not partitioned.
    package let partition: PartitionKey?
    /// What its rows are a pure function of, digested, if it is a partition or the base of an incremental
    /// table of silver or gold.
    package let version: String?
    /// Which rows of the file before it no longer count; `nil` if all do.
    package let replaces: ReplacedRows?
    /// Of a partition, the states of followed inputs that it is made from; `nil` if its model follows none.
    package private(set) var slices: [InputSlice]?

    package init(
        name: String, run: RunID, rows: Int64, bytes: ByteCount, sha256: String? = nil,
        range: CursorRange? = nil, conversions: [Conversion]? = nil, inputs: [InputFile]? = nil,
        quarantine: Quarantine? = nil, partition: PartitionKey? = nil,
        version: String? = nil, replaces: ReplacedRows? = nil, slices: [InputSlice]? = nil
    ) {
        self.name = name
        self.run = run
        self.rows = rows
        self.bytes = bytes
        self.sha256 = sha256
        self.range = range
        self.conversions = conversions
        self.inputs = inputs
        self.quarantine = quarantine
        self.partition = partition
        self.version = version
        self.replaces = replaces
        self.slices = slices
    }

    /// The same file, compared with later states of its inputs.
    package func compared(_ slices: [InputSlice]) -> DataFile {
        var copy = self
        copy.slices = slices
        return copy
    }
}

/// The rows of a followed input that one partition is made from.
package struct InputSlice: Hashable, Sendable, Codable {
    package let asset: AssetKey
    /// The version of the input from which the partition was built.
    package let builtFrom: String
    /// The latest version of the input of which it is known that these rows are the same in it.
    package let sameIn: String

    package init(asset: AssetKey, builtFrom: String, sameIn: String) {
        self.asset = asset
        self.builtFrom = builtFrom
        self.sameIn = sameIn
    }
}

/// Rows that a later file of an incremental table stands for.
package struct ReplacedRows: Hashable, Sendable, Codable {
    /// A Parquet file of one column, relative to the manifest's folder: the values of ``column`` whose rows
    /// in the file before no longer count.
    package let keys: String
    package let column: String
    /// How many rows these are.
    package let rows: Int64

    package init(keys: String, column: String, rows: Int64) {
        self.keys = keys
        self.column = column
        self.rows = rows
    }
}

/// Which files are one day of a bronze table; `_manifest.json` beside them. Replacing it is the commit.
package struct BronzeManifest: Hashable, Sendable, Codable {
    package static let currentFormat = 1

    package var format = BronzeManifest.currentFormat
    package let asset: AssetKey
    package let ingestionDate: Day
    /// A day of full snapshots holds the newest one, a day of partitions the newest of each; a day of other
    /// extractions holds all of its files.
    package let mode: ExtractionMode
    package let run: RunID
    package private(set) var epoch: LeaseEpoch
    package let committedAt: Timestamp
    package let files: [DataFile]
    package let schema: [ColumnSchema]
    /// The columns that identify a row; empty if the source has none.
    package let key: [String]
    /// Whether the source itself keeps the key unique, so that no file holds two rows of one key.
    package let isKeyUnique: Bool
    /// The column that orders versions of a row, for incremental tables.
    package let cursor: String?
    package let conversions: [Conversion]
    /// What the source looked like when the rows were read.
    package let origin: Origin
    /// How the table differed from what bronze had; `nil` if it did not.
    package let schemaChanges: [SchemaChange]?
    /// The columns of all files of an incremental or partitioned table; `nil` if they are ``schema``.
    package let storedSchema: StoredSchema?

    /// The state of the source in the extraction's own snapshot.
    package struct Origin: Hashable, Sendable, Codable {
        /// `sqlite`, `mysql` or `mariadb`, with the version.
        package let system: String
        /// Changes whenever the source may have changed; `nil` if the source cannot tell.
        package let fingerprint: String?
        /// `COUNT(*)` of what was read, in the very snapshot that it was read from.
        package let rows: Int64?
        package let readAt: Timestamp
        /// Seconds by which the source's wall clock was ahead of UTC; `nil` if that was not asked.
        package let utcOffset: Int?
        /// What the source computed of the columns in the same snapshot, if that was asked for.
        package let checksums: [ColumnChecksum]?
        /// How consistent the reading was and what could not be seen, in sentences.
        package let remarks: [String]?

        package init(
            system: String, fingerprint: String?, rows: Int64?, readAt: Timestamp,
            utcOffset: Int? = nil, checksums: [ColumnChecksum]? = nil, remarks: [String]? = nil
        ) {
            self.system = system
            self.fingerprint = fingerprint
            self.rows = rows
            self.readAt = readAt
            self.utcOffset = utcOffset
            self.checksums = checksums
            self.remarks = remarks
        }
    }

    package init(
        asset: AssetKey, ingestionDate: Day, mode: ExtractionMode, run: RunID, epoch: LeaseEpoch,
        committedAt: Timestamp, files: [DataFile], schema: [ColumnSchema], key: [String],
        isKeyUnique: Bool = false,
        cursor: String?, conversions: [Conversion], origin: Origin, schemaChanges: [SchemaChange]? = nil,
        storedSchema: StoredSchema? = nil
    ) {
        self.asset = asset
        self.ingestionDate = ingestionDate
        self.mode = mode
        self.run = run
        self.epoch = epoch
        self.committedAt = committedAt
        self.files = files
        self.schema = schema
        self.key = key
        self.isKeyUnique = isKeyUnique
        self.cursor = cursor
        self.conversions = conversions
        self.origin = origin
        self.schemaChanges = schemaChanges
        self.storedSchema = storedSchema
    }

    /// The same files, kept from everybody with a lower epoch.
    package func raised(to epoch: LeaseEpoch) -> BronzeManifest {
        var copy = self
        copy.epoch = epoch
        return copy
    }

    /// The columns of the table: of all its files, not only of the newest.
    package var tableSchema: [ColumnSchema] {
        mode == .incremental || mode == .partitioned ? storedSchema?.columns ?? schema : schema
    }

    package var rows: Int64 { files.reduce(0) { $0 + $1.rows } }
    package var bytes: ByteCount { files.reduce(ByteCount(0)) { $0 + $1.bytes } }
}

/// What of a table is read every time.
package enum ExtractionMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// All of it.
    case full
    /// From its watermark on.
    case incremental
    /// The input files that are new or have changed.
    case files
    /// The rows of the partitions that are asked for.
    case partitioned
}

/// Which version of a silver or gold table is current; `_manifest.json` in its folder. Replacing it
/// publishes.
package struct TableManifest: Hashable, Sendable, Codable {
    package static let currentFormat = 1

    package var format = TableManifest.currentFormat
    package let asset: AssetKey
    package let run: RunID
    package private(set) var epoch: LeaseEpoch
    package let publishedAt: Timestamp
    /// What the rows are a pure function of, digested: code, engine and the versions of all inputs. Two
    /// tables of one version have the same rows.
    package let version: String
    /// Digest of the syntax tree, the checks and the materialization.
    package let codeHash: String
    /// `duckdb 1.5.5`.
    package let engine: String
    /// The version of every asset that was read.
    package let inputs: [Input]
    package let files: [DataFile]
    package let schema: [ColumnSchema]
    package let checks: [CheckResult]
    package let seconds: Double
    /// Earlier versions whose files are kept for readers in flight and for rollback, newest first.
    package let kept: [RunID]
    /// With which other tables it becomes visible; `nil` if it does by itself.
    package let group: String?
    /// The SELECT that the table is, if it is a view, which has no files.
    package let view: String?
    /// How the table is divided; `nil` if it is one file.
    package let partitioning: Partitioning?
    /// Files of partitions that were replaced, kept for readers in flight.
    package let retired: [Retired]?
    /// The last change that broke a public table's columns, as long as its definition still gives the reason.
    package let breaking: Breaking?
    /// The states of followed inputs that its partitions are made from or were compared with; `nil` if it
    /// follows none.
    package let followed: [FollowedState]?

    /// A state of an input, by its files, so that a later one can be compared with it.
    package struct FollowedState: Hashable, Sendable, Codable {
        package let asset: AssetKey
        package let version: String
        /// The files with its rows, relative to the lake.
        package let files: [String]
        /// The file with the keys of rows in the first file that no longer counted; `nil` if all did.
        package let keys: String?
        /// The column of ``keys``.
        package let keyColumn: String?

        package init(
            asset: AssetKey, version: String, files: [String], keys: String? = nil, keyColumn: String? = nil
        ) {
            self.asset = asset
            self.version = version
            self.files = files
            self.keys = keys
            self.keyColumn = keyColumn
        }
    }

    /// A change of a public table's columns that was meant.
    package struct Breaking: Hashable, Sendable, Codable {
        package let reason: String
        /// In words.
        package let changes: [String]
        /// Which published it.
        package let run: RunID

        package init(reason: String, changes: [String], run: RunID) {
            self.reason = reason
            self.changes = changes
            self.run = run
        }
    }

    package struct Partitioning: Hashable, Sendable, Codable {
        /// The scheme in words, without where it begins and ends: tables of another share no partition.
        package let scheme: String
        /// The names of folders, `day` of `day=2026-11-22`: one for each dimension.
        package let folders: [String]

        package init(scheme: String, folders: [String]) {
            self.scheme = scheme
            self.folders = folders
        }
    }

    package struct Retired: Hashable, Sendable, Codable {
        package let name: String
        package let at: Timestamp

        package init(name: String, at: Timestamp) {
            self.name = name
            self.at = at
        }
    }

    package struct Input: Hashable, Sendable, Codable {
        package let asset: AssetKey
        package let version: String
        /// The files that it was, relative to the lake, if an incremental table follows their changes.
        package let files: [String]?

        package init(asset: AssetKey, version: String, files: [String]? = nil) {
            self.asset = asset
            self.version = version
            self.files = files
        }
    }

    package init(
        asset: AssetKey, run: RunID, epoch: LeaseEpoch, publishedAt: Timestamp, version: String,
        codeHash: String,
        engine: String, inputs: [Input], files: [DataFile], schema: [ColumnSchema], checks: [CheckResult],
        seconds: Double, kept: [RunID], group: String? = nil, view: String? = nil,
        partitioning: Partitioning? = nil, retired: [Retired]? = nil, breaking: Breaking? = nil,
        followed: [FollowedState]? = nil
    ) {
        self.asset = asset
        self.run = run
        self.epoch = epoch
        self.publishedAt = publishedAt
        self.version = version
        self.codeHash = codeHash
        self.engine = engine
        self.inputs = inputs
        self.files = files
        self.schema = schema
        self.checks = checks
        self.seconds = seconds
        self.kept = kept
        self.group = group
        self.view = view
        self.partitioning = partitioning
        self.retired = retired
        self.breaking = breaking
        self.followed = followed
    }

    /// The same files, kept from everybody with a lower epoch.
    package func raised(to epoch: LeaseEpoch) -> TableManifest {
        var copy = self
        copy.epoch = epoch
        return copy
    }

    /// Those of its files that count.
    package var rows: Int64 { files.reduce(0) { $0 + $1.rows - ($1.replaces?.rows ?? 0) } }
    package var bytes: ByteCount { files.reduce(ByteCount(0)) { $0 + $1.bytes } }

    /// Every file that readers need: data and replaced keys.
    package var fileNames: [String] { files.flatMap { [$0.name] + ($0.replaces.map { [$0.keys] } ?? []) } }
}
