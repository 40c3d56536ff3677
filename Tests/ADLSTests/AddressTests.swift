import LakeModel
import Testing

@testable import ADLS

@Suite struct `An address` {
    private static func place(_ raw: String, host: String = "127.0.0.1:10000") throws -> StorageAddress {
        try StorageAddress(rawPath: raw, host: host, account: "acct")
    }

    @Test func `names the account in its path, in its host or not at all`() throws {
        let file = StorageAddress(filesystem: "lake", path: "a/b")
        #expect(try Self.place("/acct/lake/a/b") == file)
        #expect(try Self.place("/lake/a/b") == file)
        #expect(try Self.place("/lake/a/b", host: "acct.dfs.localhost:10000") == file)
        #expect(try Self.place("/lake/a/b", host: "ACCT.blob.core.windows.net") == file)
        #expect(
            try Self.place("/acct/a/b", host: "acct.blob.x.y")
                == StorageAddress(filesystem: "acct", path: "a/b"))
        for raw in ["/acct", "/acct/", "/"] { #expect(try Self.place(raw).filesystem == nil) }
        #expect(try Self.place("/acct/lake") == StorageAddress(filesystem: "lake", path: ""))
        #expect(try Self.place("/acct/lake/").path == "")
    }

    @Test func `is split before it is decoded`() throws {
        #expect(try Self.place("/acct/lake/a%2Fb%20c%2Ff.txt").path == "a/b c/f.txt")
        #expect(try Self.place("/acct/lake/p=0/a+b%2B%C3%BC.txt").path == "p=0/a+b+ü.txt")
        #expect(try Self.place("/acct/lake//").path == "")
        #expect(try Self.place("/acct/lake/a//b/").path == "a/b")
        #expect(try Self.place("/acct/lake/100%25").path == "100%")
        #expect(try Self.place("/acct/lake/a%5Cb").path == "a\\b")
        // A mark that joins the slash before it makes no other character of that.
        #expect(try Self.place("/acct/lake/a/%CC%81b").path.pathParts.count == 2)
        #expect(StorageAddress.parent(of: "a/\u{301}b") == "a")
    }

    @Test(arguments: [
        "/acct/lake/..", "/acct/lake/a/../b", "/acct/lake/%2e%2e/x", "/acct/lake/a%2F..%2F..%2Fetc",
        "/acct/../x",
        "/acct/lake/../%CC%81x", "/acct/lake/a/%CC%81/../..", "/acct/lake/./x",
        "/acct/lake/a%00b", "/acct/lake/a%0Ab", "/acct/lake/%", "/acct/lake/%zz",
        "/acct/lake/%ff",
        "/acct/Lake/x", "/acct/a/x", "/acct/la--ke/x", "/acct/-lake/x", "/acct/lake-/x",
        "/acct/.tarn-store/x",
        "/acct/%2e%2e/x", "/acct/lake%2Fa", "/acct//lake",
    ])
    func `that leads elsewhere or names nothing is refused`(raw: String) {
        #expect(throws: StorageFailure.self) { try Self.place(raw) }
    }

    @Test func `has bounds`() throws {
        let name = String(repeating: "n", count: 255)
        #expect(try Self.place("/acct/lake/\(name)").path == name)
        #expect(throws: StorageFailure.self) { try Self.place("/acct/lake/\(name)n") }
        #expect(throws: StorageFailure.self) {
            try Self.place("/acct/lake/" + Array(repeating: "d", count: 64).joined(separator: "/"))
        }
        #expect(throws: StorageFailure.self) { try RequestTarget("/acct/lake/é") }
        #expect(throws: StorageFailure.self) {
            try RequestTarget("/" + String(repeating: "x", count: 17_000))
        }
        #expect(throws: StorageFailure.self) {
            try RequestTarget("/?" + Array(repeating: "a=b", count: 101).joined(separator: "&"))
        }
    }

    @Test func `keeps its path raw and decodes its query`() throws {
        let target = try RequestTarget("/a%2Fb?Prefix=x%2By+z&flag&empty=&eq=a=b")
        #expect(target.rawPath == "/a%2Fb")
        #expect(target["prefix"] == "x+y z")
        #expect(target["flag"] == "" && target.text("flag") == nil)
        #expect(target["eq"] == "a=b")
        #expect(target["none"] == nil)
    }

    @Test func `of a lake is written in two ways`() throws {
        let short = try ADLSLocation("adls://lake@acct/bronze/x")
        #expect(short == ADLSLocation(filesystem: "lake", account: "acct", path: "bronze/x"))
        #expect(short.description == "adls://lake@acct/bronze/x")
        #expect(short.abfss == "abfss://lake@acct.dfs.core.windows.net/bronze/x")
        let long = try ADLSLocation("abfss://lake@acct.dfs.core.windows.net/")
        #expect(long == ADLSLocation(filesystem: "lake", account: "acct", suffix: "core.windows.net"))
        for wrong in [
            "lake", "s3://b/x", "adls://acct/x", "adls://lake@", "adls://l@acct/x", "adls://lake@Acct/x",
            "adls://lake@acct.example/x", "adls://lake@acct/../x", "adls://a@b@c/x",
        ] {
            #expect(throws: ADLSLocationMistake.self, "\(wrong)") { try ADLSLocation(wrong) }
        }
    }
}

@Suite struct `A connection string` {
    private static let key = ConnectionString.developmentKey.reveal()

    @Test func `of the portal names the account and its endpoints`() throws {
        let text = try ConnectionString(
            Secret(
                "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=\(Self.key);EndpointSuffix=core.windows.net"
            ))
        #expect(text.account == "acct")
        #expect(text.dfsEndpoint == "https://acct.dfs.core.windows.net")
        #expect(text.blobEndpoint == "https://acct.blob.core.windows.net")
        guard case .key(let key) = text.credential else {
            Issue.record("no key")
            return
        }
        #expect(key.reveal() == Self.key)
    }

    @Test func `with one endpoint gives both`() throws {
        let local = try ConnectionString(
            Secret("AccountName=acct;AccountKey=\(Self.key);BlobEndpoint=http://127.0.0.1:1/acct/"))
        #expect(local.dfsEndpoint == "http://127.0.0.1:1/acct")
        let far = try ConnectionString(
            Secret("DfsEndpoint=https://acct.dfs.example.org;SharedAccessSignature=?sv=1&sig=2=="))
        #expect(far.account == "acct" && far.blobEndpoint == "https://acct.blob.example.org")
        guard case .signature(let sas) = far.credential else {
            Issue.record("no SAS")
            return
        }
        #expect(sas.reveal() == "sv=1&sig=2==")
        let development = try ConnectionString(Secret("UseDevelopmentStorage=true"))
        #expect(development.account == "devstoreaccount1")
        #expect(development.dfsEndpoint == "http://127.0.0.1:10000/devstoreaccount1")
    }

    @Test(arguments: [
        "", "nonsense", "AccountKey=QUJD", "AccountName=a;AccountName=b",
        "AccountName=a;AccountKey=hush-hush",
        "AccountName=a;DefaultEndpointsProtocol=ftp",
    ])
    func `that cannot be used is refused without being shown`(text: String) {
        do {
            _ = try ConnectionString(Secret(text))
            Issue.record("it was taken")
        } catch {
            #expect(!error.description.contains("hush"))
            #expect(error.code == "store.bad-connection-string")
        }
    }
}
