import LakeModel
import Testing

@Suite struct `Drift of a schema` {
    private func columns(_ text: String) -> [ColumnSchema] {
        text.split(separator: ", ").map {
            let parts = $0.split(separator: " ", maxSplits: 1).map(String.init)
            return ColumnSchema(name: parts[0], type: parts[1])
        }
    }

    private func changes(_ before: String, _ now: String) -> [String] {
        SchemaDrift.changes(from: columns(before), to: columns(now)).map { "\($0.kind) \($0.sign)" }
    }

    @Test func `is none where only the order or the case of names is another`() {
        #expect(changes("id BIGINT, v VARCHAR", "id BIGINT, v VARCHAR") == [])
        #expect(changes("id BIGINT, v VARCHAR", "v VARCHAR, id BIGINT") == [])
        #expect(changes("Id BIGINT, v VARCHAR", "ID BIGINT, v VARCHAR") == [])
    }

    @Test func `names what came, what went and what has another type`() {
        #expect(changes("a DATE", "a DATE, b DATE, c BLOB") == ["added + b DATE", "added + c BLOB"])
        #expect(changes("a DATE, b DATE, c BLOB", "b DATE") == ["removed - a DATE", "removed - c BLOB"])
        #expect(
            changes(
                "a INTEGER, b DECIMAL(12,2), c VARCHAR, d DOUBLE",
                "e DATE, a BIGINT, b DECIMAL(10,2), c INTEGER")
                == [
                    "added + e DATE", "widened a INTEGER → BIGINT",
                    "narrowed b DECIMAL(12,2) → DECIMAL(10,2)", "retyped c VARCHAR → INTEGER",
                    "removed - d DOUBLE",
                ])
    }

    @Test func `guesses a rename only where nothing else can be meant`() {
        #expect(
            changes("a DATE, b DATE, c DATE", "a DATE, x DATE, c DATE") == [
                "renamed b → x (a rename, it seems)"
            ])
        // A column before it does not matter.
        #expect(
            changes("a DATE, b DATE", "n BLOB, a DATE, x DATE")
                == ["added + n BLOB", "renamed b → x (a rename, it seems)"])
        // Another type, another place, or two that could be it.
        #expect(changes("a DATE, b DATE", "a DATE, x BLOB") == ["added + x BLOB", "removed - b DATE"])
        #expect(
            changes("a DATE, b DATE, c DATE", "a DATE, c DATE, x DATE") == [
                "added + x DATE", "removed - b DATE",
            ])
        #expect(
            changes("a DATE, b DATE", "a DATE, x DATE, y DATE")
                == ["added + x DATE", "added + y DATE", "removed - b DATE"])
    }

    @Test(arguments: [
        ("INTEGER", "BIGINT"), ("UTINYINT", "SMALLINT"), ("UINTEGER", "BIGINT"),
        ("DECIMAL(10,2)", "DECIMAL(12,2)"),
        ("DECIMAL(10,2)", "DECIMAL(12,4)"), ("FLOAT", "DOUBLE"), ("INTEGER", "DOUBLE"), ("SMALLINT", "FLOAT"),
        ("INTEGER", "DECIMAL(12,2)"), ("UBIGINT", "DECIMAL(20,0)"), ("DECIMAL(9,0)", "INTEGER"),
        ("INTEGER", "DECIMAL(10,0)"), ("DATE", "TIMESTAMP"),
    ])
    func `widens to a type that holds every value`(narrow: String, wide: String) {
        #expect(StoredType(wide).holds(StoredType(narrow)) && !StoredType(narrow).holds(StoredType(wide)))
        #expect(changes("x \(narrow)", "x \(wide)") == ["widened x \(narrow) → \(wide)"])
        #expect(changes("x \(wide)", "x \(narrow)") == ["narrowed x \(wide) → \(narrow)"])
    }

    @Test(arguments: [
        ("INTEGER", "UINTEGER"), ("INTEGER", "UBIGINT"), ("BIGINT", "DOUBLE"), ("INTEGER", "FLOAT"),
        ("DECIMAL(10,2)", "DOUBLE"),
        ("DECIMAL(10,2)", "DECIMAL(11,4)"), ("DECIMAL(5,0)", "UBIGINT"), ("INTEGER", "VARCHAR"),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), ("INTEGER", "DECIMAL(11,2)"), ("BOOLEAN", "TINYINT"),
    ])
    func `is another type where either has values that the other has not`(one: String, other: String) {
        #expect(changes("x \(one)", "x \(other)") == ["retyped x \(one) → \(other)"])
        #expect(changes("x \(other)", "x \(one)") == ["retyped x \(other) → \(one)"])
    }

    @Test func `leaves files together whose values have a type in common`() {
        var stored = StoredSchema(columns: columns("a INTEGER, b DATE, c VARCHAR"))
        var conflicts: [SchemaChange]
        (stored, conflicts) = stored.adding(columns("a BIGINT, c VARCHAR"))
        #expect(stored == StoredSchema(columns: columns("a BIGINT, b DATE, c VARCHAR")) && conflicts.isEmpty)
        (stored, conflicts) = stored.adding(columns("a SMALLINT, d BLOB, C DATE"))
        #expect(
            stored
                == StoredSchema(columns: columns("a BIGINT, b DATE, c VARCHAR, d BLOB"), hasMixedTypes: true)
                && conflicts.isEmpty)
        // What was removed still counts, and mixed files stay mixed.
        (stored, conflicts) = stored.adding(columns("a BIGINT, b DOUBLE"))
        #expect(conflicts == [SchemaChange(.retyped, column: "b", before: "DATE", now: "DOUBLE")])
        #expect(stored.hasMixedTypes)
    }
}
