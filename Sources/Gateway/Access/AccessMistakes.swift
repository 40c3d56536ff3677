internal import LakeModel
internal import Project

/// A token can be guessed.
struct TokenTooShort: Diagnostic {
    let name: String
    let place: Place?

    var code: String { "gateway.short-token" }
    var problem: String { "The token '\(name)' has fewer than \(Access.tokenBytesMin) characters." }
    var remedy: String { "Make one with: openssl rand -hex 32" }
}

/// Two tokens cannot be told apart.
struct TokenTwice: Diagnostic {
    let name: String
    let place: Place?

    var code: String { "gateway.token-twice" }
    var problem: String { "The token '\(name)' has the name or the text of another one." }
    var remedy: String { "Give each its own name and text." }
}

/// A token's variable is not set.
struct TokenUnset: Diagnostic {
    let name: String
    let place: Place?

    var code: String { "gateway.token-unset" }
    var problem: String { "The variable of the token '\(name)' is not set for this process, or is empty." }
    var remedy: String { "Set it, or remove the token from lake.yaml." }
}

/// A line of the file of tokens is none.
struct TokenLine: Diagnostic {
    let place: Place?

    var code: String { "gateway.bad-token-line" }
    var problem: String { "The line is not a role (read or operate), a name and a token." }
    var remedy: String { "Write, say: read grafana 4f9a…" }
}

/// The file of tokens cannot be read.
struct TokensUnreadable: Diagnostic {
    let path: String

    var code: String { "gateway.tokens-unreadable" }
    var problem: String { "The file of tokens \(path) cannot be read." }
    var remedy: String { "Make it readable for the user who runs tarn, and for nobody else." }
}

/// Everybody who reaches this machine could operate it.
struct OpenToAll: Diagnostic {
    let address: ListenAddress

    var code: String { "gateway.open-to-all" }
    var problem: String { "Others than this machine reach \(address), and may ask without a token." }
    var remedy: String { "Add 'serve: tokens:' to lake.yaml and remove 'anonymous', or listen on 127.0.0.1." }
}

/// The address is taken, or not one of this machine.
struct CannotListen: Diagnostic {
    let address: ListenAddress
    let reason: String

    var code: String { "gateway.cannot-listen" }
    var problem: String { "Nothing can listen on \(address): \(reason)." }
    var remedy: String { "Stop what listens there, or change 'serve: listen:' in lake.yaml." }
}
