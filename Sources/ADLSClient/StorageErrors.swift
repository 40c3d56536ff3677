internal import ADLS
package import LakeModel

/// No answer came from the account.
package struct StorageUnreachable: Diagnostic {
    package let account: String
    let endpoint: String
    let reason: String
    let attempts: Int
    let isLasting: Bool
    /// Whether what was asked may have been done.
    package let mayHaveHappened: Bool

    package var code: String { "store.unreachable" }
    package var problem: String {
        "The storage account \(account) at \(endpoint) does not answer"
            + "\(attempts > 1 ? " after \(attempts) attempts" : ""): \(reason)."
    }
    package var remedy: String {
        "Check the account's name, the endpoint, and that firewalls of the network and of the account let "
            + "this machine in."
    }
    package var isTransient: Bool { !isLasting }
}

/// The account went on answering that it cannot now.
package struct StorageBusy: Diagnostic {
    package let account: String
    let status: Int
    let errorCode: String
    let requestID: String
    let attempts: Int
    package let mayHaveHappened: Bool

    package var code: String { "store.busy" }
    package var problem: String {
        "The storage account \(account) refused \(attempts) attempts with status \(status)"
            + (errorCode.isEmpty ? "" : " \(errorCode)")
            + (requestID.isEmpty ? "." : " (request \(requestID)).")
    }
    package var remedy: String {
        "Run again later; if it stays, run fewer steps at once, or ask Azure for a higher limit."
    }
    package var isTransient: Bool { true }
}

/// The account does not let this credential do this.
package struct StorageForbidden: Diagnostic {
    /// What the refusal and the clocks tell.
    enum Reason: Hashable, Sendable {
        case signatureExpired(at: String)
        case clockSkew(seconds: Int64)
        case wrongKey, wrongSignature, roleMissing, tokenRefused, firewall, notAllowed
    }

    let account: String
    let credential: StorageCredential
    let act: String
    let reason: Reason
    let status: Int
    let errorCode: String
    let requestID: String

    package var code: String { "store.forbidden" }
    package var problem: String {
        let why =
            switch reason {
            case .signatureExpired(let instant): "the SAS expired at \(instant)"
            case .clockSkew(let seconds): "this machine's clock is \(seconds) s off"
            case .wrongKey: "the key is not the account's"
            case .wrongSignature: "the SAS is not valid, or not for this"
            case .roleMissing: "it has no role that allows that"
            case .tokenRefused: "the token was refused"
            case .firewall: "the account does not accept this machine's address or way"
            case .notAllowed: "it is not allowed"
            }
        return "The storage account \(account) does not let \(credential) \(act): \(why) "
            + "(status \(status)\(errorCode.isEmpty ? "" : " \(errorCode)"), request \(requestID))."
    }
    package var remedy: String {
        switch reason {
        case .signatureExpired: "Make a new SAS and set AZURE_STORAGE_SAS_TOKEN or the connection string."
        case .clockSkew: "Set the clock: Azure accepts fifteen minutes of difference. Run NTP."
        case .wrongKey: "Take the key from the portal (Access keys); it may have been rotated."
        case .wrongSignature:
            "Make a SAS of the container with the rights racwdlm, and pass it on unchanged."
        case .roleMissing:
            "Give it the role Storage Blob Data Contributor on the container or the account; that takes some "
                + "minutes to hold."
        case .tokenRefused: "Check that tenant and account belong together."
        case .firewall: "Allow this network in the account's Networking page, or use a private endpoint."
        case .notAllowed: "Check the rights of the credential, and locks and policies of the container."
        }
    }
}

/// There is no such filesystem (container) in the account.
package struct FilesystemMissing: Diagnostic {
    let account: String
    let filesystem: String

    package init(account: String, filesystem: String) {
        self.account = account
        self.filesystem = filesystem
    }

    package var code: String { "store.filesystem-missing" }
    package var problem: String { "The storage account \(account) has no container '\(filesystem)'." }
    package var remedy: String {
        "Create it: az storage container create --account-name \(account) --name \(filesystem)"
    }
}

