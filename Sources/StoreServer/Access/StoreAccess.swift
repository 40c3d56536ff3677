internal import ADLS
internal import LakeModel

/// Who may do what.
struct StoreAccess: Sendable {
    let account: String
    let key: SharedKey
    let tokens: [Secret]
    let allowsAnonymousReading: Bool

    /// How a client has shown who it is.
    enum Caller: Sendable {
        /// It has the account's key, and may do everything.
        case keyHolder
        case signature(SharedAccessSignature)
        case anonymous

        /// Whether it may put something in the place of what is there.
        var mayOverwrite: Bool {
            switch self {
            case .keyHolder: true
            case .signature(let sas): sas.permissions.contains("w")
            case .anonymous: false
            }
        }
    }

    /// By so much clocks may differ: a request that was recorded is of no use later.
    static let skewMax = Duration.seconds(15 * 60)

    func identify(_ request: StoreRequest) throws(StorageFailure) -> Caller {
        if let text = request.text(HeaderName.authorization) {
            switch Authorization(text) {
            case .sharedKey(let account, let signature):
                try check(request, account, signature)
                return .keyHolder
            case .bearer(let token):
                if tokens.contains(where: { Self.areEqual($0.reveal(), token) }) { return .keyHolder }
                // As Azure answers to a token that has expired.
                throw StorageFailure(
                    StorageErrorCode("InvalidAuthenticationInfo", 401),
                    "This server knows keys and SAS, but not this token.")
            case nil:
                throw StorageFailure(
                    .invalidAuthenticationInfo, "The header Authorization is no SharedKey of an account.")
            }
        }
        if let signature = try SharedAccessSignature.parse(request.target) { return .signature(signature) }
        guard allowsAnonymousReading else {
            throw StorageFailure(
                .noAuthenticationInformation,
                "Server failed to authenticate the request: it has neither Authorization nor a SAS.")
        }
        return .anonymous
    }

    /// In a time that does not tell where they differ.
    private static func areEqual(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }

    private func check(_ request: StoreRequest, _ account: String, _ signature: String) throws(StorageFailure)
    {
        guard account == self.account else {
            throw StorageFailure(.authenticationFailed, "The account is not the one that is served here.")
        }
        guard let text = request.text(HeaderName.msDate) ?? request.text(HeaderName.date),
            let date = HTTPDate.parse(text)
        else { throw StorageFailure(.authenticationFailed, "The request has no x-ms-date.") }
        let skew = max(request.now - date, date - request.now)
        guard skew <= Self.skewMax else {
            throw StorageFailure(
                .authenticationFailed,
                "The clocks of client and server differ by more than 15 minutes: it is \(HTTPDate.text(request.now))."
            )
        }
        let signed = SignedRequest(
            method: request.wireMethod, target: request.target, headers: request.headers)
        for order in SignedRequest.HeaderOrder.allCases
        where key.isValid(signature, of: signed.stringToSign(account: account, order: order)) { return }
        throw StorageFailure(
            .authenticationFailed,
            "Server failed to authenticate the request: the signature is not that of the request and the account's key."
        )
    }

    /// Whether the caller may do this there.
    /// - Throws: ``StorageFailure`` if not.
    func authorize(
        _ caller: Caller, _ need: SharedAccessSignature.Need, at address: StorageAddress,
        _ request: StoreRequest
    ) throws(StorageFailure) {
        switch caller {
        case .keyHolder: return
        case .signature(let sas):
            try sas.check(
                key, account: account, address: address, need: need,
                caller: SharedAccessSignature.Caller(
                    address: request.clientAddress, isEncrypted: request.isEncrypted, now: request.now))
        case .anonymous:
            guard need.letters.contains(where: { "rl".contains($0) }),
                request.method == "GET" || request.method == "HEAD"
            else {
                throw StorageFailure(
                    .noAuthenticationInformation, "Without a key or a SAS this store is only read.")
            }
        }
    }
}
