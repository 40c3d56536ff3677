internal import ADLS
internal import LakeModel

/// What must hold for something at a path to be replaced, changed or deleted.
struct WriteRules: Sendable {
    var conditions = RequestConditions()
    var leaseID: String?
    /// The names of this protocol for what is there and should not be, and what is not and should.
    var existsCode = StorageErrorCode.blobAlreadyExists
    var notFoundCode = StorageErrorCode.blobNotFound
    var now: Timestamp

    func check(_ current: FileStatus?, _ address: StorageAddress, _ leases: LeaseBook) throws(StorageFailure)
    {
        try check(conditions, current)
        try leases.check(address, id: leaseID, at: now)
    }

    func check(_ conditions: RequestConditions, _ current: FileStatus?) throws(StorageFailure) {
        switch conditions.evaluate(
            etag: current?.version, modifiedAt: current?.modifiedAt, isReading: false)
        {
        case .proceed: return
        case .exists: throw StorageFailure(existsCode, "The specified path already exists.")
        case .notModified, .conditionFailed:
            throw StorageFailure(.conditionNotMet, "The condition of the request's headers is not met.")
        }
    }

    /// Of what has to be there.
    func require(_ current: FileStatus?) throws(StorageFailure) -> FileStatus {
        guard let current else { throw StorageFailure(notFoundCode, "The specified path does not exist.") }
        return current
    }
}
