import Blocking
import Glibc
import Postgres
import TarnTesting
import Testing

@Suite struct `An encrypted PostgreSQL connection` {
    @Test func `is made with any certificate if it must be encrypted, with a trusted one if verified`()
        async throws
    {
        let server = try await PostgreSQLServer.another()
        defer { server.stop() }
        let settings = server.administrator.writable
        try await BlockingPool.shared.run {
            let administrator = try PostgresConnection(settings)
            let data = try administrator.query("SHOW data_directory").rows[0][0] ?? ""
            let (key, certificate) = ("\(data)/key.pem", "\(data)/certificate.pem")
            try GuardedProcess.run([
                "/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
                "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                certificate,
            ])
            try GuardedProcess.run(["/bin/chmod", "600", key])
            if getuid() == 0 {
                try GuardedProcess.run(["/bin/chown", "--reference=\(data)", key, certificate])
            }
            try administrator.execute("ALTER SYSTEM SET ssl_cert_file = '\(certificate)'")
            try administrator.execute("ALTER SYSTEM SET ssl_key_file = '\(key)'")
            try administrator.execute("ALTER SYSTEM SET ssl = on")
            try administrator.execute("SELECT pg_reload_conf()")
            func isEncrypted(_ tls: PostgresSettings.TLS) throws -> String? {
                var settings = settings
                settings.tls = tls
                return try PostgresConnection(settings)
                    .query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").rows[0][0]
            }
            let deadline = ContinuousClock.now + .seconds(30)
            while (try? isEncrypted(.required)) == nil, ContinuousClock.now < deadline {}
            #expect(try isEncrypted(.disabled) == "f")
            #expect(try isEncrypted(.required) == "t")
            #expect(try isEncrypted(.verified(authority: certificate)) == "t")
            // Self-signed: nobody whom the system trusts has vouched for it.
            let error = #expect(throws: PostgresError.self) { try isEncrypted(.verified(authority: nil)) }
            #expect(error?.kind == .tls, "\(String(describing: error))")
            let missing = #expect(throws: PostgresError.self) {
                try isEncrypted(.verified(authority: "/nonexistent.pem"))
            }
            #expect(missing?.kind == .tls, "\(String(describing: missing))")

            // Rows of every size cross the borders of encrypted records.
            var encrypted = settings
            encrypted.tls = .required
            encrypted.readTimeout = .seconds(20)
            let connection = try PostgresConnection(encrypted)
            let stream = try connection.copy(
                "SELECT repeat('x', n * 37) FROM generate_series(1, 3000) AS n")
            var (rows, bytes) = (0, 0)
            while try stream.next() {
                rows += 1
                bytes += stream.field(0)?.count ?? 0
            }
            #expect(rows == 3000 && bytes == 37 * 3000 * 3001 / 2)
            let endless = try connection.copy("SELECT repeat('x', 20000) FROM generate_series(1, 1000000)")
            #expect(try endless.next())
            endless.close()
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }
}
