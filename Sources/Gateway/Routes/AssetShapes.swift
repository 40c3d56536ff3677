internal import LakeModel
internal import LakeSQL
internal import Metadata
internal import Project
internal import Transform

/// An asset in a list.
struct AssetJSON: Described {
    let asset: String
    let layer: String
    let description: String?
    let tags: [String]
    let inputs: [String]
    let rows: Int64?
    let bytes: Int64?
    let files: Int?
    let run: String?
    let publishedAt: String?
    let version: String?
    /// How old it may be, in words.
    let freshness: String?

    static let schemaName = "Asset"
    static let schema = Schema.object(
        "A table of the lake. What is known only of one that was built is missing before.",
        [
            "asset": .text("Its name."), "layer": .choice(of: Layer.self), "tags": .list(of: .text()),
            "inputs": .list(of: .text(), "What it is made from."),
        ],
        optional: [
            "description": .text(), "rows": .integer("Stored rows."), "bytes": .integer(),
            "files": .integer(), "run": .text("The run that published it."), "published_at": .instant(),
            "version": .text("The same version means the same rows."),
            "freshness": .text("How old it may be, in words."),
        ])

    init(_ key: AssetKey, _ graph: LakeGraph, _ state: AssetState?, _ policy: FreshnessPolicy?) {
        asset = key.description
        layer = key.layer.rawValue
        description = graph.tables[key]?.definition.description ?? graph.models[key]?.definition.description
        tags = graph.assets.node(key)?.tags.sorted() ?? []
        inputs = graph.assets.inputs(of: key).sorted().map(\.description)
        rows = state?.storedRows
        bytes = state?.bytes.bytes
        files = state?.files
        run = state?.run.text
        publishedAt = state?.publishedAt.description
        version = state?.version
        freshness = policy?.description
    }
}

struct AssetPageJSON: Described {
    let assets: [AssetJSON]
    let nextCursor: String?

    static let schemaName = "AssetPage"
    static let schema = Schema.object(
        "", ["assets": .list(of: .named(AssetJSON.self))],
        optional: ["next_cursor": .text("Ask with it for the next page; missing on the last.")])
}

/// Everything that is known of an asset.
struct AssetDetailsJSON: Described {
    let asset: AssetJSON
    let columns: [Column]
    let upstream: [String]
    let downstream: [String]
    let readers: [String]
    let checks: [CheckJSON]
    let materializations: [MaterializationJSON]
    let reconciliations: [ReconciliationJSON]
    let freshness: FreshnessJSON?
    let verifiedAt: String?

    struct Column: Encodable, Sendable {
        let name: String
        let type: String
        let description: String?
    }

    static let schemaName = "AssetDetails"
    static let schema = Schema.object(
        "Everything that is known of an asset.",
        [
            "asset": .named(AssetJSON.self),
            "columns": .list(
                of: .object(["name": .text(), "type": .text()], optional: ["description": .text()])),
            "upstream": .list(of: .text(), "All that it is made from, near and far."),
            "downstream": .list(of: .text(), "All that is made from it, near and far."),
            "readers": .list(of: .text(), "What reads it directly."),
            "checks": .list(of: .named(CheckJSON.self)),
            "materializations": .list(of: .named(MaterializationJSON.self), "The newest ten."),
            "reconciliations": .list(of: .named(ReconciliationJSON.self), "The newest ten comparisons."),
        ],
        optional: [
            "freshness": .named(FreshnessJSON.self),
            "verified_at": .instant("When it was last published, or found to need no building."),
        ])
}

struct CheckJSON: Described {
    let check: String
    let severity: String
    let failures: Int64?

    static let schemaName = "Check"
    static let schema = Schema.object(
        "A rule that the table must meet.",
        ["check": .text(), "severity": .choice(of: Check.Severity.self)],
        optional: [
            "failures": .integer("Rows that break it, at the last audit; missing before the first.")
        ])
}

struct MaterializationJSON: Described {
    let run: String
    let partition: String?
    let version: String
    let rows: Int64
    let bytes: Int64
    let startedAt: String
    let finishedAt: String

    static let schemaName = "Materialization"
    static let schema = Schema.object(
        "That a run has published an asset.",
        [
            "run": .text(), "version": .text(), "rows": .integer(), "bytes": .integer(),
            "started_at": .instant(), "finished_at": .instant(),
        ], optional: ["partition": .text()])

    init(_ one: Materialization) {
        run = one.run.text
        partition = one.partition?.text
        version = one.version
        rows = one.rows
        bytes = one.bytes.bytes
        startedAt = one.startedAt.description
        finishedAt = one.finishedAt.description
    }
}

struct ReconciliationJSON: Described {
    let comparedAt: String
    let measure: String
    let source: Int64?
    let lake: Int64?
    let tolerance: Double
    let drift: Double?
    let verdict: String
    let detail: String

    static let schemaName = "Reconciliation"
    static let schema = Schema.object(
        "A comparison with the source.",
        [
            "compared_at": .instant(), "measure": .choice(of: ReconciliationRecord.Measure.self),
            "tolerance": .number(), "verdict": .choice(of: ReconciliationRecord.Verdict.self),
            "detail": .text(),
        ], optional: ["source": .integer(), "lake": .integer(), "drift": .number()])

    init(_ record: ReconciliationRecord) {
        comparedAt = record.comparedAt.description
        measure = record.measure.rawValue
        source = record.source
        lake = record.lake
        tolerance = record.tolerance
        drift = record.drift
        verdict = record.verdict.rawValue
        detail = record.detail
    }
}

struct FreshnessJSON: Described {
    let asset: String
    let policy: String
    let maxAgeSeconds: Int64
    /// Since it was last published or found unchanged.
    let ageSeconds: Int64?
    let isTooOld: Bool
    let place: String

    static let schemaName = "Freshness"
    static let schema = Schema.object(
        "How old an asset may be, and is.",
        [
            "asset": .text(), "policy": .text("In words."), "max_age_seconds": .integer(),
            "is_too_old": .bool("Whether it is older than that now, or was never built."),
            "place": .text("Where that stands."),
        ], optional: ["age_seconds": .integer("Missing if it was never built.")])

    init(_ key: AssetKey, _ policy: FreshnessPolicy, proven: Timestamp?, at now: Timestamp) {
        asset = key.description
        self.policy = policy.description
        maxAgeSeconds = policy.ageMax.components.seconds
        ageSeconds = proven.map { (now - $0).components.seconds }
        isTooOld = proven.map { now - $0 > policy.ageMax } ?? true
        place = policy.place.description
    }
}
