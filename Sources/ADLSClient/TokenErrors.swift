internal import LakeModel

/// No token was issued.
package struct TokenRefused: Diagnostic {
    let credential: StorageCredential
    let status: Int
    /// OAuth's name for it, such as `invalid_client`.
    let error: String
    /// Microsoft Entra's number for it, such as `AADSTS7000222`.
    let details: String

    package var code: String { "store.token-refused" }
    package var problem: String {
        let said = [error, details].filter { !$0.isEmpty }.joined(separator: ", ")
        return "Microsoft Entra issued no token for \(credential): status \(status)"
            + (said.isEmpty ? "." : " (\(said)).")
    }
    package var remedy: String {
        switch (credential, details) {
        case (.clientSecret, "AADSTS7000222"):
            "The secret has expired: make a new one and set AZURE_CLIENT_SECRET."
        case (.clientSecret, "AADSTS7000215"):
            "Set AZURE_CLIENT_SECRET to the secret's value, not to its id."
        case (_, "AADSTS90002"), (_, "AADSTS900023"): "Set AZURE_TENANT_ID to the directory's id."
        case (_, "AADSTS700016"): "Set AZURE_CLIENT_ID to the application's id; it is not in this tenant."
        case (.managedIdentity, _):
            "Give this machine a managed identity, or set AZURE_CLIENT_ID to the one of its that is meant."
        case (.federatedToken, _):
            "Check the federated credential of the application: issuer, subject and audience of the token."
        default: "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET."
        }
    }
    package var isTransient: Bool { RetryCause(status: status) != nil }
}

/// Who issues tokens does not answer.
package struct TokenUnreachable: Diagnostic {
    let credential: StorageCredential
    let reason: String

    package var code: String { "store.token-unreachable" }
    package var problem: String { "There is no token for \(credential): no answer, \(reason)." }
    package var remedy: String {
        if case .managedIdentity = credential {
            "Outside Azure there is no managed identity. Set AZURE_STORAGE_CONNECTION_STRING, "
                + "AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, or AZURE_TENANT_ID, AZURE_CLIENT_ID and "
                + "AZURE_CLIENT_SECRET."
        } else {
            "Let this machine reach login.microsoftonline.com, or set AZURE_AUTHORITY_HOST."
        }
    }
    package var isTransient: Bool { true }
}

/// The token of the workload cannot be read.
package struct TokenFileUnreadable: Diagnostic {
    let file: String

    package var code: String { "store.token-file-unreadable" }
    package var problem: String { "The token in \(file) (AZURE_FEDERATED_TOKEN_FILE) cannot be read." }
    package var remedy: String {
        "Label the pod azure.workload.identity/use: \"true\", and let its user read the file."
    }
}
