package import LakeModel
internal import LakeStore

/// What is published of an asset at one moment: its version, and the SQL that reads exactly that.
package struct AssetState: Hashable, Sendable {
    package let key: AssetKey
    /// Two states of one version have the same rows.
    package let version: String
    /// A SELECT of the current rows.
    package let select: String
    /// For bronze that was read with its history, a SELECT of every row of every partition with its
    /// `ingestion_date`; otherwise `nil`.
    package let selectAll: String?
    package let schema: [ColumnSchema]
    package let run: RunID
    package let publishedAt: Timestamp
    /// Rows in its files; of an incremental table more than its current rows.
    package let storedRows: Int64
    package let bytes: ByteCount
    package let files: Int
    /// Of the audit before it was published; empty for bronze.
    package let checks: [CheckResult]
    /// What the newest extraction changed on the way; empty for silver and gold.
    package let conversions: [Conversion]

    init(_ key: AssetKey, _ manifest: TableManifest, url: (LakePath) -> String) {
        self.key = key
        version = manifest.version
        let folder = LakeLayout.folder(of: key)
        select = "SELECT * FROM \(AssetState.parquet(manifest.files.map { url(folder.appending($0.name)) }))"
        selectAll = nil
        schema = manifest.schema
        run = manifest.run
        publishedAt = manifest.publishedAt
        storedRows = manifest.rows
        bytes = manifest.bytes
        files = manifest.files.count
        checks = manifest.checks
        conversions = []
    }

    /// - Parameter history: The manifests of all days, for who reads `__all`; the version then stands for
    ///   them too.
    init(
        _ key: AssetKey, _ bronze: CurrentBronze, history: [BronzeManifest]?, url: (LakePath) -> String
    ) {
        self.key = key
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
        selectAll = all.map {
            "SELECT * FROM \(AssetState.parquet($0, hiveTypes: "{'ingestion_date': DATE}"))"
        }
        schema = bronze.newest.schema
        run = bronze.newest.run
        publishedAt = bronze.newest.committedAt
        storedRows = bronze.rows
        bytes = bronze.bytes
        files = bronze.files.count
        checks = []
        conversions = bronze.newest.conversions
    }

    /// The newest row of each key.
    ///
    /// A later file was read later, so of one key its row is the newer one, whatever the cursor says. Where
    /// the source keeps the key unique, the first file (usually by far the largest) is only freed of the
    /// keys that came again, which streams; the small rest is ranked. Otherwise everything is ranked.
    private static func select(_ bronze: CurrentBronze, _ urls: [String]) -> String {
        if bronze.mode == .files { return selectOfInputs(bronze, urls) }
        let key = bronze.newest.key.map(quotedIdentifier).joined(separator: ", ")
        if bronze.mode == .full || key.isEmpty || urls.count == 1 && bronze.newest.isKeyUnique {
            return "SELECT * FROM \(parquet(urls))"
        }
        guard bronze.newest.isKeyUnique else {
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
    private static func selectOfInputs(_ bronze: CurrentBronze, _ urls: [String]) -> String {
        let old = bronze.supersededInputs.enumerated().compactMap { index, paths -> String? in
            guard !paths.isEmpty else { return nil }
            let list = paths.sorted().map(quotedLiteral).joined(separator: ", ")
            return "__file = \(index) AND \(quotedIdentifier(InputFile.pathColumn)) IN (\(list))"
        }
        guard !old.isEmpty else { return "SELECT * FROM \(parquet(urls))" }
        return """
            SELECT * EXCLUDE (__file) FROM (SELECT *, file_index AS __file FROM \(parquet(urls))) \
            WHERE NOT (\(old.joined(separator: " OR ")))
            """
    }

    /// The folder's name `ingestion_date=…` becomes a column only where `hiveTypes` asks for it.
    private static func parquet(_ urls: [String], hiveTypes: String? = nil) -> String {
        let list = urls.map(quotedLiteral).joined(separator: ", ")
        let union = urls.count > 1 ? ", union_by_name = true" : ""
        let hive =
            hiveTypes.map { ", hive_partitioning = true, hive_types = \($0)" }
            ?? ", hive_partitioning = false"
        return "read_parquet([\(list)]\(union)\(hive))"
    }
}
