import LakeModel
import Project
import Testing

/// A text in one file of a lake and the one mistake in it.
struct WrongFile: CustomTestStringConvertible, Sendable {
    let file: String
    let text: String
    let mistake: String
    var testDescription: String { mistake }

    init(_ file: String, _ text: String, _ mistake: String) {
        self.file = file
        self.text = text
        self.mistake = mistake
    }

    static func lake(_ lines: String, _ mistake: String) -> WrongFile {
        WrongFile(
            "lake.yaml",
            """
            name: little
            store: store
            environments: { local: { connections: { v3: { kind: sqlite, path: "{database}.db" } } } }
            \(lines)
            """, "lake.yaml:\(mistake)")
    }

    static func connection(_ lines: String, _ mistake: String) -> WrongFile {
        WrongFile(
            "lake.yaml",
            "name: little\nstore: store\nenvironments:\n  local:\n    connections:\n      v3:\n\(lines)",
            "lake.yaml:\(mistake)")
    }

    static func table(_ settings: String, _ mistake: String) -> WrongFile {
        WrongFile(
            "sources/v3_billing.yaml", "connection: v3\ntables:\n  invoice: \(settings)\n",
            "sources/v3_billing.yaml:\(mistake)")
    }

    static func model(_ header: String, _ mistake: String) -> WrongFile {
        WrongFile(
            "models/gold/totals.sql", "/*---\n\(header)\n---*/\nSELECT 1 AS n",
            "models/gold/totals.sql:\(mistake)")
    }
}

@Suite struct `A mistake in a lake's files` {
    @Test func `is none in the lake that the tests change`() throws {
        #expect(try LakeFiles().mistakes() == [])
    }

    @Test(arguments: ofLakeYAML + ofConnections + ofSources + ofTables + ofModels)
    func `is told in words with its place and nothing else`(wrong: WrongFile) throws {
        let found = try LakeFiles([wrong.file: wrong.text]).mistakes()
        #expect(found == [wrong.mistake])
    }

    static let ofLakeYAML: [WrongFile] = [
        .lake("nmae: x", "4:1: unknown key 'nmae': did you mean 'name'? [project.unknown-key]"),
        .lake("zzz: x", "4:1: unknown key 'zzz'. [project.unknown-key]"),
        .lake("description: 5", "4:14: expected text, found the number 5. [project.wrong-type]"),
        .lake("description: [a]", "4:14: expected text, found a list. [project.wrong-type]"),
        .lake("openlineage: {}", "4:14: openlineage has exactly one of file, url. [project.missing-key]"),
        .lake(
            "openlineage: { url: ftp://x }", "4:21: 'url' is not an address of HTTP. [project.bad-value]"),
        .lake("description:", "4:13: expected text, found nothing. [project.wrong-type]"),
        .lake("description: ' '", "4:14: expected text, found an empty text. [project.bad-value]"),
        .lake(
            "name: again",
            "4:1: the key 'name' stands twice in one mapping: first on line 1. [project.duplicate-key]"),
        .lake(
            "tolerance: 1",
            "4:12: expected a share such as 1% or 0.01, found the number 1. [project.wrong-type]"),
        .lake(
            "tolerance: 1 percent",
            "4:12: expected a share such as 1% or 0.01, found '1 percent'. [project.wrong-type]"),
        .lake(
            "timezone: Europe/Londn",
            "4:11: there is no time zone 'Europe/Londn' in /usr/share/zoneinfo: did you mean 'Europe/London'? "
                + "[project.unknown-time-zone]"),
        .lake(
            "timezone: ../../../etc/passwd",
            "4:11: there is no time zone '../../../etc/passwd' in /usr/share/zoneinfo. [project.unknown-time-zone]"
        ),
        .lake(
            "environment: locla",
            "4:14: there is no environment 'locla': did you mean 'local'? [project.unknown-environment]"),
        .lake(
            "resources: { threads: 0 }",
            "4:23: expected a whole number from 1 to 1024, found the number 0. [project.wrong-type]"),
        .lake(
            "resources: { threads: two }",
            "4:23: expected a whole number from 1 to 1024, found 'two'. [project.wrong-type]"),
        .lake(
            "resources: { memory_limit: 4 }",
            "4:28: expected a size such as 4GB, 512MiB or 80%, found the number 4. [project.wrong-type]"),
        .lake("exclude: { source: a }", "4:10: expected a list, found a mapping. [project.wrong-type]"),
        .lake("exclude: [{ source: a }]", "4:11: an exclusion needs the key 'reason'. [project.missing-key]"),
        .lake(
            "exclude: [{ reason: a }]",
            "4:11: an exclusion has exactly one of source, table, kind; found none. [project.missing-key]"),
        .lake(
            "exclude: [{ source: a, kind: view, reason: b }]",
            "4:24: an exclusion has exactly one of source, table, kind; found source and kind. [project.conflict]"
        ),
        .lake(
            "exclude: [{ kind: views, reason: b }]",
            "4:19: expected view, found 'views': did you mean 'view'? [project.bad-value]"),
        .lake(
            "description: ${NOT_SET}",
            "4:14: the environment variable NOT_SET is not set. [project.variable-unset]"),
        .lake("description: ${NOT_SET", "4:14: '${' is not closed by '}'. [project.variable-syntax]"),
        .lake(
            "description: ${NOT-SET}",
            "4:14: '${NOT-SET}' is not the name of an environment variable. [project.variable-syntax]"),
        .lake(
            "description: a: b",
            "4:15: this is not valid YAML: mapping values are not allowed in this context. [project.syntax]"),
        .lake(
            "exclude:\n\t- {}",
            "5:1: this is not valid YAML: found character that cannot start any token (while scanning for the next "
                + "token, line 5). [project.syntax]"),
    ]

