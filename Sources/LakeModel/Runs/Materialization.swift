/// The fact that a run has published an asset, or one partition of it.
package struct Materialization: Hashable, Sendable, Codable {
    package let asset: AssetKey
    package let run: RunID
    /// What of the asset was built; `nil` for the whole.
    package let partition: PartitionKey?
    /// What the rows are a function of, digested, as the manifest has it.
    package let version: String
    /// Digest of the code, or for bronze of how the table is declared.
    package let codeHash: String
    package let rows: Int64
    package let bytes: ByteCount
    package let schema: [ColumnSchema]
    /// The version of every asset that was read; empty for bronze.
    package let inputs: [TableManifest.Input]
    package let startedAt: Timestamp
    package let finishedAt: Timestamp

    package init(
        asset: AssetKey, run: RunID, partition: PartitionKey? = nil, version: String, codeHash: String,
        rows: Int64,
        bytes: ByteCount, schema: [ColumnSchema], inputs: [TableManifest.Input], startedAt: Timestamp,
        finishedAt: Timestamp
    ) {
        self.asset = asset
        self.run = run
        self.partition = partition
        self.version = version
        self.codeHash = codeHash
        self.rows = rows
        self.bytes = bytes
        self.schema = schema
        self.inputs = inputs
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    /// How long it took.
    package var seconds: Double { (finishedAt - startedAt).seconds }
}

/// The fact that a run has found an asset to be what it would build again, without building it.
package struct Verification: Hashable, Sendable, Codable {
    package let asset: AssetKey
    package let run: RunID
    package let verifiedAt: Timestamp

    package init(asset: AssetKey, run: RunID, verifiedAt: Timestamp) {
        self.asset = asset
        self.run = run
        self.verifiedAt = verifiedAt
    }
}

/// One comparison of a bronze table with its source, as it is kept for the history.
package struct ReconciliationRecord: Hashable, Sendable, Codable {
    package let asset: AssetKey
    /// The run that compared; `nil` for a comparison outside of runs.
    package let run: RunID?
    package let comparedAt: Timestamp
    package let measure: Measure
    /// What the source says: rows, or the newest cursor value in microseconds. `nil` if it could not be
    /// asked.
    package let source: Int64?
    /// What the lake says.
    package let lake: Int64?
    /// What was allowed, in the unit of the measure: a ratio of rows (0.01 is 1 %), or seconds.
    package let tolerance: Double
    /// What was found, in the same unit.
    package let drift: Double?
    package let verdict: Verdict
    /// A sentence for people; it holds no row values.
    package let detail: String

    /// What is compared.
    package enum Measure: String, Hashable, Sendable, Codable, CaseIterable {
        case rowCount = "row_count"
        case watermark
    }

    package enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
        case passed, failed
        /// The source or the lake could not be asked.
        case unknown
    }

    package init(
        asset: AssetKey, run: RunID?, comparedAt: Timestamp, measure: Measure, source: Int64?, lake: Int64?,
        tolerance: Double, drift: Double?, verdict: Verdict, detail: String = ""
    ) {
        self.asset = asset
        self.run = run
        self.comparedAt = comparedAt
        self.measure = measure
        self.source = source
        self.lake = lake
        self.tolerance = tolerance
        self.drift = drift
        self.verdict = verdict
        self.detail = boundedText(detail, bytesMax: 1_000)
    }
}
