import LakeModel
import LakeStore
import TarnTesting
import Testing

@Suite struct `A Parquet footer` {
    private let path = LakePath("silver/t/x.parquet")!

    private func read(_ bytes: [UInt8]) async throws -> ParquetFooter {
        let store = MemoryStore()
        _ = try await store.write(.bytes(bytes), to: path, .unconditionally)
        return try await ParquetFooter.read(path, from: store)
    }

    @Test func `tells rows, row groups and columns`() async throws {
        let footer = try await read(parquet(rows: 30, columns: ["a", "b c", "ü"], groups: [10, 20]))
        #expect(footer.rows == 30)
        #expect(footer.rowGroups == [10, 20])
        #expect(footer.columns == ["a", "b c", "ü"])
        #expect(footer.createdBy == "test")
        #expect(footer.isConsistent)
    }

    @Test func `of 4 billion rows in 400 groups is read in ranges`() async throws {
        let columns = (0..<3_000).map { "a_column_with_a_rather_long_name_\($0)" }
        let footer = try await read(
            parquet(rows: 4_000_000_000, columns: columns, groups: [Int64](repeating: 10_000_000, count: 400))
        )
        #expect(footer.rows == 4_000_000_000 && footer.isConsistent)
        #expect(footer.columns == columns)
    }

    @Test func `shows when its groups do not add up, even by overflow`() async throws {
        #expect(try await !read(parquet(rows: 30, groups: [10, 10])).isConsistent)
        #expect(try await !read(parquet(rows: 30, groups: [.max, .max])).isConsistent)
    }

    @Test func `of an empty table has no rows`() async throws {
        let footer = try await read(parquet(rows: 0, groups: []))
        #expect(footer.rows == 0 && footer.isConsistent)
    }

    @Test func `cut off anywhere is an error`() async throws {
        let whole = parquet(rows: 10)
        for count in 0..<whole.count {
            await #expect(throws: ParquetDamaged.self) { _ = try await read(Array(whole.prefix(count))) }
        }
    }

    @Test(arguments: [UInt32.max, 0x7FFF_FFFF, 1_000_000, 400])
    func `that claims to be longer than the file is an error`(length: UInt32) async throws {
        var bytes = parquet(rows: 10)
        let claim = (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
        bytes.replaceSubrange((bytes.count - 8)..<(bytes.count - 4), with: claim)
        await #expect(throws: ParquetDamaged.self) { _ = try await read(bytes) }
    }

    @Test func `with hostile lengths, counts and nesting is an error`() async throws {
        let endless: [UInt8] = [UInt8](repeating: 0xFF, count: 9) + [0x01]
        let attacks: [[UInt8]] = [
            [0x29, 0xFC] + endless,  // a schema of 2^63 elements
            [0x68] + endless,  // a text of 2^63 bytes
            [0x1B] + endless + [0x88],  // a map of 2^63 entries
            [UInt8](repeating: 0x1C, count: 100_000),  // structures in structures
            [0x19] + [UInt8](repeating: 0x19, count: 100_000),  // lists in lists
            [0x06] + [UInt8](repeating: 0xFF, count: 20),  // a number without an end
            [0x0F], [], [0x00],
        ]
        for footer in attacks {
            let length = (0..<4).map { UInt8(truncatingIfNeeded: footer.count >> ($0 * 8)) }
            let bytes = Array("PAR1".utf8) + footer + length + Array("PAR1".utf8)
            await #expect(throws: ParquetDamaged.self) { _ = try await read(bytes) }
        }
    }

    @Test func `changed at random is an error or a footer, never a crash`() async throws {
        var random = SplitMix(state: 42)
        let whole = parquet(rows: 10, columns: ["id", "name", "amount"], groups: [4, 6])
        var errors = 0
        for _ in 0..<10_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 8..<(bytes.count - 4), using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            do {
                _ = try await read(bytes)
            } catch is ParquetDamaged {
                errors += 1
            }
        }
        #expect(errors > 1_000)
    }

    @Test func `that is encrypted is named so`() async throws {
        var bytes = parquet(rows: 1)
        bytes.replaceSubrange((bytes.count - 4)..., with: Array("PARE".utf8))
        let error = await #expect(throws: ParquetDamaged.self) { _ = try await read(bytes) }
        #expect(error?.problem.contains("encrypted") == true)
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
