internal import ADLS
internal import LakeModel

/// A request as far as it can be told before its body is read.
struct StoreRequest: Sendable {
    /// What is asked for; a proxy may have kept it from being the method of the wire.
    let method: String
    let wireMethod: String
    let target: RequestTarget
    /// Names in lower case.
    let headers: [(name: String, value: String)]
    let host: String
    let address: StorageAddress
    let clientAddress: String
    let isEncrypted: Bool
    let now: Timestamp
    let id: String

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The same where an empty one counts as none.
    func text(_ name: String) -> String? { header(name).flatMap { $0.isEmpty ? nil : $0 } }

    var contentLength: Int64? { text(HeaderName.contentLength).flatMap { Int64($0) } }

    var conditions: RequestConditions { RequestConditions { header($0) } }

    /// Which of the two protocols it speaks, as far as that can be told.
    var isDFS: Bool {
        if target["resource"] != nil || target["action"] != nil || target["recursive"] != nil
            || header(HeaderName.renameSource) != nil
        {
            return true
        }
        if target["comp"] != nil || target["restype"] != nil || header(HeaderName.blobType) != nil {
            return false
        }
        let labels = host.split(separator: ".", maxSplits: 2)
        if labels.count == 3, labels[1] == "dfs" { return true }
        return method == "DELETE" && (header("accept") ?? "").contains("json")
    }

    /// The rules that its headers set for what it changes.
    var rules: WriteRules {
        WriteRules(
            conditions: conditions, leaseID: text(HeaderName.leaseID),
            existsCode: isDFS ? .pathAlreadyExists : .blobAlreadyExists,
            notFoundCode: isDFS ? .pathNotFound : .blobNotFound, now: now)
    }

    var filesystemNotFound: StorageErrorCode { isDFS ? .filesystemNotFound : .containerNotFound }

    /// A parameter that is a number within bounds.
    func number(_ name: String, in bounds: ClosedRange<Int64>) throws(StorageFailure) -> Int64? {
        guard let text = target.text(name) else { return nil }
        guard let number = Int64(text) else {
            throw StorageFailure(.invalidQueryParameter, "The parameter \(name) is no number.")
        }
        guard bounds.contains(number) else {
            throw StorageFailure(.outOfRangeQueryParameter, "The parameter \(name) is out of range.")
        }
        return number
    }

    func flag(_ name: String) -> Bool { target[name]?.lowercased() == "true" }

    /// Where this server is, as the client calls it.
    var endpoint: String {
        let scheme = isEncrypted ? "https" : "http"
        return "\(scheme)://\(host)"
    }
}
