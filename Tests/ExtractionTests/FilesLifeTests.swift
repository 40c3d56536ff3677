import Extraction
import FoundationEssentials
import LakeModel
import Project
import TarnTesting
import Testing

@Suite struct `A folder of files` {
    private func rows(_ lake: LittleLake) async throws -> [String] {
        try await lake.query("SELECT id, v, _file FROM bronze_s.t ORDER BY _file, id")
    }

    @Test func `is read file by file, each once, and again where one changes`() async throws {
        let lake = try LittleLake(files: ["a.csv": "id,v\n1,x\n2,y\n", "deep/b.csv": "id,v\n3,z\n"])
        let table = try TableDefinition.files("**/*.csv")
        let first = try await lake.commit(table).0
        #expect(first.files[0].inputs?.map { "\($0.path) \($0.rows)" } == ["a.csv 2", "deep/b.csv 1"])
        try await lake.expectNothingNew(table)
        // Touched, or copied anew with the same bytes.
        try lake.touch("a.csv", age: 1_800)
        try await lake.expectNothingNew(table)
        try lake.write("id,v\n4,w\n", to: "c.csv")
        #expect(try await lake.commit(table).1.rows == 1)
        // Its two rows no longer count, its new one does.
        try lake.write("id,v\n5,changed\n", to: "a.csv", age: 900)
        #expect(try await lake.commit(table).1.rows == 1)
        #expect(try await rows(lake) == ["5|changed|a.csv", "4|w|c.csv", "3|z|deep/b.csv"])
        // What is gone stays in bronze, which is never made smaller by a source that forgets.
        try lake.remove("c.csv")
        try await lake.expectNothingNew(table)
        #expect(try await rows(lake).count == 3)
    }

    @Test func `may keep the rows of every version, or refuse a changed file`() async throws {
        for policy in [ChangedFilePolicy.append, .fail] {
            let lake = try LittleLake(files: ["a.csv": "id,v\n1,x\n"])
            let table = try TableDefinition.files(onChange: policy)
            _ = try await lake.commit(table)
            try lake.write("id,v\n1,y\n", to: "a.csv", age: 60)
            guard policy == .append else {
                let mistake = await #expect(throws: FilesMistake.self) { try await lake.extract(table) }
                #expect(mistake?.problem.contains("a.csv") == true)
                #expect(try await rows(lake) == ["1|x|a.csv"])
                continue
            }
            _ = try await lake.commit(table)
            #expect(Set(try await rows(lake)) == ["1|x|a.csv", "1|y|a.csv"])
        }
    }

    @Test func `leaves a file that is being written, or that no marker calls whole`() async throws {
        let lake = try LittleLake(files: ["a.csv": "id,v\n1,x\n"])
        try lake.write("id,v\n2,y\n", to: "fresh.csv", age: 1)
        let settling = try TableDefinition.files("*.csv")
        #expect(try await lake.commit(settling).1.rows == 1)
        try lake.touch("fresh.csv", age: 60)
        #expect(try await lake.commit(settling).1.rows == 1)
        #expect(try await rows(lake) == ["1|x|a.csv", "2|y|fresh.csv"])

        let other = try LittleLake(files: ["a.csv": "id,v\n1,x\n", "b.csv": "id,v\n2,y\n", "a.csv.done": ""])
        let marked = try TableDefinition.files("*.csv", marker: "{file}.done")
        _ = try await other.commit(marked)
        #expect(try await rows(other) == ["1|x|a.csv"])
        try other.write("", to: "b.csv.done")
        _ = try await other.commit(marked)
        #expect(try await rows(other) == ["1|x|a.csv", "2|y|b.csv"])
    }