    static let ofConnections: [WrongFile] = [
        .connection("        path: x", "7:9: a connection needs the key 'kind'. [project.missing-key]"),
        .connection(
            "        kind: mysqll",
            "7:15: expected one of sqlite, duckdb, files, mysql, postgres, found 'mysqll': did you mean 'mysql'? [project.bad-value]"
        ),
        .connection(
            "        kind: sqlite", "7:9: an SQLite connection needs the key 'path'. [project.missing-key]"),
        .connection(
            "        { kind: sqlite, path: x, host: y }", "7:34: unknown key 'host'. [project.unknown-key]"),
        .connection(
            "        { kind: sqlite, path: '{databse}.db' }",
            "7:31: '{databse}.db' in the path stands for nothing. [project.bad-value]"),
        .connection(
            "        { kind: mysql, user: u, port: 70000 }",
            "7:39: expected a whole number from 1 to 65535, found the number 70000. [project.wrong-type]"),
        .connection(
            "        { kind: mysql, user: u, tls: yes }",
            "7:38: expected true, false or verify, found 'yes'. [project.wrong-type]"),
        .connection(
            "        { kind: mysql, user: u, host: h, socket: s }",
            "7:33: 'host' and 'socket' cannot both be given. [project.conflict]"),
        .connection(
            "        { kind: mysql, user: u, password: hunter2 }",
            "7:43: a password stands in the file. [project.secret-in-file]"),
        .connection(
            "        { kind: mysql, user: u, password: '${P:-hunter2}' }",
            "7:43: a password stands in the file. [project.secret-in-file]"),
        .connection(
            "        { kind: mysql, user: u, password: [hunter2] }",
            "7:43: a password stands in the file. [project.secret-in-file]"),
        .connection(
            "        { kind: mysql, user: u, password: '${P:-}', password_file: p }",
            "7:53: 'password_file' and 'password' cannot both be given. [project.conflict]"),
        .connection(
            "        { kind: mysql, user: u, password_file: p }",
            "7:48: the password file 'p' cannot be read as text. [project.bad-value]"),
    ]

