import Blocking
import Glibc
import MySQL
import TarnTesting
import Testing

@Suite struct `An encrypted MySQL connection` {
    @Test func `is made with any certificate if it must be encrypted, with a trusted one if verified`()
        async throws
    {
        var name = Array("/tmp/tarn-tls-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&name))
        let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for file in ["key.pem", "certificate.pem"] { unlink("\(folder)/\(file)") }
            rmdir(folder)
        }
        let (key, certificate) = ("\(folder)/key.pem", "\(folder)/certificate.pem")
        try GuardedProcess.run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
            "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ])
        let server = try await MariaDBServer.another(options: [
            "--ssl-key=\(key)", "--ssl-cert=\(certificate)",
        ])
        defer { server.stop() }
        let settings = server.administrator
        try await BlockingPool.shared.run {
            func cipher(_ tls: MySQLSettings.TLS) throws -> String? {
                var settings = settings
                settings.tls = tls
                return try MySQLConnection(settings).query("SHOW STATUS LIKE 'Ssl_cipher'").rows[0][1]
            }
            let (clear, encrypted) = (try cipher(.disabled), try cipher(.required))
            #expect(clear == "" && encrypted != "")
            let verified = try cipher(.verified(authority: certificate))
            #expect(verified != "")
            // Self-signed: nobody whom the system trusts has vouched for it.
            let error = #expect(throws: MySQLError.self) { try cipher(.verified(authority: nil)) }
            #expect(error?.kind == .tls, "\(String(describing: error))")
        }
    }
}