    @Test func `unites the columns of its files by name`() async throws {
        let lake = try LittleLake(files: ["a.csv": "id,v\n1,x\n"])
        let table = try TableDefinition.files()
        _ = try await lake.commit(table)
        try lake.write("v,id,more\ny,2,1.5\n", to: "b.csv")
        let (manifest, _) = try await lake.commit(table)
        #expect(manifest.schemaChanges?.map { "\($0.kind) \($0.column)" } == ["added more"])
        #expect(
            try await lake.query("SELECT id, v, more FROM bronze_s.t ORDER BY id") == [
                "1|x|NULL", "2|y|1.5",
            ])
        // A type that was decided on stays: what does not fit it is no row.
        try lake.write("id,v,more\nthree,z,2\n", to: "c.csv")
        let refused = await #expect(throws: FilesMistake.self) { try await lake.extract(table) }
        #expect(refused?.code == "files.bad-rows" && refused?.problem.contains("c.csv:2") == true)
        #expect(refused?.place == Place(file: "sources/s.yaml", line: 4, column: 3))
        #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["2"])
    }

    @Test func `says when nothing matches, and takes a file that has no rows`() async throws {
        let lake = try LittleLake(files: ["a.txt": "x"])
        let none = await #expect(throws: FilesMistake.self) {
            try await lake.extract(.files("*.csv"))
        }
        #expect(none?.problem.contains("*.csv") == true)
        try lake.write("id,v\n", to: "empty.csv")
        _ = try await lake.commit(.files("*.csv"))
        #expect(try await rows(lake) == [])
        try await lake.expectNothingNew(.files("*.csv"))
    }

    @Test func `of two thousand files is one commit`() async throws {
        let lake = try LittleLake()
        for number in 0..<2_000 { try lake.write("id,v\n\(number),x\n", to: "d\(number % 7)/\(number).csv") }
        let (manifest, ledger) = try await lake.commit(.files("**/*.csv"))
        #expect(ledger.rows == 2_000 && manifest.files.count == 1)
        #expect(
            try await lake.query("SELECT count(*), count(DISTINCT _file), sum(id) FROM bronze_s.t")
                == ["2000|2000|1999000"])
        try await lake.expectNothingNew(.files("**/*.csv"))
    }
}

@Suite struct `Files of other formats` {
    @Test func `JSON: arrays and objects one after the other, nested values as JSON`() async throws {
        let lake = try LittleLake(files: [
            "a.json": #"[{"id": 1, "who": {"name": "Ann"}}, {"id": 2, "who": null}]"#,
            "b.json": #"{"id": 3, "big": 12345678901234567890123} {"id": 4}"#,
        ])
        let (manifest, _) = try await lake.commit(.files())
        #expect(
            manifest.schema.map { "\($0.name) \($0.type)" } == [
                "id BIGINT", "who JSON", "big VARCHAR", "_file VARCHAR",
            ])
        #expect(
            try await lake.query("SELECT id, who, big, _file FROM bronze_s.t ORDER BY id") == [
                #"1|{"name":"Ann"}|NULL|a.json"#, "2|NULL|NULL|a.json",
                "3|NULL|12345678901234567890123|b.json", "4|NULL|NULL|b.json",
            ])
        try lake.write(#"[{"id": 5}, {"id": "#, to: "cut.json")
        let broken = await #expect(throws: FilesMistake.self) { try await lake.extract(.files()) }
        #expect(broken?.problem.contains("cut.json") == true)
        #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["4"])
    }

    @Test func `Parquet keeps its types, and a damaged file is named`() async throws {
        let lake = try LittleLake()
        try lake.make(
            """
            COPY (SELECT 1::UTINYINT AS a, 12.34::DECIMAL(9,2) AS d, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS "at",
                [1, 2] AS l, {'x': 'y'} AS s, uuid '00112233-4455-6677-8899-aabbccddeeff' AS u)
                TO '{landing}/a.parquet';
            COPY (SELECT 2::UTINYINT AS a, -0.5::DECIMAL(9,2) AS d) TO '{landing}/b.parquet'
            """)
        try lake.touch("a.parquet", age: 60)
        try lake.touch("b.parquet", age: 60)
        let (manifest, ledger) = try await lake.commit(.files("*.parquet"))
        #expect(ledger.rows == 2)
        #expect(
            manifest.schema.prefix(3).map { "\($0.name) \($0.type)" } == [
                "a UTINYINT", "d DECIMAL(9,2)", "at TIMESTAMP WITH TIME ZONE",
            ])
        #expect(
            try await lake.query("SELECT a, d, l, s, u FROM bronze_s.t ORDER BY a") == [
                "1|12.34|[1, 2]|{'x': y}|00112233-4455-6677-8899-aabbccddeeff", "2|-0.50|NULL|NULL|NULL",
            ])
        try lake.write("PAR1 this is none", to: "c.parquet")
        let broken = await #expect(throws: FilesMistake.self) {
            try await lake.extract(.files("*.parquet"))
        }
        #expect(broken?.problem.contains("c.parquet") == true)
    }

    @Test func `Excel: a sheet with numbers, dates and gaps, and a file that is none`() async throws {
        let lake = try LittleLake()
        try lake.make(
            """
            LOAD '\(Self.excelExtension)';
            COPY (SELECT * FROM (VALUES (1, 'Ann', 1.5, DATE '2026-01-02'), (2, NULL, -2, NULL)) AS v(id, who, amount, day))
                TO '{landing}/a.xlsx' (FORMAT xlsx, HEADER true)
            """)
        try lake.touch("a.xlsx", age: 60)
        let (manifest, ledger) = try await lake.commit(.files("*.xlsx"))
        #expect(ledger.rows == 2)
        #expect(
            manifest.schema.map { "\($0.name) \($0.type)" } == [
                "id DOUBLE", "who VARCHAR", "amount DOUBLE", "day DATE", "_file VARCHAR",
            ])
        #expect(
            try await lake.query("SELECT id, who, amount, day FROM bronze_s.t ORDER BY id") == [
                "1.0|Ann|1.5|2026-01-02", "2.0|NULL|-2.0|NULL",
            ])
        // The extension would read these for ever.
        let whole = Array(try Data(contentsOf: URL(filePath: "\(lake.landing)/a.xlsx")))
        var turned = whole
        turned[whole.count / 3] ^= 0xFF
        for bytes in [[0x50, 0x4B, 0x03, 0x04], Array(whole.prefix(whole.count / 2)), turned, []] {
            try lake.write(bytes, to: "b.xlsx")
            let mistake = await #expect(throws: FilesMistake.self) {
                try await lake.extract(.files("*.xlsx"))
            }
            #expect(
                mistake?.problem.contains("b.xlsx cannot be read") == true, "\(String(describing: mistake))")
        }
        #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["2"])
    }

    /// Where scripts/setup puts it.
    private static let excelExtension =
        "\(#filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined())/.deps/duckdb/extensions/"
        + "excel.duckdb_extension"
}

