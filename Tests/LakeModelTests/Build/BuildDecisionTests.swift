import LakeModel
import Testing

@Suite struct `A decision for a model` {
    private let engine = "duckdb v1"

    private func decide(
        _ change: (inout (code: String, engine: String, inputs: [AssetKey: String?])) throws -> Void = { _ in
        },
        isForced: Bool = false
    ) throws -> BuildDecision {
        var now: (code: String, engine: String, inputs: [AssetKey: String?]) =
            ("c", engine, [try key("bronze_v3.a"): "v1", try key("silver.b"): "v7"])
        try change(&now)
        return .forModel(
            current: try published(), code: now.code, engine: now.engine, inputs: now.inputs,
            isForced: isForced)
    }

    private func published() throws -> TableManifest {
        TableManifest(
            asset: try key("silver.m"), run: try #require(RunID("r1")), epoch: .first,
            publishedAt: Timestamp(microseconds: 0), version: "v", codeHash: "c", engine: engine,
            inputs: [
                .init(asset: try key("bronze_v3.a"), version: "v1"),
                .init(asset: try key("silver.b"), version: "v7"),
            ], files: [], schema: [], checks: [], seconds: 0, kept: [])
    }

    @Test func `is to skip if nothing that it is a function of changed`() throws {
        #expect(try decide() == .skip(.unchanged(since: #require(RunID("r1")))))
    }

    @Test func `is to build with every reason, in order`() throws {
        let decision = try decide {
            $0 = (
                "c2", "duckdb v2",
                [try key("bronze_v3.a"): "v2", try key("silver.b"): nil, try key("silver.new"): "v1"]
            )
        }
        #expect(
            try decision
                == .build([
                    .codeChanged, .engineChanged(from: "duckdb v1", to: "duckdb v2"),
                    .inputChanged(key("bronze_v3.a")),
                    .inputMayChange(key("silver.b")), .inputChanged(key("silver.new")),
                ]))
    }

    @Test func `is to build what was never built, and what is forced`() throws {
        #expect(
            BuildDecision.forModel(current: nil, code: "c", engine: engine, inputs: [:], isForced: false)
                == .build([.neverBuilt]))
        #expect(try decide(isForced: true) == .build([.forced]))
        #expect(try decide({ $0.code = "x" }, isForced: true) == .build([.codeChanged]))
    }
}

@Suite struct `A decision for a table of a source` {
    private func current(fingerprint: String?, key columns: [String] = ["id"]) throws -> BronzeManifest {
        BronzeManifest(
            asset: try key("bronze_v3.a"), ingestionDate: Day(daysSinceEpoch: 1), mode: .incremental,
            run: try #require(RunID("r1")), epoch: .first, committedAt: Timestamp(microseconds: 0), files: [],
            schema: [],
            key: columns, cursor: "at", conversions: [],
            origin: .init(system: "s", fingerprint: fingerprint, rows: 0, readAt: Timestamp(microseconds: 0)))
    }

    @Test(
        arguments: [
            ("f1", "f1", BuildDecision?.none), ("f1", "f2", .build([.sourceChanged])),
            (nil, "f1", .build([.sourceChanged])), ("f1", nil, .build([.sourceMayHaveChanged])),
            (nil, nil, .build([.sourceMayHaveChanged])),
        ] as [(String?, String?, BuildDecision?)])
    func `depends on the fingerprint`(before: String?, now: String?, expected: BuildDecision?) throws {
        let decision = BuildDecision.forTable(
            current: try current(fingerprint: before), mode: .incremental, key: [], cursor: "at",
            fingerprint: now,
            isForced: false)
        #expect(try decision == expected ?? .skip(.unchanged(since: #require(RunID("r1")))))
    }

    @Test func `is to build when mode, cursor or a declared key changed`() throws {
        func decide(mode: ExtractionMode = .incremental, key: [String] = ["id"], cursor: String = "at") throws
            -> BuildDecision
        {
            .forTable(
                current: try current(fingerprint: "f"), mode: mode, key: key, cursor: cursor,
                fingerprint: "f",
                isForced: false)
        }
        #expect(try decide(mode: .full) == .build([.codeChanged]))
        #expect(try decide(cursor: "other") == .build([.codeChanged]))
        #expect(try decide(key: ["other"]) == .build([.codeChanged]))
        #expect(try decide() == .skip(.unchanged(since: #require(RunID("r1")))))
    }
}
