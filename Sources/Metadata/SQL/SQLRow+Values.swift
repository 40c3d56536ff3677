internal import FoundationEssentials
internal import LakeModel

/// A column's value as one of our types. A value that does not fit means that the file is damaged: it is
/// reported, never trusted.
extension SQLRow {
    func text(_ column: String) throws -> String {
        guard let text = try optionalText(column) else { throw contradiction(column) }
        return text
    }

    func optionalText(_ column: String) throws -> String? {
        switch self[column] {
        case .null: nil
        case .text(let text): text
        default: throw contradiction(column)
        }
    }

    func integer(_ column: String) throws -> Int64 {
        guard let number = try optionalInteger(column) else { throw contradiction(column) }
        return number
    }

    func optionalInteger(_ column: String) throws -> Int64? {
        switch self[column] {
        case .null: nil
        case .integer(let number): number
        default: throw contradiction(column)
        }
    }

    func optionalReal(_ column: String) throws -> Double? {
        switch self[column] {
        case .null: nil
        case .real(let number): number
        case .integer(let number): Double(number)
        default: throw contradiction(column)
        }
    }

    func time(_ column: String) throws -> Timestamp { Timestamp(microseconds: try integer(column)) }

    func optionalTime(_ column: String) throws -> Timestamp? {
        try optionalInteger(column).map(Timestamp.init(microseconds:))
    }

    func optionalBytes(_ column: String) throws -> ByteCount? {
        try optionalInteger(column).map(ByteCount.init)
    }

    func value<T: RawRepresentable>(_ column: String) throws -> T where T.RawValue == String {
        guard let value = T(rawValue: try text(column)) else { throw contradiction(column) }
        return value
    }

    func run(_ column: String) throws -> RunID {
        guard let run = RunID(try text(column)) else { throw contradiction(column) }
        return run
    }

    func optionalRun(_ column: String) throws -> RunID? {
        try optionalText(column) == nil ? nil : run(column)
    }

    func asset(_ column: String) throws -> AssetKey {
        guard let asset = AssetKey(try text(column)) else { throw contradiction(column) }
        return asset
    }

    func optionalAsset(_ column: String) throws -> AssetKey? {
        try optionalText(column) == nil ? nil : asset(column)
    }

    /// Empty and NULL mean the whole asset.
    func partition(_ column: String = "partition") throws -> PartitionKey? {
        guard let text = try optionalText(column), !text.isEmpty else { return nil }
        guard let key = PartitionKey(text) else { throw contradiction(column) }
        return key
    }

    /// Of a step; `nil` if its asset has none.
    func partitions() throws -> StepPartitions? {
        let count = try integer("partition_count")
        guard count > 0 else { return nil }
        return StepPartitions(
            selection: try text("partitions"), count: Int(count),
            areNamed: try integer("names_partitions") != 0)
    }

    func step() throws -> StepID {
        let (run, asset) = (try run("run_id"), try asset("asset"))
        guard let text = try optionalText("partition"), text.hasPrefix(StepTask.mark) else {
            return StepID(run: run, asset: asset, partition: try partition())
        }
        guard let task = StepTask(rawValue: String(text.dropFirst())) else {
            throw contradiction("partition")
        }
        return StepID(run: run, asset: asset, task: task)
    }

    /// `nil` if it has none.
    func optionalProcess() throws -> ProcessIdentity? { try text("host").isEmpty ? nil : process() }

    func process() throws -> ProcessIdentity {
        guard let pid = Int32(exactly: try integer("pid")) else { throw contradiction("pid") }
        return ProcessIdentity(
            host: try text("host"), bootID: try text("boot_id"), pid: pid,
            startTicks: try integer("start_ticks"))
    }

    func pools() throws -> [PoolUse] {
        try text("pools").split(separator: "\n").map {
            guard let use = PoolUse($0) else { throw contradiction("pools") }
            return use
        }
    }

    func failure() throws -> StepFailure? {
        guard let code = try optionalText("error_code") else { return nil }
        return StepFailure(
            code: code, problem: try text("error_problem"), remedy: try text("error_remedy"),
            category: try value("error_category"))
    }

    func materialization() throws -> Materialization {
        Materialization(
            asset: try asset("asset"), run: try run("run_id"), partition: try partition(),
            version: try text("version"), codeHash: try text("code_hash"), rows: try integer("row_count"),
            bytes: ByteCount(try integer("bytes")), schema: try StoredJSON.value(try text("columns")),
            inputs: try StoredJSON.value(try text("inputs")), startedAt: try time("started_at"),
            finishedAt: try time("finished_at"))
    }

    func reconciliation() throws -> ReconciliationRecord {
        ReconciliationRecord(
            asset: try asset("asset"), run: try optionalRun("run_id"), comparedAt: try time("compared_at"),
            measure: try value("measure"), source: try optionalInteger("source_value"),
            lake: try optionalInteger("lake_value"), tolerance: try optionalReal("tolerance") ?? 0,
            drift: try optionalReal("drift"), verdict: try value("verdict"), detail: try text("detail"))
    }

    func contradiction(_ column: String) -> StoredContradiction {
        StoredContradiction(detail: "column \(column) holds a value that Tarn does not write")
    }
}

extension StepTask {
    /// Before the task, where a step's partition stands otherwise: no partition begins so. Only what builds
    /// has partitions.
    static let mark = " "
}

extension StepID {
    var partitionText: String { key.partitionText }

    /// For `run_id = ? AND asset = ? AND partition = ?`.
    var arguments: [(any SQLBindable)?] { [run.text, asset.description, partitionText] }
}

extension StepKey {
    var partitionText: String {
        task == .build ? partition?.text ?? "" : StepTask.mark + task.rawValue
    }
}

/// What columns of `step` and `attempt` say of an outcome.
struct StoredOutcome {
    var skipReason: String?
    var blockedBy: String?
    var rows: Int64?
    var bytes: Int64?
    var failure: StepFailure?

    init(_ outcome: StepOutcome) {
        failure = outcome.failure
        switch outcome {
        case .succeeded(let rows, let bytes): (self.rows, self.bytes) = (rows, bytes.bytes)
        case .skipped(let reason): skipReason = boundedText(reason, bytesMax: 500)
        case .blocked(let asset): blockedBy = asset.description
        case .failed, .retrying, .cancelled, .lost: break
        }
    }

    /// For `row_count, bytes, error_code, error_problem, error_remedy, error_category`.
    var arguments: [(any SQLBindable)?] {
        [rows, bytes, failure?.code, failure?.problem, failure?.remedy, failure?.category.rawValue]
    }
}

/// Schemas and inputs, which are read and written whole.
enum StoredJSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<T: Decodable>(_ text: String) throws -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(text.utf8))
        } catch {
            throw StoredContradiction(detail: "a JSON column does not hold what Tarn writes")
        }
    }
}
