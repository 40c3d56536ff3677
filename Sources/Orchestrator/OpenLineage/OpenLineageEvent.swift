/// A run event as OpenLineage 2-0-2 defines it, with the facets that Tarn fills.
/// https://openlineage.io/spec/2-0-2/OpenLineage.json
struct OpenLineageEvent: Encodable, Sendable {
    let eventType: Kind
    /// RFC 3339.
    let eventTime: String
    let run: Run
    let job: Job
    let inputs: [Dataset]
    let outputs: [Dataset]
    let producer = OpenLineageEvent.producer
    let schemaURL = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"

    static let producer = "https://github.com/tarn-lake/tarn"

    enum Kind: String, Encodable, Sendable {
        case start = "START"
        case running = "RUNNING"
        case complete = "COMPLETE"
        case abort = "ABORT"
        case fail = "FAIL"
        case other = "OTHER"
    }

    struct Run: Encodable, Sendable {
        /// A UUID.
        let runId: String
        let facets: RunFacets
    }

    struct RunFacets: Encodable, Sendable {
        var parent: Parent?
        var errorMessage: ErrorMessage?
        var tarn: Tarn
    }

    struct Job: Encodable, Sendable {
        let namespace: String
        let name: String
        let facets: JobFacets
    }

    struct JobFacets: Encodable, Sendable {
        var jobType: JobType
        var sql: SQL?
    }

    struct Dataset: Encodable, Sendable {
        let namespace: String
        let name: String
        var facets = DatasetFacets()
        var outputFacets: OutputFacets?
    }

    struct DatasetFacets: Encodable, Sendable {
        var schema: Schema?
    }

    struct OutputFacets: Encodable, Sendable {
        var outputStatistics: OutputStatistics
    }

    // MARK: Facets

    struct Parent: Encodable, Sendable {
        let run: RunName
        let job: JobName
        let _producer = OpenLineageEvent.producer
        let _schemaURL =
            "https://openlineage.io/spec/facets/1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet"

        struct RunName: Encodable, Sendable { let runId: String }
        struct JobName: Encodable, Sendable {
            let namespace: String
            let name: String
        }
    }

    struct ErrorMessage: Encodable, Sendable {
        let message: String
        let programmingLanguage = "SQL"
        let _producer = OpenLineageEvent.producer
        let _schemaURL =
            "https://openlineage.io/spec/facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet"
    }

    /// What Tarn itself calls things.
    struct Tarn: Encodable, Sendable {
        let run: String
        /// Of the run in Tarn's log; the events of one run are in this order.
        let sequence: Int64
        /// As in `tarn logs`, such as `step_skipped`.
        let event: String
        let text: String
        var partition: String?
        let _producer = OpenLineageEvent.producer
        let _schemaURL =
            "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunFacet"
    }

    struct JobType: Encodable, Sendable {
        let processingType = "BATCH"
        let integration = "TARN"
        let jobType: String
        let _producer = OpenLineageEvent.producer
        let _schemaURL =
            "https://openlineage.io/spec/facets/2-0-3/JobTypeJobFacet.json#/$defs/JobTypeJobFacet"
    }

    struct SQL: Encodable, Sendable {
        let query: String
        let dialect = "duckdb"
        let _producer = OpenLineageEvent.producer
        let _schemaURL = "https://openlineage.io/spec/facets/1-1-0/SQLJobFacet.json#/$defs/SQLJobFacet"
    }

    struct Schema: Encodable, Sendable {
        let fields: [Field]
        let _producer = OpenLineageEvent.producer
        let _schemaURL =
            "https://openlineage.io/spec/facets/1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet"

        struct Field: Encodable, Sendable {
            let name: String
            let type: String
        }
    }

    struct OutputStatistics: Encodable, Sendable {
        let rowCount: Int64
        let size: Int64
        let _producer = OpenLineageEvent.producer
        let _schemaURL =
            "https://openlineage.io/spec/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json"
            + "#/$defs/OutputStatisticsOutputDatasetFacet"
    }
}
