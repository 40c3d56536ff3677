import Extraction
import FoundationEssentials
import LakeModel
import Project
import TarnTesting
import Testing

@Suite struct `A CSV file` {
    /// The rows of one file as texts, with the types of its columns.
    private func rows(
        _ bytes: [UInt8], name: String = "a.csv", _ text: DelimitedText = DelimitedText(),
        columns: [String: String] = [:]
    ) async throws -> (types: [String], rows: [String]) {
        let lake = try LittleLake(files: [:])
        try lake.write(bytes, to: name)
        let (manifest, _) = try await lake.commit(.files("*", text: text, columns: columns))
        return (
            manifest.schema.map { "\($0.name) \($0.type)" },
            try await lake.query("SELECT * FROM bronze_s.t ORDER BY _line")
        )
    }

    private func rows(_ text: String, _ style: DelimitedText = DelimitedText()) async throws -> (
        types: [String], rows: [String]
    ) { try await rows(Array(text.utf8), style) }

    @Test func `has types that all of its rows fit, and each row's file and line`() async throws {
        let found = try await rows(
            #"""
            id,price,name,at,day,ok,zip,big,note
            1,1.5,Ann,2024-01-02 03:04:05,2024-01-02,true,01234,123456789012345678901,
            -2,2,"B, ""C""",2024-01-02T03:04:05.25,2024-02-29,FALSE,99999,1,
            """#)
        #expect(
            found.types == [
                "id BIGINT", "price DOUBLE", "name VARCHAR", "at TIMESTAMP", "day DATE", "ok BOOLEAN",
                "zip VARCHAR", "big VARCHAR", "note VARCHAR", "_file VARCHAR", "_line BIGINT",
            ])
        #expect(
            found.rows == [
                "1|1.5|Ann|2024-01-02 03:04:05|2024-01-02|true|01234|123456789012345678901|NULL|a.csv|2",
                "-2|2.0|B, \"C\"|2024-01-02 03:04:05.25|2024-02-29|false|99999|1|NULL|a.csv|3",
            ])
    }

    @Test func `keeps quoted newlines and counts lines through them, with CRLF, LF or CR`() async throws {
        for newline in ["\n", "\r\n"] {
            let text = ["a,b", "1,\"x", "y\"", "2,z", "", "3,w"].joined(separator: newline)
            let found = try await rows(text)
            #expect(
                found.rows == [
                    "1|x\(newline)y|a.csv|2", "2|z|a.csv|4", "3|w|a.csv|6",
                ])
        }
        #expect(try await rows("a,b\r1,2\r3,4").rows == ["1|2|a.csv|2", "3|4|a.csv|3"])
    }

    @Test func `may begin with a byte order mark, and be latin1 or UTF-16 of either order`() async throws {
        let text = "naïve,price\nÄÖ€,1\n"
        let expected = ["ÄÖ€|1|a.csv|2"]
        #expect(try await rows([0xEF, 0xBB, 0xBF] + Array(text.utf8)).rows == expected)
        let little = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(try await rows([0xFF, 0xFE] + little).rows == expected)
        #expect(try await rows([0xFE, 0xFF] + big).rows == expected)
        var latin1 = DelimitedText()
        latin1.encoding = .latin1
        let found = try await rows([0x6E, 0xE4, 0x0A, 0xFC, 0xDF], latin1)
        #expect(found.types.first == "nä VARCHAR" && found.rows == ["üß|a.csv|2"])
        // A character beyond the first plane is two units.
        let emoji = "a\n😀\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try await rows([0xFF, 0xFE] + emoji).rows == ["😀|a.csv|2"])
    }

    @Test func `is written as its options say`() async throws {
        var german = DelimitedText()
        german.delimiter = UInt8(ascii: ";")
        german.decimalSeparator = .comma
        german.nulls = ["-", ""]
        german.skippedLines = 2
        german.dateFormat = "%d.%m.%Y"
        german.timestampFormat = "%d.%m.%Y %H:%M"
        let found = try await rows(
            "Export\n\"of the\nid;betrag;tag;zeit;text\n1;1,50;31.12.2024;31.12.2024 23:59;\"-\"\n2;-;-;-;-\n",
            german)
        #expect(
            found.types.prefix(5) == [
                "id BIGINT", "betrag DOUBLE", "tag DATE", "zeit TIMESTAMP", "text VARCHAR",
            ])
        #expect(
            found.rows == [
                "1|1.5|2024-12-31|2024-12-31 23:59:00|-|a.csv|4", "2|NULL|NULL|NULL|NULL|a.csv|5",
            ])
        var escaped = DelimitedText()
        escaped.escape = UInt8(ascii: "\\")
        escaped.hasHeader = false
        #expect(
            try await rows(#""a\"b\\",'x'"# + "\n", escaped).rows == [#"a"b\|'x'|a.csv|1"#])
        #expect(
            try await rows(Array("a\tb\n1,5\t2\n".utf8), name: "a.tsv").rows == ["1,5|2|a.tsv|2"])
    }

    @Test func `keeps what a declared type holds exactly, and refuses what it would have to round`()
        async throws
    {
        let lake = try LittleLake(files: ["a.csv": "n,d,x\n7,12.3400,2024-05-06\n+8,-.5,2024-5-6\n"])
        let table = try TableDefinition.files(
            columns: ["n": "SMALLINT", "d": "DECIMAL(9,2)", "x": "DATE"])
        _ = try await lake.commit(table)
        #expect(
            try await lake.query("SELECT n, d, x FROM bronze_s.t ORDER BY n") == [
                "7|12.34|2024-05-06", "8|-0.50|2024-05-06",
            ])
        try lake.write(
            "n,d,x\n1.5,1,2024-01-01\n40000,1,2024-01-01\n1,1.005,2024-01-01\n1,1,2024-01-01 10:00\n1,1,2024-02-30\n2,2,\n",
            to: "b.csv")
        let refused = await #expect(throws: FilesMistake.self) { try await lake.extract(table) }
        #expect(refused?.code == "files.bad-rows")
        #expect(
            refused?.problem == """
                s.t: 5 lines are no rows, where 0 may be. b.csv:2: 'n' is no SMALLINT; b.csv:3: 'n' is no SMALLINT; \
                b.csv:4: 'd' is no DECIMAL(9,2); b.csv:5: 'x' is no DATE; b.csv:6: 'x' is no DATE.
                """)
        #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["2"])
    }

    @Test func `of gzip or zstd is read like a plain one, and a damaged one is named`() async throws {
        let lake = try LittleLake(files: ["plain.csv": "a,b\n1,x\n2,y\n"])
        try lake.make(
            """
            COPY (SELECT i AS a, 'row ' || i AS b FROM range(200000) r(i)) TO '{landing}/big.csv.gz' (FORMAT csv, HEADER);
            COPY (SELECT i AS a, 'z' AS b FROM range(1000) r(i)) TO '{landing}/c.csv.zst' (FORMAT csv, HEADER)
            """)
        try lake.touch("big.csv.gz", age: 60)
        try lake.touch("c.csv.zst", age: 60)
        let (manifest, _) = try await lake.commit(.files())
        #expect(manifest.rows == 201_002)
        #expect(
            manifest.files[0].inputs?.map { "\($0.path) \($0.rows)" } == [
                "big.csv.gz 200000", "c.csv.zst 1000", "plain.csv 2",
            ])
        let lines = try await lake.query(
            "SELECT min(_line), max(_line), count(DISTINCT _line), sum(a) FROM bronze_s.t WHERE _file = 'big.csv.gz'"
        )
        #expect(lines == ["2|200001|200000|19999900000"])
        // Cut in the middle, and with a byte turned.
        let whole = Array(try Data(contentsOf: URL(filePath: "\(lake.landing)/big.csv.gz")))
        try lake.write(Array(whole.prefix(whole.count / 2)), to: "cut.csv.gz")
        let cut = await #expect(throws: FilesMistake.self) { try await lake.extract(.files()) }
        #expect(cut?.code == "files.unreadable" && cut?.problem.contains("cut.csv.gz") == true)
        #expect(cut?.problem.contains("cut off") == true)
        try lake.remove("cut.csv.gz")
        try lake.write([0x50, 0x4B, 0x03, 0x04, 0x00], to: "x.csv")
        let zip = await #expect(throws: FilesMistake.self) { try await lake.extract(.files()) }
        #expect(zip?.problem.contains("zip") == true)
    }

    @Test func `holds a line of many megabytes`() async throws {
        let long = String(repeating: "x", count: 5_000_000)
        let lake = try LittleLake(files: ["a.csv": "id,v\n1,\(long)\n2,\"\(long)\n\(long)\"\n3,z\n"])
        _ = try await lake.commit(.files())
        #expect(
            try await lake.query("SELECT id, length(v), _line FROM bronze_s.t ORDER BY id") == [
                "1|5000000|2", "2|10000001|3", "3|1|5",
            ])
    }

    @Test func `with two columns of one name, or with one that Tarn adds, is refused`() async throws {
        for (header, word) in [("a,A", "two columns 'A'"), ("a,_Line", "one that Tarn adds")] {
            let lake = try LittleLake(files: ["a.csv": "\(header)\n1,2\n"])
            let mistake = await #expect(throws: FilesMistake.self) { try await lake.extract(.files()) }
            #expect(mistake?.code == "files.column-name")
            #expect(mistake?.problem.contains(word) == true)
        }
    }
}

@Suite struct `Lines of a file that are no rows` {
    private let text = """
        id,name
        1,ok
        2
        3,a,b
        4,"x"y
        five,e
        6,ok
        7,"never closed
        8,ok
        """

    @Test func `go to the quarantine with file, line and text, and are counted with samples`() async throws {
        let lake = try LittleLake(files: ["in/a.csv": text])
        try lake.write(Array("id,name\n9,".utf8) + [0xE4, 0x0A], to: "in/b.csv")
        let table = try TableDefinition.files("in/*.csv", badRowsMax: 6, columns: ["id": "BIGINT"])
        let (manifest, ledger) = try await lake.commit(table)
        #expect(
            try await lake.query("SELECT id, _file, _line FROM bronze_s.t ORDER BY id") == [
                "1|in/a.csv|2", "6|in/a.csv|7", "8|in/a.csv|9",
            ])
        #expect(
            try await lake.quarantine() == [
                "in/a.csv|3|NULL|it has 1 values where the header has 2 columns|2",
                "in/a.csv|4|NULL|it has 3 values where the header has 2 columns|3,a,b",
                "in/a.csv|5|NULL|text follows a closing quote|4,\"x\"y",
                "in/a.csv|6|id|'id' is no BIGINT|five,e",
                "in/a.csv|8|NULL|a quote is not closed|7,\"never closed",
                "in/b.csv|2|NULL|it is not in the declared encoding|9,\u{FFFD}",
            ])
        #expect(manifest.files[0].quarantine?.rows == 6)
        #expect(
            ledger.conversions.map { "\($0.column) \($0.reason) \($0.values)" } == [
                "_line badRow 5", "id badRow 1",
            ])
        #expect(
            ledger.conversions.last?.samples == [Conversion.Sample(key: "in/a.csv:6", value: "five,e")])
        #expect(manifest.conversions.first?.samples.first?.key == "in/a.csv:3")
    }

    @Test func `stop the extraction where more than allowed are found, and nothing is committed`()
        async throws
    {
        let lake = try LittleLake(files: ["a.csv": text])
        let table = try TableDefinition.files(badRowsMax: 4, columns: ["id": "BIGINT"])
        let mistake = await #expect(throws: FilesMistake.self) { try await lake.extract(table) }
        #expect(
            mistake?.problem.hasPrefix("s.t: 5 lines are no rows, where 4 may be. a.csv:3: it has") == true)
        #expect(mistake?.place == Place(file: "sources/s.yaml", line: 4, column: 3))
        #expect(try await lake.manifest() == nil)
        #expect(try await lake.files().filter { !$0.hasPrefix("_tarn/staging/") } == [])
    }

    @Test func `of NDJSON are told apart from rows as well`() async throws {
        let lake = try LittleLake(files: [
            "a.ndjson": """
            {"id": 1, "tags": ["a"], "at": "2024-01-01"}
            {"id": 2,

            [3]
            {"id": "four"}
            {"id": 5, "extra": {"x": null}}
            """
        ])
        let table = try TableDefinition.files(badRowsMax: 3, columns: ["id": "BIGINT", "at": "DATE"])
        let (manifest, _) = try await lake.commit(table)
        #expect(
            manifest.schema.map { "\($0.name) \($0.type)" } == [
                "id BIGINT", "tags JSON", "at DATE", "extra JSON", "_file VARCHAR", "_line BIGINT",
            ])
        #expect(
            try await lake.query("SELECT * FROM bronze_s.t ORDER BY id") == [
                #"1|["a"]|2024-01-01|NULL|a.ndjson|1"#, #"5|NULL|NULL|{"x":null}|a.ndjson|6"#,
            ])
        #expect(
            try await lake.quarantine() == [
                #"a.ndjson|2|NULL|it is not JSON|{"id": 2,"#, "a.ndjson|4|NULL|it is no JSON object|[3]",
                #"a.ndjson|5|id|'id' is no BIGINT|{"id": "four"}"#,
            ])
    }
}
