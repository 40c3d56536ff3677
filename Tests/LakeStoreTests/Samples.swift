import LakeModel
import LakeStore
import TarnTesting

/// A file with a right footer and `content` where pages would be, so that a test can tell whose rows they
/// are.
func parquet(
    rows: Int64, columns: [String] = ["id", "name"], groups: [Int64]? = nil, content: String = "rows"
) -> [UInt8] {
    var footer = ThriftWriter()
    footer.int32(1, 2)
    let root = { (element: inout ThriftWriter) in
        element.text(4, "schema")
        element.int32(5, Int64(columns.count))
    }
    let leaves = columns.map { name in
        { (element: inout ThriftWriter) in
            element.int32(1, 2)
            element.int32(3, 1)
            element.text(4, name)
        }
    }
    footer.structures(2, [root] + leaves)
    footer.int64(3, rows)
    footer.structures(
        4,
        (groups ?? [rows]).map { count in
            { (group: inout ThriftWriter) in
                group.structures(1, [{ $0.int64(2, 4) }])
                group.int64(2, 100)
                group.int64(3, count)
            }
        })
    footer.text(6, "test")
    footer.stop()
    let length = (0..<4).map { UInt8(truncatingIfNeeded: footer.bytes.count >> ($0 * 8)) }
    return Array("PAR1".utf8) + Array(content.utf8) + footer.bytes + length + Array("PAR1".utf8)
}

extension Day {
    static let monday = Day(year: 2026, month: 11, day: 23)!
    static let tuesday = monday + 1
}

extension RunID {
    static func sample(_ number: Int) -> RunID {
        RunID("20261123T0200\(padded(number, 2))Z-00000\(number % 10)")!
    }
}

let customer = (source: SourceName("v3_customer")!, table: TableName("customer")!)
let customerAsset = AssetKey.bronze(customer.source, customer.table)
let factInvoice = AssetKey.silver(TableName("fact_invoice")!)
let sampleSchema = [ColumnSchema(name: "id", type: "BIGINT"), ColumnSchema(name: "name", type: "VARCHAR")]
let someTime = Timestamp("2026-11-23T02:00:00Z")!

extension StagedExtraction {
    static func sample(
        run: Int = 1, epoch: Int64 = 1, mode: ExtractionMode = .full, rows: Int64 = 10,
        upTo upper: Int64 = 100,
        cursor: String = "updated_at", key: [String] = ["id"]
    ) -> StagedExtraction {
        StagedExtraction(
            source: customer.source, table: customer.table, run: .sample(run), epoch: LeaseEpoch(epoch),
            mode: mode,
            rows: rows,
            range: mode == .incremental
                ? CursorRange(cursor: cursor, lower: nil, upper: .integer(upper)) : nil,
            schema: sampleSchema, key: key, cursor: mode == .incremental ? cursor : nil,
            origin: .init(system: "mysql 8.4", fingerprint: nil, rows: rows, readAt: someTime),
            partitions: mode == .partitioned
                ? ["a", "b"].map { name in
                    Partition(key: PartitionKey("\(name)\(run)")!, rows: rows / 2, conversions: [])
                } : [])
    }

    /// Writes its staged file, as an extraction does.
    @discardableResult
    func stage(in store: some ObjectStore, writtenRows: Int64? = nil) async throws -> StagedExtraction {
        for partition in partitions {
            _ = try await store.write(
                .bytes(parquet(rows: writtenRows ?? partition.rows, content: "\(partition.key) of \(run)")),
                to: LakeLayout.staged(asset, of: run, partition: partition.key), .unconditionally)
        }
        guard partitions.isEmpty else { return self }
        let bytes = parquet(rows: writtenRows ?? rows, content: "rows of \(run)")
        _ = try await store.write(.bytes(bytes), to: staged, .unconditionally)
        return self
    }
}

extension StagedTable {
    static func sample(run: Int = 1, epoch: Int64 = 1, rows: Int64 = 10, checks: [CheckResult] = [])
        -> StagedTable
    {
        StagedTable(
            asset: factInvoice, run: .sample(run), epoch: LeaseEpoch(epoch), rows: rows, version: "v\(run)",
            codeHash: "c", engine: "duckdb 1.5.5", inputs: [.init(asset: customerAsset, version: "b\(run)")],
            schema: sampleSchema, checks: checks, seconds: 0.5)
    }

    @discardableResult
    func stage(in store: some ObjectStore) async throws -> StagedTable {
        _ = try await store.write(
            .bytes(parquet(rows: rows, content: "rows of \(run)")), to: staged, .unconditionally)
        return self
    }
}

/// The kinds of store that a rule is tried on.
enum StoreKind: String, CaseIterable, Sendable {
    case memory, disk

    /// A new store, and what must live as long as it.
    func make() throws -> (store: any ObjectStore, owner: AnyObject?) {
        switch self {
        case .memory: return (MemoryStore(), nil)
        case .disk:
            let folder = try TemporaryFolder()
            return (try LocalStore(root: folder.path), folder)
        }
    }
}

extension SealingStore {
    /// One on which it is always `day`.
    static func on(_ day: Day, _ store: some ObjectStore) -> SealingStore {
        SealingStore(store, today: { day })
    }

    func commit(_ extraction: StagedExtraction) async throws -> CommittedExtraction {
        try await BronzeCommit(self, now: { someTime }).publish(extraction)
    }

    func publish(_ table: StagedTable, keptMax: Int = 3) async throws -> TableManifest {
        try await TablePublish(self, keptMax: keptMax, now: { someTime }).publish(table)
    }
}

extension ObjectStore {
    var paths: [String] {
        get async throws { try await list(under: .root).map(\.path.text) }
    }

    func bytes(_ path: LakePath) async throws -> [UInt8] {
        try await readAll(path, bytesMax: ByteCount(1 << 24))
    }
}

func partition(_ day: Day = .monday) -> BronzePartition {
    BronzePartition(source: customer.source, table: customer.table, ingestionDate: day)
}