@Suite struct `A DuckDB file as a source` {
    @Test func `keeps every type exactly`() async throws {
        let lake = try LittleLake(
            duckdb: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, h HUGEINT, d DECIMAL(38,10), u UUID, l INTEGER[],
                    s STRUCT(a INTEGER, b VARCHAR), m MAP(VARCHAR, INTEGER), e ENUM('x', 'y'), zoned TIMESTAMPTZ,
                    ns TIMESTAMP_NS, i INTERVAL, b BLOB, t TIME, bits BIT);
                INSERT INTO t VALUES (1, 170141183460469231731687303715884105727, 1234567890123456789012345678.0123456789,
                    '00112233-4455-6677-8899-aabbccddeeff', [1, NULL, 3], {'a': 1, 'b': 'z'}, MAP {'k': 1}, 'y',
                    '2024-03-31 01:30:00+00', '2024-01-01 00:00:00.123456789', INTERVAL 1 MONTH, '\\xFF'::BLOB,
                    '24:00:00', '0101')
                """)
        let (manifest, ledger) = try await lake.commit(.full())
        #expect(ledger.rows == 1 && manifest.origin.rows == 1 && ledger.conversions == [])
        #expect(
            try await lake.query(
                "SELECT h::VARCHAR, d, u, l, s, m, e, epoch_us(zoned), hex(b) FROM bronze_s.t") == [
                    "170141183460469231731687303715884105727|1234567890123456789012345678.0123456789|"
                        + "00112233-4455-6677-8899-aabbccddeeff|[1, NULL, 3]|{'a': 1, 'b': z}|{k=1}|y|"
                        + "1711848600000000|FF"
                ])
    }

    @Test func `is read from its watermark on`() async throws {
        let lake = try LittleLake(
            duckdb: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, "at" TIMESTAMP, v VARCHAR);
                INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-01 11:00:00', 'b')
                """)
        let table = try TableDefinition.incremental()
        #expect(try await lake.commit(table).1.rows == 2)
        try await lake.expectNothingNew(table)
        try lake.executeDuckDB(
            "INSERT INTO t VALUES (3, '2024-01-01 12:00:00', 'c'); UPDATE t SET v = 'B', \"at\" = '2024-01-01 12:30:00' WHERE id = 2"
        )
        _ = try await lake.commit(table)
        #expect(try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == ["a", "B", "c"])
    }
}
