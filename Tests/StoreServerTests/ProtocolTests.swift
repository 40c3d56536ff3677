import ADLS
import Foundation
import LakeModel
import TarnTesting
import Testing

@testable import StoreServer

@Suite struct `A client` {
    @Test func `that waits to be invited is, and not if it is refused anyway`() async throws {
        try await ServedFolder.with { folder in
            let body = [UInt8](repeating: 7, count: 100_000)
            let connection = try folder.connect()
            let headers = ["expect": "100-continue", "x-ms-blob-type": "BlockBlob"]
            try await connection.send(try folder.request("PUT", "/acct/lake/f", headers, length: body.count))
            #expect(try await connection.answer().status == 100)
            try await connection.send(body)
            #expect(try await connection.answer().status == 201)
            // The same connection goes on, with an invitation to nothing.
            try await connection.send(
                try folder.request("PUT", "/acct/lake/d?resource=directory", ["expect": "100-continue"]))
            let made = try await connection.answer()
            #expect(made.status == 201 || made.status == 100)
            let refused = try folder.connect()
            try await refused.send(
                try folder.request(
                    "PUT", "/acct/lake/f", headers.merging(["if-none-match": "*"]) { $1 }, length: body.count)
            )
            let answer = try await refused.answer()
            #expect(answer.status == 409 && answer.code == "BlobAlreadyExists")
            #expect(answer.headers["connection"] == "close")
            #expect(await refused.rest() == "")
        }
    }

    @Test func `that sends at once sees why it is refused, and goes on`() async throws {
        try await ServedFolder.with { folder in
            try await folder.put("f", "x")
            let connection = try folder.connect()
            let body = [UInt8](repeating: 7, count: 3_000_000)
            try await connection.send(
                try folder.request(
                    "PUT", "/acct/lake/f", ["x-ms-blob-type": "BlockBlob", "if-none-match": "*"], body: body))
            #expect(try await connection.answer().code == "BlobAlreadyExists")
            try await connection.send(try folder.request("GET", "/acct/lake/f"))
            #expect(try await connection.answer().text == "x")
        }
    }

    @Test func `in C++ renames without the account in the address`() async throws {
        try await ServedFolder.with { folder in
            try await folder.put("src", "x")
            let answer = try await folder.ask(
                "PUT", "/lake/a%20dst?mode=legacy",
                ["x-ms-rename-source": "/acct/lake/src", "x-ms-source-lease-id": ""])
            #expect(answer.status == 201, "\(answer.text)")
            #expect(try await folder.text("a%20dst") == "x")
        }
    }