    static let ofSources: [WrongFile] = [
        WrongFile(
            "sources/v3_billing.yaml", "tables: { a: {} }",
            "sources/v3_billing.yaml:1:1: a source needs the key 'connection'. [project.missing-key]"),
        WrongFile(
            "sources/v3_billing.yaml", "connection: v4\ntables: { a: {} }",
            "sources/v3_billing.yaml:1:13: the environment local has no connection 'v4': did you mean 'v3'? [project.unknown-connection]"
        ),
        WrongFile(
            "sources/v3_billing.yaml", "connection: v3\ntables: {}",
            "sources/v3_billing.yaml:2:9: there are no tables. [project.bad-value]"),
        WrongFile(
            "sources/v3_billing.yaml", "connection: v3\ntables: [a]",
            "sources/v3_billing.yaml:2:9: expected names of tables with their settings, found a list. [project.wrong-type]"
        ),
        WrongFile(
            "sources/v3_billing.yaml", "connection: v3\ntags: [a, b, a]\ntables: { a: {} }",
            "sources/v3_billing.yaml:2:14: 'a' stands twice in one list. [project.duplicate]"),
        WrongFile(
            "sources/v3_billing.yaml", "connection: v3\ntags: [Big]\ntables: { a: {} }",
            "sources/v3_billing.yaml:2:8: expected a tag of lower-case letters, digits, '-' and '_', found 'Big'. [project.wrong-type]"
        ),
        WrongFile(
            "sources/v3_billing.yaml",
            "connection: v3\nexclude:\n  - { table: tmp_*, reason: Scratch. }\ntables:\n  tmp_x: {}",
            "sources/v3_billing.yaml:5:3: the table 'tmp_x' of v3_billing is excluded by sources/v3_billing.yaml:3:5: Scratch. [project.excluded]"
        ),
        WrongFile(
            "sources/v3_billing.yaml",
            "connection: v3\nexclude: [{ source: a, reason: b }]\ntables: { a: {} }",
            "sources/v3_billing.yaml:2:13: unknown key 'source'. [project.unknown-key]"),
        WrongFile(
            "sources/V3.yaml", "",
            "sources/V3.yaml:1:1: 'V3' cannot be the name of a source. [project.file-name]"),
        WrongFile(
            "sources/v4.yml", "",
            "sources/v4.yml:1:1: the file 'sources/v4.yml' is not read: only '*.yaml' is. [project.stray-file]"
        ),
        WrongFile(
            "sources/more/v4.yaml", "",
            "sources/more:1:1: the folder 'sources/more' is not read: only '*.yaml' is. [project.stray-file]"),
    ]

    static let ofTables: [WrongFile] = [
        .table("{ mod: full }", "3:14: unknown key 'mod': did you mean 'mode'? [project.unknown-key]"),
        .table(
            "{ mode: incr }",
            "3:20: expected one of full, incremental, files, partitioned, found 'incr'. [project.bad-value]"),
        .table(
            "{ mode: incremental }",
            "3:14: the incremental table 'invoice' has no cursor. [project.missing-key]"),
        .table(
            "{ cursor: c }",
            "3:14: the table 'invoice' is read in full, so 'cursor' has no meaning. [project.conflict]"),
        .table(
            "{ overlap: 5m }",
            "3:14: the table 'invoice' is read in full, so 'overlap' has no meaning. [project.conflict]"),
        .table(
            "{ mode: incremental, cursor: c, overlap: 5 minutes }",
            "3:53: expected a duration such as 90s, 5m, 2h or 1d, found '5 minutes'. [project.wrong-type]"),
        .table("{ key: [] }", "3:19: the list is empty. [project.bad-value]"),
        .table("{ key: [a, a] }", "3:23: 'a' stands twice in one list. [project.duplicate]"),
        .table("{ key: [a, 7] }", "3:23: expected text, found the number 7. [project.wrong-type]"),
        .table(
            "{ columns: { a: { type: INT } } }",
            "3:36: expected one of BOOLEAN, VARCHAR, BLOB, found 'INT'. [project.bad-value]"),
        .table("full", "3:12: expected the keys of a table, found 'full'. [project.wrong-type]"),
        .table(
            "{}\n  ../x: {}",
            "4:3: '../x' cannot be the name of a table in the lake: it becomes the name of a folder. [project.bad-value]"
        ),
    ]

