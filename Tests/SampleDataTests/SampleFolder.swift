import FoundationEssentials
import SQLite
import SampleData

/// A folder of generated SQLite databases that goes away with this value.
final class SampleFolder {
    let path: String
    private(set) var summary: SampleDataSummary?

    init() {
        path = FileManager.default.temporaryDirectory.appending(path: "sample-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A folder with all tables in a size that takes a moment.
    static func generated(
        scale: Double = tinyScale, seed: UInt64 = 7, advanceDays: Int = 0, tables: Set<String>? = nil
    ) async throws -> SampleFolder {
        let folder = SampleFolder()
        try await folder.generate(scale: scale, seed: seed, advanceDays: advanceDays, tables: tables)
        return folder
    }

    @discardableResult
    func generate(
        scale: Double = tinyScale, seed: UInt64 = 7, advanceDays: Int = 0, tables: Set<String>? = nil
    ) async throws -> SampleDataSummary {
        let summary = try await generateSampleData(
            SampleDataRequest(
                scale: scale, seed: seed, target: .sqlite(folder: path), advanceDays: advanceDays,
                tables: tables))
        self.summary = summary
        return summary
    }

    func open(_ database: String) throws -> SQLiteConnection {
        try SQLiteConnection(path: "\(path)/\(database).db", access: .readOnly)
    }

    func count(_ sql: String, in database: String) throws -> Int64 {
        let statement = try open(database).prepare(sql)
        return try statement.step() ? statement.int64(0) : 0
    }

    /// A number that depends on the table's rows but not on their order.
    func fingerprint(_ table: SampleTable) throws -> UInt64 {
        let rows = try open(table.database).prepare("SELECT * FROM \"\(table.name)\"")
        var sum: UInt64 = 0
        while try rows.step() {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            func mix(_ number: UInt64) { hash = (hash ^ number) &* 0x100_0000_01b3 ^ (hash >> 29) }
            for column in 0..<table.columns.count {
                switch rows.storageClass(column) {
                case .null: mix(1)
                case .integer: mix(UInt64(bitPattern: rows.int64(column)))
                case .real: mix(rows.double(column).bitPattern)
                case .text, .blob:
                    let bytes = rows.bytes(column)
                    let words = bytes.count / 8
                    for word in 0..<words {
                        mix(bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self))
                    }
                    for byte in bytes[(words * 8)...] { mix(UInt64(byte)) }
                    mix(2)
                }
            }
            sum &+= hash
        }
        return sum
    }

    func fingerprints() throws -> [String: UInt64] {
        var all: [String: UInt64] = [:]
        for table in SampleCatalog.tables { all[table.qualifiedName] = try fingerprint(table) }
        return all
    }
}

/// 1,020 invoices and all that belongs to them.
let tinyScale = 0.0002