    @Test func `of Hadoop hides its methods, and renames without a mode`() async throws {
        try await ServedFolder.with { folder in
            let target = "/acct/lake/f"
            #expect(
                try await folder.ask("PUT", "\(target)?resource=file", ["if-none-match": "*"]).status == 201)
            let patch = ["x-http-method-override": "PATCH"]
            #expect(
                try await folder.ask(
                    "PUT", "\(target)?action=append&position=0", patch, body: Array("hello".utf8)
                ).status
                    == 202)
            #expect(
                try await folder.ask("PUT", "\(target)?action=flush&position=5&close=true", patch).status
                    == 200)
            let before = try await folder.ask("HEAD", "\(target)?action=getStatus&upn=false")
            let renamed = try await folder.ask(
                "PUT", "/acct/lake/g?continuation=", ["x-ms-rename-source": "/lake/f", "if-none-match": "*"])
            #expect(renamed.status == 201)
            // It finds out by the ETag whether a rename whose answer was lost has happened.
            let after = try await folder.ask("HEAD", "/acct/lake/g?action=getStatus")
            #expect(before.headers["etag"] == after.headers["etag"] && before.headers["etag"] != nil)
            #expect(try await folder.text("g") == "hello")
        }
    }

    @Test func `may name any version, and encode a name in any way`() async throws {
        try await ServedFolder.with { folder in
            try await folder.put("a%2Fb%20c%2Ff+%C3%BC.txt", "x", ["x-ms-version": "2099-01-01"])
            #expect(try folder.files() == ["lake/a/b c/f+ü.txt": 1])
            let answer = try await folder.ask(
                "GET", "/acct/lake/a/b%20c//f%2B%c3%bc.txt", ["x-ms-version": "2099-01-01"])
            #expect(answer.text == "x" && answer.headers["x-ms-version"] == "2099-01-01")
        }
    }

    @Test func `without the right key is refused`() async throws {
        try await ServedFolder.with { folder in
            try await folder.put("f", "x")
            let old = try folder.connect()
            try await old.send(try folder.request("GET", "/acct/lake/f", at: .now - .seconds(16 * 60)))
            let answer = try await old.answer()
            #expect(answer.code == "AuthenticationFailed" && answer.text.contains("clocks"))
            #expect(
                try await folder.ask("GET", "/acct/lake/f", ["authorization": "SharedKey acct:AAAA"]).code
                    == "AuthenticationFailed")
            #expect(
                try await folder.ask("GET", "/acct/lake/f", ["authorization": "SharedKey other:AAAA"]).code
                    == "AuthenticationFailed")
            #expect(
                try await folder.ask("GET", "/acct/lake/f", ["authorization": "Basic AAAA"]).code
                    == "InvalidAuthenticationInfo")
            #expect(
                try await folder.ask("GET", "/acct/lake/f", ["authorization": ""]).code
                    == "NoAuthenticationInformation")
        }
        try await ServedFolder.with({ $0.allowsAnonymousReading = true }) { folder in
            try await folder.put("f", "x")
            #expect(try await folder.ask("GET", "/acct/lake/f", ["authorization": ""]).text == "x")
            #expect(
                try await folder.ask("DELETE", "/acct/lake/f", ["authorization": ""]).code
                    == "NoAuthenticationInformation")
            #expect(
                try await folder.ask("PUT", "/acct/lake/g?resource=file", ["authorization": ""]).status == 401
            )
            #expect(try await folder.text("f") == "x")
        }
    }
}

@Suite struct `A hostile client` {
    @Test(arguments: [
        "/acct/lake/../../etc/passwd", "/acct/lake/%2e%2e/%2e%2e/etc/passwd", "/acct/lake/a%2F..%2F..%2Fx",
        "/acct/.tarn-store/key", "/acct/%2etarn-store/key", "/acct/lake/a%00b", "/acct/lake/%zz",
        "/acct/lake/%ff",
        "/.tarn-store/key", "/acct/lake/\(String(repeating: "n", count: 300))",
    ])
    func `does not leave the folder`(target: String) async throws {
        try await ServedFolder.with { folder in
            for (method, query) in [("GET", ""), ("PUT", "?resource=file"), ("DELETE", "?recursive=true")] {
                let answer = try await folder.ask(method, target + query)
                #expect((400..<500).contains(answer.status), "\(method) \(target): \(answer.status)")
            }
            #expect(try folder.files() == [:])
        }
    }