/// The account is none of ADLS Gen2.
package struct NamespaceFlat: Diagnostic {
    let account: String

    package init(account: String) { self.account = account }

    package var code: String { "store.namespace-flat" }
    package var problem: String { "The storage account \(account) has no hierarchical namespace." }
    package var remedy: String {
        "Turn it on (Data Lake Gen2 upgrade in the portal), or take another account: renames must be one act."
    }
}

/// Any other refusal.
package struct StorageRefused: Diagnostic {
    package let account: String
    package let act: String
    package let status: Int
    package let errorCode: String
    package let requestID: String

    package var code: String { "store.refused" }
    package var problem: String {
        "The storage account \(account) refused to \(act): status \(status)"
            + (errorCode.isEmpty ? "" : " \(errorCode)")
            + (requestID.isEmpty ? "." : " (request \(requestID)).")
    }
    package var remedy: String {
        "Look the error code up in Azure's documentation; with the request's id its support finds the cause."
    }
}

extension StorageClient {
    /// What a refusal means that the caller has no use for.
    /// - Parameter act: A verb and its object: `read silver/orders/latest.parquet`.
    package func failure(_ reply: StorageReply, to act: String, filesystem: String) -> any Diagnostic {
        let errorCode = reply.errorCode ?? ""
        let requestID = reply.header(HeaderName.requestID) ?? "unknown"
        switch (reply.status, errorCode) {
        case (_, "ContainerNotFound"), (_, "FilesystemNotFound"), (_, "ContainerBeingDeleted"):
            return FilesystemMissing(account: account.name, filesystem: filesystem)
        case (_, "HierarchicalNamespaceNotEnabled"), (_, "EndpointUnsupportedAccountFeatures"):
            return NamespaceFlat(account: account.name)
        case (401, _), (403, _):
            let date = reply.header(HeaderName.date).flatMap { HTTPDate.parse($0) }
            return StorageForbidden(
                account: account.name, credential: account.credential, act: act,
                reason: reason(errorCode, serverDate: date, now: .now), status: reply.status,
                errorCode: errorCode, requestID: requestID)
        default:
            return StorageRefused(
                account: account.name, act: act, status: reply.status, errorCode: errorCode,
                requestID: requestID)
        }
    }

    /// Why an account says no, from its words, what is known of the credential, and the two clocks.
    func reason(_ errorCode: String, serverDate: Timestamp?, now: Timestamp) -> StorageForbidden.Reason {
        if errorCode == "AuthorizationPermissionMismatch" {
            return account.credential.needsToken ? .roleMissing : .wrongSignature
        }
        if case .signature(let text) = account.credential {
            let target = try? RequestTarget("/?" + text.reveal().drop { $0 == "?" })
            if let expiry = target?["se"], let instant = SharedAccessSignature.instant(expiry),
                instant < (serverDate ?? now)
            {
                return .signatureExpired(at: expiry)
            }
        }
        if let serverDate {
            let skew = (now - serverDate).components.seconds
            if abs(skew) > 14 * 60 { return .clockSkew(seconds: skew) }
        }
        switch (errorCode, account.credential) {
        case ("AuthorizationSourceIPMismatch", _), ("AuthorizationProtocolMismatch", _): return .firewall
        case ("AuthorizationFailure", .sharedKey), ("AuthorizationFailure", .clientSecret),
            ("AuthorizationFailure", .federatedToken), ("AuthorizationFailure", .managedIdentity):
            return .firewall
        case (_, .sharedKey): return .wrongKey
        case (_, .signature): return .wrongSignature
        case ("InvalidAuthenticationInfo", _), ("AuthenticationFailed", _): return .tokenRefused
        default: return .notAllowed
        }
    }
}
