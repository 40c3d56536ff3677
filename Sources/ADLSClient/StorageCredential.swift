package import LakeModel

/// How a client proves to an account who it is.
package enum StorageCredential: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The account's key, in Base64.
    case sharedKey(Secret)
    /// The parameters of a SAS, with or without `?`.
    case signature(Secret)
    /// An application of Microsoft Entra and its secret.
    case clientSecret(tenant: String, client: String, secret: Secret)
    /// Workload identity: the application is proved with a token that the cluster keeps in a file.
    case federatedToken(tenant: String, client: String, file: String)
    /// The identity of the machine; `client` chooses one of several.
    case managedIdentity(client: String?)
    /// For containers that are public; they can only be read.
    case anonymous

    package var description: String {
        switch self {
        case .sharedKey: "the account's key"
        case .signature: "a SAS"
        case .clientSecret(_, let client, _): "the secret of application \(client)"
        case .federatedToken(_, let client, let file): "application \(client) with the token in \(file)"
        case .managedIdentity(nil): "the machine's managed identity"
        case .managedIdentity(let client?): "the machine's managed identity \(client)"
        case .anonymous: "no credential"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether a token of Microsoft Entra stands in each request.
    var needsToken: Bool {
        switch self {
        case .clientSecret, .federatedToken, .managedIdentity: true
        case .sharedKey, .signature, .anonymous: false
        }
    }
}
