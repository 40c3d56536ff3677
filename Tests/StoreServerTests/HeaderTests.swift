import TarnTesting
import Testing

@testable import StoreServer

/// Headers without which some client fails, or ends its process: each was found by leaving it out.
@Suite struct `An answer` {
    private static func expect(
        _ answer: HTTPAnswer, _ status: Int, _ names: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
        for name in names + ["x-ms-request-id", "x-ms-version", "date"] {
            #expect(answer.headers[name]?.isEmpty == false, "\(name)", sourceLocation: sourceLocation)
        }
    }

    private static let written = ["etag", "last-modified", "x-ms-request-server-encrypted"]
    private static let path = [
        "etag", "last-modified", "content-type", "x-ms-server-encrypted", "x-ms-creation-time",
        "x-ms-blob-type",
        "x-ms-lease-status", "x-ms-lease-state", "x-ms-resource-type", "x-ms-owner", "x-ms-group",
        "x-ms-permissions", "x-ms-acl", "accept-ranges",
    ]

    @Test func `of everything that writes has what clients need`() async throws {
        try await ServedFolder.with { folder in
            Self.expect(
                try await folder.ask("PUT", "/acct/other?restype=container"), 201, ["etag", "last-modified"])
            Self.expect(
                try await folder.ask("PUT", "/acct/more?resource=filesystem"), 201, ["etag", "last-modified"])
            Self.expect(try await folder.ask("PUT", "/acct/lake/d?resource=directory"), 201, Self.written)
            Self.expect(try await folder.ask("PUT", "/acct/lake/f?resource=file"), 201, Self.written)
            Self.expect(
                try await folder.ask("PATCH", "/acct/lake/f?action=append&position=0", body: [1, 2, 3]), 202,
                ["x-ms-request-server-encrypted"])
            Self.expect(
                try await folder.ask("PATCH", "/acct/lake/f?action=flush&position=3&close=true"), 200,
                Self.written)
            Self.expect(
                try await folder.ask("PATCH", "/acct/lake/f?action=append&position=3&flush=true", body: [4]),
                202,
                Self.written)
            Self.expect(try await folder.put("b", "text"), 201, Self.written)
            Self.expect(
                try await folder.ask("PUT", "/acct/lake/c?comp=block&blockid=QQ==", body: [1]), 201,
                ["x-ms-request-server-encrypted"])
            Self.expect(
                try await folder.ask(
                    "PUT", "/acct/lake/c?comp=blocklist",
                    body: Array("<BlockList><Latest>QQ==</Latest></BlockList>".utf8)),
                201, Self.written)
            Self.expect(
                try await folder.ask("PUT", "/acct/lake/copy", ["x-ms-copy-source": "http://x/acct/lake/b"]),
                202,
                ["etag", "last-modified", "x-ms-copy-id", "x-ms-copy-status"])
            Self.expect(
                try await folder.ask("HEAD", "/acct/lake/copy"), 200,
                Self.path + [
                    "x-ms-copy-id", "x-ms-copy-status", "x-ms-copy-source", "x-ms-copy-progress",
                    "x-ms-copy-completion-time",
                ])
            Self.expect(
                try await folder.ask(
                    "PUT", "/acct/lake/b?comp=lease",
                    ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "15"]),
                201, ["etag", "last-modified", "x-ms-lease-id"])
            Self.expect(
                try await folder.ask(
                    "POST", "/acct/lake/b", ["x-ms-lease-action": "break", "x-ms-lease-break-period": "0"]),
                202, ["x-ms-lease-time"])
            Self.expect(
                try await folder.ask("PUT", "/acct/lake/g?mode=legacy", ["x-ms-rename-source": "/lake/f"]),
                201, ["etag"])
            #expect(try await folder.ask("DELETE", "/acct/lake/g").status == 202)
            #expect(try await folder.ask("DELETE", "/acct/lake/d?recursive=true").status == 202)
            #expect(try await folder.ask("DELETE", "/acct/other?restype=container").status == 202)
        }
    }

    @Test func `of reading has what clients need, and its true length`() async throws {
        try await ServedFolder.with { folder in
            try await folder.put(
                "f", "hello world", ["x-ms-meta-Mixed": "Case", "x-ms-blob-content-type": "text/plain"])
            let head = try await folder.ask("HEAD", "/acct/lake/f")
            Self.expect(head, 200, Self.path)
            #expect(head.headers["content-length"] == "11")
            #expect(head.headers["x-ms-meta-mixed"] == "Case")
            #expect(head.headers["transfer-encoding"] == nil)
            let whole = try await folder.ask("GET", "/acct/lake/f")
            Self.expect(whole, 200, Self.path)
            #expect(whole.text == "hello world" && whole.headers["content-type"] == "text/plain")
            for header in ["range", "x-ms-range"] {
                let part = try await folder.ask("GET", "/acct/lake/f", [header: "bytes=6-99"])
                Self.expect(part, 206, Self.path + ["content-range"])
                #expect(part.text == "world" && part.headers["content-range"] == "bytes 6-10/11")
            }
            #expect(
                try await folder.ask("GET", "/acct/lake/f", ["range": "bytes=11-"]).code == "InvalidRange")
            let digest = try await folder.ask(
                "GET", "/acct/lake/f", ["x-ms-range": "bytes=0-4", "x-ms-range-get-content-md5": "true"])
            #expect(digest.headers["content-md5"] == "XUFAKrxLKna5cZ2REBfFkg==")
            try await folder.ask("PUT", "/acct/lake/d?resource=directory")
            let directory = try await folder.ask("HEAD", "/acct/lake/d")
            Self.expect(directory, 200, Self.path + ["x-ms-meta-hdi_isfolder"])
            #expect(directory.headers["x-ms-resource-type"] == "directory")
            let access = try await folder.ask("HEAD", "/acct/lake//?action=getAccessControl&upn=false")
            Self.expect(access, 200, ["x-ms-owner", "x-ms-group", "x-ms-permissions", "x-ms-acl"])
            Self.expect(
                try await folder.ask("GET", "/acct/lake?restype=container"), 200,
                [
                    "etag", "last-modified", "x-ms-lease-status", "x-ms-lease-state",
                    "x-ms-has-immutability-policy", "x-ms-has-legal-hold",
                ])
        }
    }

    @Test func `of a list says what it is`() async throws {
        try await ServedFolder.with { folder in
            try await folder.put("a/b", "x")
            let paths = try await folder.ask("GET", "/acct/lake?resource=filesystem&recursive=true")
            #expect(paths.headers["content-type"] == "application/json;charset=utf-8")
            #expect(paths.text.contains(#""isDirectory":"true""#) && paths.text.contains(#""name":"a/b""#))
            #expect(paths.headers["x-ms-continuation"] == nil)
            let page = try await folder.ask(
                "GET", "/acct/lake?resource=filesystem&recursive=true&maxResults=1")
            #expect(page.headers["x-ms-continuation"] != nil)
            let blobs = try await folder.ask("GET", "/acct/lake?restype=container&comp=list")
            #expect(blobs.headers["content-type"] == "application/xml")
            #expect(blobs.text.contains(#"ContainerName="lake""#) && blobs.text.contains("<Name>a/b</Name>"))
            // A folder would be taken for an empty file, and an empty number for none.
            #expect(!blobs.text.contains("<Name>a</Name>") && !blobs.text.contains("<MaxResults"))
            let level = try await folder.ask(
                "GET", "/acct/lake?restype=container&comp=list&prefix=a&delimiter=%2F")
            #expect(level.text.contains("<BlobPrefix><Name>a/</Name></BlobPrefix>"))
        }
    }

    @Test func `of a refusal has a body of its protocol, and of HEAD none`() async throws {
        try await ServedFolder.with { folder in
            let blob = try await folder.ask("GET", "/acct/lake/none")
            #expect(blob.status == 404 && blob.code == "BlobNotFound")
            #expect(
                blob.headers["content-type"] == "application/xml"
                    && blob.text.contains("<Code>BlobNotFound</Code>"))
            let dfs = try await folder.ask(
                "GET", "/acct/lake?resource=filesystem&directory=none&recursive=true")
            #expect(dfs.status == 404 && dfs.code == "PathNotFound")
            #expect(dfs.text.hasPrefix(#"{"error":{"code":"PathNotFound","message":""#))
            let head = try await folder.ask("HEAD", "/acct/lake/none")
            #expect(head.status == 404 && head.code == "BlobNotFound")
            // A client that finds a type looks for a document, and ends its process if there is none.
            #expect(head.headers["content-type"] == nil && head.headers["content-length"] == "0")
            let nobody = try await folder.ask("GET", "/acct/lake/none", ["authorization": ""])
            #expect(nobody.status == 401 && nobody.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
            let existing = try await folder.ask("PUT", "/acct/lake/f?resource=directory")
            #expect(existing.status == 201)
            let again = try await folder.ask("PUT", "/acct/lake/f?resource=directory", ["if-none-match": "*"])
            #expect(again.code == "PathAlreadyExists")
            #expect(again.headers["x-ms-existing-resource-type"] == "directory")
        }
    }
}
