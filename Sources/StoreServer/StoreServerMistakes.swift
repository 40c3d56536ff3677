internal import LakeModel

/// An account that cannot be one.
struct BadAccount: Diagnostic {
    let why: String

    var code: String { "server.bad-account" }
    var problem: String { "The account cannot be served: \(why)." }
    var remedy: String {
        "A name has 3 to 24 lower-case letters and digits. Make a key with: openssl rand -base64 64"
    }
}

/// TLS cannot begin.
struct BadCertificate: Diagnostic {
    let chain: String
    let reason: String

    var code: String { "server.bad-certificate" }
    var problem: String { "The certificate \(chain) or its key cannot be used: \(reason)." }
    var remedy: String { "Give PEM files that belong together: --tls-cert chain.pem --tls-key key.pem" }
}

/// The address is taken, or not one of this machine.
struct CannotServe: Diagnostic {
    let address: String
    let reason: String

    var code: String { "server.cannot-listen" }
    var problem: String { "Nothing can listen on \(address): \(reason)." }
    var remedy: String { "Stop what listens there, or choose another: --port 0 takes a free one." }
}