    @Test func `follows no link`() async throws {
        try await ServedFolder.with { folder in
            let outside = FileManager.default.temporaryDirectory.appending(
                path: "tarn-out-\(UUID().uuidString)"
            ).path
            try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: outside) }
            try Data("secret".utf8).write(to: URL(filePath: outside + "/f"))
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/lake/d", withDestinationPath: outside)
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/lake/l", withDestinationPath: outside + "/f")
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/other", withDestinationPath: outside)
            for target in ["/acct/lake/d/f", "/acct/lake/l", "/acct/other/f"] {
                #expect(try await folder.ask("GET", target).status == 404)
                #expect(try await folder.ask("HEAD", target).status == 404)
            }
            #expect(try await folder.put("d/new", "x").status >= 400)
            #expect(
                try await folder.ask("PUT", "/acct/lake/m", ["x-ms-rename-source": "/lake/l"]).status == 404)
            let list = try await folder.ask("GET", "/acct/lake?resource=filesystem&recursive=true")
            #expect(list.text == #"{"paths":[]}"#)
            _ = try await folder.ask("DELETE", "/acct/lake?restype=container")
            #expect(FileManager.default.fileExists(atPath: outside + "/f"))
        }
    }

    @Test func `sends no more than it may`() async throws {
        try await ServedFolder.with({ $0.bodyBytesMax = 1_000_000 }) { folder in
            let large = try folder.connect()
            try await large.send(
                try folder.request("PUT", "/acct/lake/f", ["x-ms-blob-type": "BlockBlob"], length: 2_000_000))
            #expect(try await large.answer().code == "RequestBodyTooLarge")
            let chunked = try folder.connect()
            try await chunked.send(
                try folder.request(
                    "PUT", "/acct/lake/f", ["x-ms-blob-type": "BlockBlob", "transfer-encoding": "chunked"]))
            #expect(try await chunked.answer().code == "MissingContentLengthHeader")
            let headers = try folder.connect()
            try? await headers.send(
                try folder.request(
                    "GET", "/acct/lake/f", ["x-ms-meta-a": String(repeating: "x", count: 100_000)]))
            let said = await headers.rest()
            #expect(said.isEmpty || said.hasPrefix("HTTP/1.1 4"), "\(said.prefix(100))")
            let nonsense = try folder.connect()
            try await nonsense.send(Array("\u{16}\u{3}\u{1} nonsense\r\n\r\n".utf8))
            #expect(await nonsense.rest().hasPrefix("HTTP/1.1 400"))
            let metadata = try await folder.put(
                "f", "x", ["x-ms-meta-a": String(repeating: "x", count: 4_000)])
            #expect(metadata.code == "MetadataTooLarge")
            #expect(
                try await folder.ask("PUT", "/acct/lake/f?comp=blocklist", body: Array("<!DOCTYPE x>".utf8))
                    .code
                    == "InvalidXmlDocument")
            #expect(try folder.files() == [:])
            #expect(try folder.leftovers() == [])
            #expect(try await folder.put("f", "x").status == 201)
        }
    }

    @Test func `that stands still is left`() async throws {
        try await ServedFolder.with({ settings in
            settings.progressTimeout = .milliseconds(300)
            settings.idleTimeout = .milliseconds(500)
        }) { folder in
            let slow = try folder.connect()
            try await slow.send(
                try folder.request("PUT", "/acct/lake/f", ["x-ms-blob-type": "BlockBlob"], length: 1_000_000))
            try await slow.send([1, 2, 3])
            #expect(await slow.rest() == "")
            let silent = try folder.connect()
            try await silent.send(Array("GET /acct/lake".utf8))
            let answer = await silent.rest()
            #expect(answer == "")
            #expect(try folder.files() == [:])
        }
    }

    @Test func `that breaks off leaves nothing`() async throws {
        try await ServedFolder.with { folder in
            try await folder.put("f", "before")
            for target in ["/acct/lake/f", "/acct/lake/f?comp=block&blockid=QQ=="] {
                let connection = try folder.connect()
                try await connection.send(
                    try folder.request(
                        "PUT", target, ["x-ms-blob-type": "BlockBlob"],
                        body: Array(repeating: 1, count: 50_000),
                        length: 100_000))
                // Going out of scope closes it.
            }
            try await awaiting { try folder.leftovers() == [] }
            #expect(try await folder.text("f") == "before")
        }
    }

    @Test func `in too many copies is told to come back`() async throws {
        try await ServedFolder.with({ $0.requestsMax = 1 }) { folder in
            let holder = try folder.connect()
            try await holder.send(
                try folder.request(
                    "PUT", "/acct/lake/f", ["x-ms-blob-type": "BlockBlob", "expect": "100-continue"],
                    length: 10))
            #expect(try await holder.answer().status == 100)
            let answer = try await folder.ask("GET", "/acct/lake/f")
            #expect(
                answer.status == 503 && answer.code == "ServerBusy" && answer.headers["retry-after"] == "1")
            try await holder.send(Array("0123456789".utf8))
            #expect(try await holder.answer().status == 201)
            #expect(try await folder.text("f") == "0123456789")
        }
    }

    private func awaiting(_ condition: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try !condition() {
            guard ContinuousClock.now < deadline else { throw ClientFailed("it did not happen") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
