/// One day of one bronze table: open on its own day, sealed ever after.
package struct BronzePartition: Hashable, Sendable, CustomStringConvertible {
    package let source: SourceName
    package let table: TableName
    package let ingestionDate: Day

    package init(source: SourceName, table: TableName, ingestionDate: Day) {
        self.source = source
        self.table = table
        self.ingestionDate = ingestionDate
    }

    /// The partition that an object of `path` belongs to, or `nil` if the path is in none.
    package init?(containing path: LakePath) {
        let parts = path.parts
        guard parts.count >= 4, parts[0] == "bronze", let source = SourceName(String(parts[1])),
            let table = TableName(String(parts[2])), parts[3].hasPrefix("ingestion_date="),
            let day = Day(String(parts[3].dropFirst(15)))
        else { return nil }
        self.init(source: source, table: table, ingestionDate: day)
    }

    /// Whether it may be written or deleted on `today`. A partition of a later day is not open either: it
    /// would be sealed before its day came.
    package func isOpen(on today: Day) -> Bool { ingestionDate == today }

    package var asset: AssetKey { .bronze(source, table) }
    package var folder: LakePath { LakeLayout.folder(of: asset).appending("ingestion_date=\(ingestionDate)") }
    package var manifest: LakePath { folder.appending(LakeLayout.manifestName) }

    /// Where the rows of `run` go. The same run overwrites its own file, which makes a retry harmless.
    ///
    /// - Parameter part: From 1; an extraction that commits piece by piece writes several files.
    package func data(of run: RunID, part: Int = 1) -> LakePath {
        folder.appending("\(table)_\(run)\(part == 1 ? "" : ".\(part)").parquet")
    }

    /// Where the rows of one of the table's own partitions go.
    package func data(of run: RunID, partition: PartitionKey) -> LakePath {
        folder.appending("\(table)_\(run).p-\(partition.fileName).parquet")
    }

    package var description: String { "\(asset) of \(ingestionDate)" }
}
