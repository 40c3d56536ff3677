import Foundation
import LakeModel
import Project
import Testing

@Suite struct `Variables and secrets` {
    @Test(arguments: [
        ("${A}", "one"), ("x${A}y${B}z", "xoney2z"), ("${C:-three}", "three"), ("${EMPTY:-four}", "four"),
        ("${A:-five}", "one"), ("$${A}", "${A}"), ("$A $", "$A $"), ("${C:-}x", "x"),
        ("a$${${A}}", "a${one}"), ("${EMPTY}x", "x"),
    ])
    func `are replaced in any value`(written: String, read: String) throws {
        var files = LakeFiles(variables: ["A": "one", "B": "2", "EMPTY": ""])
        files.files["lake.yaml"]? += "\ndescription: '\(written)'"
        let loaded = try files.load()
        #expect(loaded.mistakes.isEmpty)
        #expect(loaded.definition?.description == read)
    }

    @Test func `decide numbers and truth values too`() throws {
        let files = LakeFiles(
            ["lake.yaml": twoEnvironments], variables: ["PORT": "3307", "P": "hunter2", "TLS": "true"])
        let loaded = try files.load()
        #expect(loaded.mistakes.map(\.description) == [])
        let address = try #require(mysql(loaded))
        #expect(
            address.port == 3_307 && address.host == "db" && address.tls == .on
                && address.password.reveal() == "hunter2")
    }

    @Test func `are missed only in the environment that is in force`() throws {
        let files = LakeFiles(["lake.yaml": twoEnvironments])
        let found = try files.mistakes()
        #expect(
            found == [
                "lake.yaml:6:51: the environment variable PORT is not set. [project.variable-unset]",
                "lake.yaml:6:86: the environment variable TLS is not set. [project.variable-unset]",
                "lake.yaml:6:106: the environment variable P is not set. [project.variable-unset]",
            ])
        #expect(try files.mistakes(environment: "test") == [])
        #expect(try files.load(environment: "test").definition?.environment == "test")
        #expect(
            try files.mistakes(environment: "tset") == [
                "lake.yaml:3:14: there is no environment 'tset': did you mean 'test'? [project.unknown-environment]"
            ])
    }

    @Test func `of other environments are still checked for their structure`() throws {
        let files = LakeFiles(["lake.yaml": twoEnvironments.replacing("user: u", with: "usr: u")])
        let found = try files.mistakes(environment: "test")
        #expect(
            found == [
                "lake.yaml:6:30: a MySQL connection needs the key 'user'. [project.missing-key]",
                "lake.yaml:6:72: unknown key 'usr': did you mean 'user'? [project.unknown-key]",
            ])
    }

    @Test func `a choice of environment without a choice is asked for`() throws {
        let text = twoEnvironments.replacing("environment: live\n", with: "")
        #expect(
            try LakeFiles(["lake.yaml": text]).mistakes() == [
                "lake.yaml:3:1: there are 2 environments and none is chosen. [project.missing-key]"
            ])
    }

    @Test func `passwords may come from a file, without its line feed`() throws {
        var files = LakeFiles(["secret/v3": "hunter2\n"])
        files.files["lake.yaml"] = """
            name: x
            store: store
            environments: { live: { connections: { v3: { kind: mysql, user: u, host: db, password_file: secret/v3 } } } }
            """
        let address = try #require(try mysql(files.load()))
        #expect(address.password.reveal() == "hunter2")
        #expect(
            address.port == 3_306 && address.tls == .on,
            "a server elsewhere is encrypted unless told otherwise")
    }

    @Test func `secrets appear in no rendering of a lake`() throws {
        let files = LakeFiles(
            ["lake.yaml": twoEnvironments], variables: ["PORT": "1", "P": "hunter2", "TLS": "false"])
        let loaded = try files.load()
        #expect(mysql(loaded)?.password.reveal() == "hunter2")
        var dumped = ""
        dump(loaded, to: &dumped)
        #expect(dumped.contains("v3_billing"))
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(loaded)".contains("hunter2") && !String(reflecting: loaded).contains("hunter2"))
    }

    @Test(arguments: [
        "password: hunter2", "password: '${P:-hunter2}'", "password: 'x${P}'", "password: [hunter2]",
        "password: { a: hunter2 }",
        "password: '${P'", "pasword: hunter2", "port: '${P}'", "tls: '${P}'", "password: \"hunter2",
        "password: 'hunter2': x",
        "password: ${P}\n          password: hunter2", "host: '${P}', host: hunter2",
    ])
    func `secrets appear in no mistake`(line: String) throws {
        let files = LakeFiles(
            [
                "lake.yaml": """
                name: x
                store: store
                environments:
                  live:
                    connections:
                      v3:
                        kind: mysql
                        user: u
                        \(line)
                """
            ], variables: ["P": "hunter2"])
        let mistakes = try files.load().mistakes
        #expect(!mistakes.isEmpty)
        var dumped = ""
        dump(mistakes, to: &dumped)
        #expect(!dumped.contains("hunter2") && !mistakes.map(\.description).joined().contains("hunter2"))
    }

    private let twoEnvironments = """
        name: x
        store: store
        environment: live
        environments:
          test: { connections: { v3: { kind: sqlite, path: x } } }
          live: { connections: { v3: { kind: mysql, port: '${PORT}', host: db, user: u, tls: '${TLS}', password: '${P}' } } }
        """

    private func mysql(_ loaded: LoadedLake) -> ConnectionDefinition.ServerAddress? {
        guard case .mysql(let address)? = loaded.definition?.connections["v3"]?.kind else { return nil }
        return address
    }
}
