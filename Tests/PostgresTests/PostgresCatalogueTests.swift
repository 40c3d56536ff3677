import Postgres
import TarnTesting
import Testing

@Suite struct `The catalogue of PostgreSQL` {
    @Test func `lists tables of every kind with their size, and no partition`() async throws {
        try await onDatabase { c throws in
            try c.execute(
                """
                CREATE TABLE plain (id int PRIMARY KEY, s text); COMMENT ON TABLE plain IS 'it''s plain';
                INSERT INTO plain SELECT n, repeat('x', 100) FROM generate_series(1, 10000) AS n;
                CREATE TABLE events (id int, day date) PARTITION BY RANGE (day);
                CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
                CREATE TABLE events_2 PARTITION OF events DEFAULT PARTITION BY LIST (id);
                CREATE TABLE events_3 PARTITION OF events_2 DEFAULT;
                INSERT INTO events SELECT n, '2026-01-01'::date + n % 100 FROM generate_series(1, 5000) AS n;
                CREATE VIEW seen AS SELECT * FROM plain; CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one;
                CREATE SCHEMA "we""ird"; CREATE TABLE "we""ird"."T 1" (n int); CREATE TABLE never (n int);
                ANALYZE plain; ANALYZE events
                """)
            let tables = try c.tables()
            #expect(
                tables.map { "\($0.schema).\($0.name) \($0.kind)" } == [
                    "public.events partitioned", "public.kept materializedView", "public.never table",
                    "public.plain table", "public.seen view", "we\"ird.T 1 table",
                ])
            let plain = try #require(try c.table("plain", in: "public"))
            #expect(plain.estimatedRows == 10_000 && plain.comment == "it's plain" && plain.isReadable)
            #expect((1_000_000...4_000_000).contains(plain.bytes ?? 0))
            let events = try #require(try c.table("events", in: "public"))
            #expect(events.estimatedRows == 5000 && (events.bytes ?? 0) > 100_000)
            #expect(try c.table("never", in: "public")?.estimatedRows == nil)
            #expect(try c.table("seen", in: "public")?.bytes == nil)
            #expect(try c.table("events_1", in: "public")?.kind == .table)
            #expect(try c.table("missing", in: "public") == nil && c.tables(in: "missing") == [])
            #expect(try c.tables(in: "we\"ird").map(\.name) == ["T 1"])
        }
    }

    @Test func `describes columns with what they are made of`() async throws {
        try await onDatabase { c throws in
            try c.execute(
                """
                CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text);
                CREATE DOMAIN amount AS numeric(12,2); CREATE DOMAIN price AS amount CHECK (VALUE > 0);
                CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, gone int, p price NOT NULL, m mood,
                    ms mood[], c pair, n numeric, small numeric(3,-2), tiny numeric(2,5), v varchar(7),
                    twice int GENERATED ALWAYS AS (gone * 2) STORED, "q""\" xml, d money, i inet, r int4range);
                COMMENT ON COLUMN t.v IS 'seven'; ALTER TABLE t DROP COLUMN gone CASCADE
                """)
            let table = try #require(try c.table("t", in: "public"))
            let columns = try c.columns(of: table)
            let byName = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0) })
            #expect(
                columns.map(\.name) == [
                    "id", "p", "m", "ms", "c", "n", "small", "tiny", "v", "q\"", "d", "i", "r",
                ])
            #expect(byName["id"]?.isIdentity == true && byName["id"]?.isNullable == false)
            #expect(byName["p"]?.declaredType == "price" && byName["p"]?.isNullable == false)
            #expect(byName["p"]?.type == .numeric(PostgresNumericForm(precision: 12, scale: 2)))
            #expect(byName["m"]?.type == .text && byName["m"]?.enumLabels == ["sad", "ok"])
            #expect(byName["ms"]?.type == .json && byName["c"]?.type == .json)
            #expect(byName["n"]?.type == .numeric(nil))
            #expect(byName["small"]?.type == .numeric(PostgresNumericForm(precision: 3, scale: -2)))
            #expect(byName["tiny"]?.type == .numeric(PostgresNumericForm(precision: 2, scale: 5)))
            #expect(byName["v"]?.declaredType == "character varying(7)" && byName["v"]?.comment == "seven")
            #expect(byName["q\""]?.exactSelection == "\"q\"\"\"::text AS \"q\"\"\"")
            #expect(byName["d"]?.exactSelection == "\"d\"::numeric AS \"d\"")
        }
    }

    @Test func `knows which decimals hold a numeric`() {
        func decimal(_ precision: Int, _ scale: Int) -> [Int]? {
            PostgresNumericForm(precision: precision, scale: scale).decimal.map { [$0.precision, $0.scale] }
        }
        #expect(decimal(12, 2) == [12, 2] && decimal(38, 0) == [38, 0] && decimal(39, 0) == nil)
        #expect(decimal(3, -2) == [5, 0] && decimal(2, 5) == [5, 5])
        #expect(decimal(30, -9) == nil && decimal(2, 39) == nil && decimal(1000, 1000) == nil)
    }

    @Test func `selects what has no reader as text that loses nothing`() async throws {
        try await onDatabase { c throws in
            try c.execute(
                """
                CREATE TYPE pair AS (a int, b text);
                CREATE TABLE t (a int8[], t timestamptz[], n numeric[], c pair, r tstzrange, m int4multirange,
                    i inet, x xml, p point, d money, ch "char", f float8[])
                """)
            try c.execute(
                """
                INSERT INTO t VALUES ('{{9223372036854775807,NULL},{1,2}}', '{2026-01-01 00:00+02,infinity}',
                    '{NaN,1.10,12345678901234567890123456789012345678901234567890}', (1, 'a"b'),
                    '[2026-01-01,)', '{[1,2),[4,6)}', '10.0.0.1/8', '<a>1</a>', '(1,2.5)', '12.34', 'x',
                    '{0.1,Infinity,5e-324}')
                """)
            let table = try #require(try c.table("t", in: "public"))
            let columns = try c.columns(of: table)
            let items = columns.map(\.exactSelection).joined(separator: ", ")
            let stream = try c.copy("SELECT \(items) FROM t")
            #expect(try stream.next())
            let texts = columns.indices.map { index in
                stream.field(index).map { field in
                    var printed: [UInt8] = []
                    guard columns[index].type == .numeric(nil) else { return text(field) }
                    return PostgresBinary.numeric(field, into: &printed)
                        ? String(decoding: printed, as: UTF8.self) : ""
                }
            }
            #expect(
                texts == [
                    "[[9223372036854775807,null],[1,2]]", #"["2025-12-31T22:00:00+00:00","infinity"]"#,
                    #"["NaN",1.10,12345678901234567890123456789012345678901234567890]"#,
                    #"{"a":1,"b":"a\"b"}"#, "[\"2026-01-01 00:00:00+00\",)", "{[1,2),[4,6)}", "10.0.0.1/8",
                    "<a>1</a>", "(1,2.5)", "12.34", "x", #"[0.1,"Infinity",5e-324]"#,
                ])
        }
    }

    @Test func `lists keys and indexes, the partial and the computed ones too`() async throws {
        try await onDatabase { c throws in
            try c.execute(
                """
                CREATE TABLE t (a int, b text, c int UNIQUE, d tsvector, PRIMARY KEY (b, a));
                CREATE INDEX partial ON t (c) WHERE c > 0; CREATE UNIQUE INDEX lowered ON t (lower(b), a);
                CREATE INDEX carried ON t (a) INCLUDE (c); CREATE INDEX words ON t USING gin (d);
                CREATE TABLE bare (n int)
                """)
            let table = try #require(try c.table("t", in: "public"))
            #expect(try c.primaryKey(of: table) == ["b", "a"])
            let indexes = try c.indexes(of: table)
            #expect(indexes.map(\.name) == ["t_pkey", "carried", "lowered", "partial", "t_c_key", "words"])
            #expect(indexes[0].isPrimary && indexes[0].isUnique)
            #expect(indexes[1].columns == ["a"] && !indexes[1].isUnique)
            #expect(indexes[2].columns == [nil, "a"] && indexes[2].isUnique)
            #expect(indexes[3].isPartial && !indexes[4].isPartial && indexes[5].method == "gin")
            #expect(try c.primaryKey(of: #require(try c.table("bare", in: "public"))) == [])
        }
    }
}
