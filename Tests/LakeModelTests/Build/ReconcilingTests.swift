import LakeModel
import Testing

@Suite struct `A comparison of row counts` {
    @Test(arguments: [
        (100, 100, 0.0, 0.0, ReconciliationRecord.Verdict.passed), (100, 99, 0.01, 0.01, .passed),
        (100, 98, 0.01, 0.02, .failed), (100, 102, 0.01, 0.02, .failed), (0, 0, 0.0, 0.0, .passed),
        (0, 1, 0.5, 1.0, .failed), (100, 0, 0.99, 1.0, .failed), (1, 0, 1.0, 1.0, .passed),
    ])
    func `is judged by the share of the source's rows`(
        source: Int64, bronze: Int64, tolerance: Double, drift: Double, verdict: ReconciliationRecord.Verdict
    ) throws {
        let record = ReconciliationRecord.ofRowCounts(
            asset: try key("bronze_v3.a"), run: nil, comparedAt: Timestamp(microseconds: 0),
            sourceRows: source,
            bronzeRows: bronze, tolerance: tolerance)
        #expect(record.drift == drift)
        #expect(record.verdict == verdict)
        #expect(record.detail.contains("fewer") == (bronze < source))
        #expect(record.detail.contains("more rows") == (bronze > source))
    }
}