    static let ofModels: [WrongFile] = [
        .model("grian: x", "2:1: unknown key 'grian': did you mean 'grain'? [project.unknown-key]"),
        .model(
            "materialization: table",
            "2:18: expected one of full, incremental, scd2, view, found 'table'. [project.bad-value]"),
        .model("key: n", "2:1: 'key' has no meaning with materialization full. [project.conflict]"),
        .model(
            "materialization: scd2\nkey: n", "2:1: materialization scd2 needs 'history'. [project.missing-key]"),
        .model(
            "materialization: view\nlayout: { sort: n }",
            "3:1: 'layout' has no meaning for a view, which has no file. [project.conflict]"),
        .model(
            "columns: { n: {} }\nlayout: { sort: m }",
            "3:17: the column 'm' is not declared: did you mean 'n'? [project.unknown-column]"),
        .model(
            "columns: { n: { checks: [not_nul] } }",
            "2:26: unknown check 'not_nul': did you mean 'not_null'? [project.unknown-check]"),
        .model(
            "columns: { n: { checks: [row_count] } }",
            "2:26: 'row_count' is a check of the table: write it under 'checks'. [project.unknown-check]"),
        .model(
            "columns: { n: { checks: [accepted_values] } }",
            "2:26: the check 'accepted_values' needs a list, or the keys values, severity. [project.missing-key]"
        ),
        .model(
            "columns: { n: { checks: [{ accepted_values: [] }] } }",
            "2:45: the list is empty. [project.bad-value]"),
        .model(
            "columns: { n: { checks: [{ unique: { columns: [n] } }] } }",
            "2:38: unknown key 'columns'. [project.unknown-key]"),
        .model(
            "columns: { n: { checks: [unique, { unique: { severity: warn } }] } }",
            "2:34: the check unique(n) stands twice: first on line 2. [project.duplicate]"),
        .model(
            "columns: { n: { checks: [{ not_null: { severity: wran } }] } }",
            "2:50: expected one of block, warn, found 'wran': did you mean 'warn'? [project.bad-value]"),
        .model(
            "columns: { n: { checks: [{ relationships: { to: silver.dim_custmer, column: c } }] } }",
            "2:49: there is no table 'silver.dim_custmer' in this lake: did you mean 'silver.dim_customer'? [project.unknown-table]"
        ),
        .model(
            "columns: { n: { checks: [{ relationships: { to: customer, column: c } }] } }",
            "2:49: 'customer' is not the name of a table. [project.bad-value]"),
        .model(
            "columns: { n: { checks: [{ not_null: {}, unique: {} }] } }",
            "2:26: expected one check, found 2 keys. [project.wrong-type]"),
        .model(
            "checks: [not_null]",
            "2:10: 'not_null' is a check of a column: write it there. [project.unknown-check]"),
        .model(
            "checks: [{ row_count: { min: 3, max: 2 } }]",
            "2:33: no table has at least 3 and at most 2 rows. [project.conflict]"),
        .model(
            "checks: [{ row_count: { severity: warn } }]",
            "2:23: a row count has 'min', 'max' or both. [project.missing-key]"),
        .model(
            "columns: { total: {} }\nchecks: [{ unique: [totl] }]",
            "3:21: the check names the column 'totl', which is not declared: did you mean 'total'? [project.unknown-column]"
        ),
        WrongFile(
            "models/gold/totals.sql", "SELECT 1",
            "models/gold/totals.sql:1:1: the model does not begin with a header. [project.missing-header]"),
        WrongFile(
            "models/gold/totals.sql", "\n/*---\nSELECT 1",
            "models/gold/totals.sql:2:1: the header is not closed. [project.missing-header]"),
        WrongFile(
            "models/gold/totals.sql", "/*---\n---*/\n\n-- SELECT 1\n/* a /* b */ c */ ;",
            "models/gold/totals.sql:4:1: there is no SELECT after the header. [project.empty-sql]"),
        WrongFile(
            "models/gold/Totals.sql", "/*------*/SELECT 1",
            "models/gold/Totals.sql:1:1: 'Totals' cannot be the name of a model. [project.file-name]"),
        WrongFile(
            "models/gold/notes.txt", "",
            "models/gold/notes.txt:1:1: the file 'models/gold/notes.txt' is not read: only '*.sql' is. [project.stray-file]"
        ),
        WrongFile(
            "models/sliver/a.sql", "",
            "models/sliver:1:1: the folder 'models/sliver' is not read: did you mean 'silver'? [project.stray-file]"
        ),
    ]
}
