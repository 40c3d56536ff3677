import Foundation
import LakeModel
import Testing

@Suite struct `A watermark` {
    @Test func `only moves forward`() throws {
        let first = try manifest(upper: 100)
        var watermark = try #require(Watermark(of: first.asset, cursor: "id", provedBy: [first]))
        watermark.advance(after: try commit(200))
        #expect(watermark.value == .integer(200))
        watermark.advance(after: try commit(150))
        watermark.advance(after: try commit(200))
        #expect(watermark.value == .integer(200))
        #expect(watermark.run.text == "run-200")
    }

    @Test func `is not moved by another cursor`() throws {
        let first = try manifest(upper: 100)
        var watermark = try #require(Watermark(of: first.asset, cursor: "id", provedBy: [first]))
        watermark.advance(after: try commit(200, cursor: "updated_at"))
        #expect(watermark.value == .integer(100))
    }

    @Test func `needs a manifest that names the range`() throws {
        let range = CursorRange(cursor: "id", lower: nil, upper: .integer(7))
        #expect(CommittedRange(range, in: try manifest(upper: 8)) == nil)
        #expect(CommittedRange(range, in: try manifest(upper: 7)) != nil)
    }

    @Test func `is rebuilt from the newest range of its cursor, in whatever order manifests come`() throws {
        let manifests = try [
            manifest(upper: 5), manifest(upper: 9), manifest(upper: 7), manifest(upper: 99, cursor: "other"),
        ]
        let asset = manifests[0].asset
        #expect(Watermark(of: asset, cursor: "id", provedBy: manifests)?.value == .integer(9))
        #expect(Watermark(of: asset, cursor: "id", provedBy: manifests.reversed())?.value == .integer(9))
        #expect(Watermark(of: asset, cursor: "none", provedBy: manifests) == nil)
        #expect(Watermark(of: asset, cursor: "id", provedBy: []) == nil)
    }

    @Test func `survives being stored, in full precision`() throws {
        let manifest = try manifest(value: .time(microseconds: 1_795_388_645_123_456))
        let watermark = try #require(Watermark(of: manifest.asset, cursor: "id", provedBy: [manifest]))
        let stored = try JSONEncoder().encode(watermark)
        #expect(String(decoding: stored, as: UTF8.self).contains("2026-11-22T23:04:05.123456Z"))
        #expect(try JSONDecoder().decode(Watermark.self, from: stored) == watermark)
    }

    private func commit(_ upper: Int64, cursor: String = "id") throws -> CommittedRange {
        let range = CursorRange(cursor: cursor, lower: nil, upper: .integer(upper))
        return try #require(CommittedRange(range, in: manifest(upper: upper, cursor: cursor)))
    }
}

@Suite struct `A manifest` {
    @Test func `of bronze survives being stored`() throws {
        let manifest = try manifest(upper: 3)
        let stored = try JSONEncoder().encode(manifest)
        #expect(try JSONDecoder().decode(BronzeManifest.self, from: stored) == manifest)
        let object = try #require(JSONSerialization.jsonObject(with: stored) as? [String: Any])
        #expect(object["format"] as? Int == 1)
        #expect(object["asset"] as? String == "bronze_v3.invoice")
        #expect(object["ingestionDate"] as? String == "2026-11-22")
        #expect(manifest.rows == 30 && manifest.bytes == ByteCount(3_000))
    }

    @Test func `of a table survives being stored`() throws {
        let asset = try #require(AssetKey("gold.revenue"))
        let run = try #require(RunID("run-1"))
        let manifest = TableManifest(
            asset: asset, run: run, epoch: .first, publishedAt: Timestamp(microseconds: 1), version: "v",
            codeHash: "c",
            engine: "duckdb 1.5.5",
            inputs: [.init(asset: try #require(AssetKey("bronze_v3.Kunde $")), version: "w")],
            files: [DataFile(name: "f", run: run, rows: 1, bytes: ByteCount(2))],
            schema: [ColumnSchema(name: "a", type: "DECIMAL(18,4)")],
            checks: [CheckResult(check: "not_null(a)", severity: .warn, failures: 2)], seconds: 0.5,
            kept: [run])
        #expect(
            try JSONDecoder().decode(TableManifest.self, from: JSONEncoder().encode(manifest)) == manifest)
        #expect(!manifest.checks[0].passed && !manifest.checks[0].blocks)
    }
}

@Suite struct `A partition of bronze` {
    @Test func `is open on its own day and on no other`() throws {
        let path = try #require(LakePath("bronze/v3/invoice/ingestion_date=2026-11-22/invoice_run.parquet"))
        let partition = try #require(BronzePartition(containing: path))
        #expect(partition.isOpen(on: partition.ingestionDate))
        #expect(!partition.isOpen(on: partition.ingestionDate + 1))
        #expect(!partition.isOpen(on: partition.ingestionDate + -1))
        #expect(path.isInside(partition.folder))
    }

    @Test(arguments: [
        "silver/v3/invoice/ingestion_date=2026-11-22/x", "bronze/v3/invoice/ingestion_date=2026-11-31/x",
        "bronze/V3/invoice/ingestion_date=2026-11-22/x", "bronze/v3/invoice/x",
        "bronze/v3/_x/ingestion_date=2026-11-22/x",
    ])
    func `holds no other path`(text: String) throws {
        #expect(BronzePartition(containing: try #require(LakePath(text))) == nil)
    }
}

/// A manifest of one day whose only range ends at `upper`.
private func manifest(upper: Int64, cursor: String = "id") throws -> BronzeManifest {
    try manifest(value: .integer(upper), cursor: cursor, run: "run-\(upper)")
}

private func manifest(value: CursorValue, cursor: String = "id", run: String = "run") throws -> BronzeManifest
{
    let run = try #require(RunID(run))
    return BronzeManifest(
        asset: try #require(AssetKey("bronze_v3.invoice")), ingestionDate: try #require(Day("2026-11-22")),
        mode: .incremental, run: run, epoch: .first, committedAt: Timestamp(microseconds: 5),
        files: [
            DataFile(
                name: "invoice.parquet", run: run, rows: 30, bytes: ByteCount(3_000), sha256: "00",
                range: CursorRange(cursor: cursor, lower: nil, upper: value))
        ],
        schema: [ColumnSchema(name: "id", type: "BIGINT")], key: ["id"], cursor: cursor,
        conversions: [Conversion(column: "due", reason: .zeroDate, values: 3)],
        origin: .init(system: "mysql 8", fingerprint: nil, rows: 30, readAt: Timestamp(microseconds: 4)))
}
