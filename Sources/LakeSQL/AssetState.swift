package import LakeModel
package import LakeStore

/// What is published of an asset at one moment: its version, and the SQL that reads exactly that.
package struct AssetState: Hashable, Sendable {
    package let key: AssetKey
    /// Two states of one version have the same rows.
    package let version: String
    /// A SELECT of the current rows.
    package let select: String
    /// What ``select`` names, if it is a view on other assets.
    package let reads: [AssetState]
    /// The files that hold its rows, relative to the lake.
    package let paths: [LakePath]
    /// Every object that its SELECTs name, those of ``reads`` left out; before they run, it must be
    /// prepared by the store.
    package let objects: [LakePath]
    /// What can be told of its changes from its files.
    package let growth: Growth
    /// For bronze that was read with its history, a SELECT of every row of every partition with its
    /// `ingestion_date`; otherwise `nil`.
    package let selectAll: String?
    /// A SELECT of the lines of input files that are no rows; `nil` if there are none.
    package let selectBad: String?
    package let schema: [ColumnSchema]
    package let run: RunID
    package let publishedAt: Timestamp
    /// Rows in its files; of an incremental table more than its current rows.
    package let storedRows: Int64
    package let bytes: ByteCount
    package let files: Int
    /// Of the audit before it was published; empty for bronze.
    package let checks: [CheckResult]
    /// The version of each of its partitions; empty if it has none.
    package let partitions: [PartitionKey: String]
    /// What the newest extraction changed on the way; empty for silver and gold.
    package let conversions: [Conversion]

    /// How the files of a state differ from those of an earlier one.
    package enum Growth: Hashable, Sendable {
        /// Its rows are those of its files: what is in no file of the other state came or went.
        case files
        /// Files are only added; of rows with one key that of the latest file counts.
        case appended(key: [String])
        /// Of the first file rows are replaced. It has been the table of this version.
        case replaced(ReplacedRows, since: String)
        /// Nothing can be told.
        case opaque
    }

    /// - Parameter reads: The states of a view's inputs; nothing of a table's.
    init(_ key: AssetKey, _ manifest: TableManifest, reads: [AssetState] = [], url: (LakePath) -> String) {
        self.key = key
        self.reads = reads
        let folder = LakeLayout.folder(of: key)
        var objects: [LakePath] = []
        paths = manifest.files.map { folder.appending($0.name) }
        growth = AssetState.growth(of: manifest)
        if let view = manifest.view {
            // A view is another one as soon as something that it reads is.
            let versions = reads.map { "\($0.key) \($0.version)" }.sorted()
            version = hexadecimalDigest(
                of: ([manifest.codeHash, manifest.engine] + versions).joined(separator: "\n"))
            select = "\n\(view)\n"
        } else {
            version = manifest.version
            select = AssetState.select(manifest.files) { name in
                objects.append(folder.appending(name))
                return url(folder.appending(name))
            }
        }
        self.objects = objects
        selectAll = nil
        selectBad = nil
        schema = manifest.schema
        run = manifest.run
        publishedAt = manifest.publishedAt
        storedRows = manifest.rows
        bytes = manifest.bytes
        files = manifest.files.count
        checks = manifest.checks
        partitions = AssetState.partitions(manifest.files)
        conversions = []
    }

    /// Of a published table that is no view.
    package init(of manifest: TableManifest, in store: any ObjectStore) {
        precondition(manifest.view == nil, "A view is what its inputs are.")
        self.init(manifest.asset, manifest, url: store.readableURL)
    }

    private static func growth(of manifest: TableManifest) -> Growth {
        guard manifest.view == nil else { return .opaque }
        guard let increment = manifest.files.dropFirst().first, let replaced = increment.replaces else {
            return .files
        }
        guard manifest.files.count == 2, let since = manifest.files[0].version else { return .opaque }
        return .replaced(replaced, since: since)
    }

    /// All rows of `files`, less those that a later one of them replaces.
    private static func select(_ files: [DataFile], url: (String) -> String) -> String {
        guard files.contains(where: { $0.replaces != nil }) else {
            return "SELECT * FROM \(parquet(files.map { url($0.name) }))"
        }
        var select = ""
        for file in files {
            if let replaced = file.replaces {
                let keys = parquet([url(replaced.keys)])
                select =
                    "SELECT * FROM (\(select)) ANTI JOIN \(keys) USING (\(quotedIdentifier(replaced.column)))"
            }
            let rows = "SELECT * FROM \(parquet([url(file.name)]))"
            select = select.isEmpty ? rows : "\(select) UNION ALL BY NAME \(rows)"
        }
        return select
    }

    /// - Parameter history: The manifests of all days, for who reads `__all`; the version then stands for
    ///   them too.
    init(
        _ key: AssetKey, _ bronze: CurrentBronze, history: [BronzeManifest]?,
        url readable: (LakePath) -> String
    ) {
        self.key = key
        reads = []
        var objects: [LakePath] = []
        func url(_ path: LakePath) -> String {
            objects.append(path)
            return readable(path)
        }
        paths = bronze.files.map(\.path)
        growth =
            switch bronze.mode {
            case .full, .partitioned: .files
            case .incremental: .appended(key: bronze.newest.key)
            // A file of the source that is read again takes rows away from those before.
            case .files: .opaque
            }
        let urls = bronze.files.map { url($0.path) }
        let folder = LakeLayout.folder(of: key)
        let all = history?.flatMap { manifest in
            manifest.files.map { file in
                url(folder.appending("ingestion_date=\(manifest.ingestionDate)").appending(file.name))
            }
        }
        version =
            all.map { hexadecimalDigest(of: ([bronze.version] + $0).joined(separator: "\n")) }
            ?? bronze.version
        select = AssetState.select(bronze, urls)
        selectAll = history.map { AssetState.selectAll($0, all ?? []) }
        let superseded = bronze.supersededInputs
        let bad = bronze.files.enumerated().compactMap { index, file in
            file.file.quarantine.flatMap { LakePath($0.path) }.map { (url($0), superseded[index]) }
        }
        selectBad =
            bad.isEmpty ? nil : AssetState.selectOfInputs(bad.map(\.0), bad.map(\.1), fileColumn: "file")
        self.objects = objects
        schema = bronze.schema
        run = bronze.newest.run
        publishedAt = bronze.newest.committedAt
        storedRows = bronze.rows
        bytes = bronze.bytes
        files = bronze.files.count
        checks = []
        partitions = AssetState.partitions(bronze.files.map(\.file))
        conversions = bronze.newest.conversions
    }

    private static func partitions(_ files: [DataFile]) -> [PartitionKey: String] {
        var versions: [PartitionKey: String] = [:]
        for file in files {
            if let key = file.partition { versions[key] = file.version ?? file.sha256 ?? file.name }
        }
        return versions
    }

    /// The newest row of each key.
    ///
    /// A later file was read later, so of one key its row is the newer one, whatever the cursor says. Where
    /// the source keeps the key unique, the first file (usually by far the largest) is only freed of the
    /// keys that came again, which streams; the small rest is ranked. Otherwise everything is ranked.
    private static func select(_ bronze: CurrentBronze, _ urls: [String]) -> String {
        if bronze.mode == .files {
            return selectOfInputs(urls, bronze.supersededInputs, fileColumn: InputFile.pathColumn)
        }
        guard bronze.mode == .incremental || bronze.mode == .partitioned,
            let stored = bronze.newest.storedSchema
        else {
            return selectStored(bronze, urls, hasMixedTypes: false)
        }
        let columns = stored.columns.map {
            "CAST(\(quotedIdentifier($0.name)) AS \($0.type)) AS \(quotedIdentifier($0.name))"
        }
        return """
            SELECT \(columns.joined(separator: ", ")) \
            FROM (\(selectStored(bronze, urls, hasMixedTypes: stored.hasMixedTypes)))
            """
    }

    /// - Parameter hasMixedTypes: Whether the files are to be read all at once, so that DuckDB unites their
    ///   types in the order in which it was made sure that nothing is lost.
    private static func selectStored(
        _ bronze: CurrentBronze, _ urls: [String], hasMixedTypes: Bool
    ) -> String {
        let key = bronze.newest.key.map(quotedIdentifier).joined(separator: ", ")
        if bronze.mode == .full || bronze.mode == .partitioned || key.isEmpty
            || urls.count == 1 && bronze.newest.isKeyUnique
        {
            return "SELECT * FROM \(parquet(urls))"
        }
        guard bronze.newest.isKeyUnique, !hasMixedTypes else {
            let cursor = bronze.newest.cursor.map { "\(quotedIdentifier($0)) DESC NULLS LAST, " } ?? ""
            return """
                SELECT * EXCLUDE (__file, __row) FROM (SELECT *, file_index AS __file, file_row_number AS __row \
                FROM \(parquet(urls))) QUALIFY row_number() OVER (PARTITION BY \(key) \
                ORDER BY __file DESC, \(cursor)__row DESC) = 1
                """
        }
        let first = parquet(Array(urls.prefix(1)))
        let later = parquet(Array(urls.dropFirst()))
        return """
            SELECT * FROM \(first) ANTI JOIN (SELECT \(key) FROM \(later)) USING (\(key)) \
            UNION ALL BY NAME SELECT * EXCLUDE (__file) FROM (SELECT *, file_index AS __file FROM \(later)) \
            QUALIFY row_number() OVER (PARTITION BY \(key) ORDER BY __file DESC) = 1
            """
    }

    /// The rows of the newest version of each input file, or of all versions where none supersedes another.
    ///
    /// - Parameters:
    ///   - superseded: For each of `urls` the input files of which its rows no longer count.
    ///   - fileColumn: The column that names the input file of a row.
    private static func selectOfInputs(
        _ urls: [String], _ superseded: [Set<String>], fileColumn: String
    ) -> String {
        let old = superseded.enumerated().compactMap { index, paths -> String? in
            guard !paths.isEmpty else { return nil }
            let list = paths.sorted().map(quotedLiteral).joined(separator: ", ")
            return "__file = \(index) AND \(quotedIdentifier(fileColumn)) IN (\(list))"
        }
        guard !old.isEmpty else { return "SELECT * FROM \(parquet(urls))" }
        return """
            SELECT * EXCLUDE (__file) FROM (SELECT *, file_index AS __file FROM \(parquet(urls))) \
            WHERE NOT (\(old.joined(separator: " OR ")))
            """
    }

    /// Every row of every day.
    ///
    /// Snapshots of different days may have types that DuckDB would unite with a loss, or could not unite at
    /// all: what no type holds becomes text.
    private static func selectAll(_ history: [BronzeManifest], _ urls: [String]) -> String {
        let types = "{'ingestion_date': DATE}"
        let schemas = history.map(\.tableSchema)
        var whole = StoredSchema(columns: [])
        var texts: Set<String> = []
        var hasOneType = true
        for schema in schemas {
            let (next, conflicts) = whole.adding(schema)
            texts.formUnion(conflicts.map { $0.column.lowercased() })
            let known = Set(whole.columns)
            hasOneType =
                hasOneType && conflicts.isEmpty && !next.hasMixedTypes && known.isSubset(of: next.columns)
            whole = next
        }
        // DuckDB 1.5 fails on min and max of a column that is the name of a folder; of a value that is made
        // from it, it does not, and leaves out files all the same.
        let rows = "SELECT * REPLACE (greatest(ingestion_date) AS ingestion_date) FROM"
        guard !hasOneType else { return "\(rows) \(parquet(urls, hiveTypes: types))" }
        // The first names the types to which the columns of each group of files are cast.
        var parts = [
            "SELECT "
                + whole.columns.map {
                    let type = texts.contains($0.name.lowercased()) ? "VARCHAR" : $0.type
                    return "CAST(NULL AS \(type)) AS \(quotedIdentifier($0.name))"
                }.joined(separator: ", ") + " WHERE false"
        ]
        var rest = urls[...]
        var group: [String] = []
        for (index, manifest) in history.enumerated() {
            group += rest.prefix(manifest.files.count)
            rest = rest.dropFirst(manifest.files.count)
            if index + 1 < history.count, schemas[index + 1] == schemas[index] { continue }
            if !group.isEmpty { parts.append("\(rows) \(parquet(group, hiveTypes: types))") }
            group = []
        }
        return parts.joined(separator: " UNION ALL BY NAME ")
    }

    /// The folder's name `ingestion_date=…` becomes a column only where `hiveTypes` asks for it.
    package static func parquet(_ urls: [String], hiveTypes: String? = nil) -> String {
        let list = urls.map(quotedPath).joined(separator: ", ")
        let union = urls.count > 1 ? ", union_by_name = true" : ""
        let hive =
            hiveTypes.map { ", hive_partitioning = true, hive_types = \($0)" }
            ?? ", hive_partitioning = false"
        return "read_parquet([\(list)]\(union)\(hive))"
    }
}
