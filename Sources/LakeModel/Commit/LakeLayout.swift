/// Where everything is below the lake's root; `docs/architecture.md` has the picture.
package enum LakeLayout {
    package static let manifestName = "_manifest.json"
    package static let system = LakePath.root.appending("_tarn")
    package static let staging = system.appending("staging")
    package static let bronze = LakePath.root.appending("bronze")

    /// `bronze/{source}/{table}`, `silver/{table}` or `gold/{table}`.
    package static func folder(of asset: AssetKey) -> LakePath {
        switch asset {
        case .bronze(let source, let table): bronze.appending(source.text).appending(table.text)
        case .silver(let table): LakePath.root.appending("silver").appending(table.text)
        case .gold(let table): LakePath.root.appending("gold").appending(table.text)
        }
    }

    /// The manifest of a silver or gold table.
    package static func manifest(of asset: AssetKey) -> LakePath { folder(of: asset).appending(manifestName) }

    /// The bytes for whoever reads a silver or gold table by path.
    package static func latest(of asset: AssetKey) -> LakePath {
        folder(of: asset).appending("latest.parquet")
    }

    /// The version of a silver or gold table that `run` built.
    package static func version(of asset: AssetKey, run: RunID) -> LakePath {
        versions(of: asset).appending("\(run).parquet")
    }

    /// The rows that `run` put in the place of others, and the keys of those.
    package static func increment(of asset: AssetKey, run: RunID) -> (rows: LakePath, keys: LakePath) {
        let folder = versions(of: asset)
        return (folder.appending("\(run).delta.parquet"), folder.appending("\(run).keys.parquet"))
    }

    /// The version of one partition of it.
    package static func version(of asset: AssetKey, run: RunID, partition: PartitionKey) -> LakePath {
        versions(of: asset).appending("\(run).p-\(partition.fileName).parquet")
    }

    /// The bytes of a partition for whoever reads a partitioned table by path:
    /// `gold/revenue/day=2026-11-22/latest.parquet`.
    package static func latest(
        of asset: AssetKey, partition: PartitionKey, _ partitioning: TableManifest.Partitioning
    ) -> LakePath {
        let values =
            partitioning.folders.count == 1
            ? [partition.text[...]] : partition.text.split(separator: "|", maxSplits: 1)
        let folder = zip(partitioning.folders, values).reduce(folder(of: asset)) { folder, part in
            folder.appending(
                "\(PartitionKey(known: part.0).folderValue)=\(PartitionKey(known: String(part.1)).folderValue)"
            )
        }
        return folder.appending("latest.parquet")
    }

    package static func versions(of asset: AssetKey) -> LakePath { folder(of: asset).appending("_runs") }

    /// The folder in which `run` writes what is not yet visible.
    package static func staging(of run: RunID) -> LakePath { staging.appending(run.text) }

    /// The staged file of one asset of `run`.
    package static func staged(_ asset: AssetKey, of run: RunID) -> LakePath {
        staging(of: run).appending("\(asset).parquet")
    }

    /// The staged file of one partition of an asset of `run`.
    package static func staged(_ asset: AssetKey, of run: RunID, partition: PartitionKey) -> LakePath {
        staging(of: run).appending("\(asset).p-\(partition.fileName).parquet")
    }

    /// The staged keys whose rows an increment of an asset replaces.
    package static func stagedKeys(_ asset: AssetKey, of run: RunID) -> LakePath {
        staging(of: run).appending("\(asset).keys.parquet")
    }

    /// What of the input files of an asset is no row.
    package static func stagedBadRows(_ asset: AssetKey, of run: RunID) -> LakePath {
        staging(of: run).appending("\(asset).bad.parquet")
    }

    /// What readers see of tables that are published together.
    package static func group(_ name: String) -> LakePath {
        system.appending("groups").appending("\(name).json")
    }

    package static func watermark(_ source: SourceName, _ table: TableName) -> LakePath {
        system.appending("watermarks").appending(source.text).appending("\(table).json")
    }

    package static func reconciliation(_ source: SourceName, _ table: TableName, on day: Day) -> LakePath {
        system.appending("reconciliation").appending(source.text).appending(table.text).appending(
            "\(day).json")
    }

    /// Lines of input files that `run` could not read as rows of the table.
    package static func quarantine(
        _ source: SourceName, _ table: TableName, run: RunID, part: Int = 1
    ) -> LakePath {
        system.appending("quarantine").appending(source.text).appending(table.text).appending(
            "\(run)\(part == 1 ? "" : ".\(part)").parquet")
    }

    /// Some of the rows that broke a check of an asset when it last failed.
    ///
    /// - Parameter check: Its name; letters, digits and `_` of it are kept.
    package static func sample(of asset: AssetKey, check: String) -> LakePath {
        system.appending("checks").appending(asset.description).appending("\(fileName(of: check)).parquet")
    }

    /// The same rows while `run` is at work.
    package static func stagedSample(of asset: AssetKey, check: String, run: RunID) -> LakePath {
        staging(of: run).appending("\(asset).check-\(fileName(of: check)).parquet")
    }

    private static func fileName(of check: String) -> String {
        String(check.prefix(120).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "-" })
    }
}
