/// The names under which the service refuses, each with its status.
package struct StorageErrorCode: Hashable, Sendable {
    package let name: String
    package let status: Int

    package init(_ name: String, _ status: Int) {
        self.name = name
        self.status = status
    }

    package static let accountIsDisabled = StorageErrorCode("AccountIsDisabled", 403)
    package static let authenticationFailed = StorageErrorCode("AuthenticationFailed", 403)
    package static let authorizationFailure = StorageErrorCode("AuthorizationFailure", 403)
    package static let permissionMismatch = StorageErrorCode("AuthorizationPermissionMismatch", 403)
    package static let protocolMismatch = StorageErrorCode("AuthorizationProtocolMismatch", 403)
    package static let resourceTypeMismatch = StorageErrorCode("AuthorizationResourceTypeMismatch", 403)
    package static let serviceMismatch = StorageErrorCode("AuthorizationServiceMismatch", 403)
    package static let sourceIPMismatch = StorageErrorCode("AuthorizationSourceIPMismatch", 403)
    package static let blobAlreadyExists = StorageErrorCode("BlobAlreadyExists", 409)
    package static let blobNotFound = StorageErrorCode("BlobNotFound", 404)
    package static let blockCountExceedsLimit = StorageErrorCode("BlockCountExceedsLimit", 409)
    package static let blockListTooLong = StorageErrorCode("BlockListTooLong", 400)
    package static let conditionNotMet = StorageErrorCode("ConditionNotMet", 412)
    package static let containerAlreadyExists = StorageErrorCode("ContainerAlreadyExists", 409)
    package static let containerBeingDeleted = StorageErrorCode("ContainerBeingDeleted", 409)
    package static let containerNotFound = StorageErrorCode("ContainerNotFound", 404)
    package static let copyAcrossAccountsNotSupported = StorageErrorCode(
        "CopyAcrossAccountsNotSupported", 400)
    package static let directoryIsNotEmpty = StorageErrorCode("DirectoryIsNotEmpty", 409)
    package static let directoryNotEmpty = StorageErrorCode("DirectoryNotEmpty", 409)
    package static let featureNotSupported = StorageErrorCode(
        "FeatureNotYetSupportedForHierarchicalNamespaceAccounts", 409)
    package static let filesystemAlreadyExists = StorageErrorCode("FilesystemAlreadyExists", 409)
    package static let filesystemNotFound = StorageErrorCode("FilesystemNotFound", 404)
    package static let insufficientAccountPermissions = StorageErrorCode(
        "InsufficientAccountPermissions", 403)
    package static let insufficientStorage = StorageErrorCode("InsufficientStorage", 507)
    package static let internalError = StorageErrorCode("InternalError", 500)
    package static let invalidAuthenticationInfo = StorageErrorCode("InvalidAuthenticationInfo", 400)
    package static let invalidBlobOrBlock = StorageErrorCode("InvalidBlobOrBlock", 400)
    package static let invalidBlobType = StorageErrorCode("InvalidBlobType", 409)
    package static let invalidBlockID = StorageErrorCode("InvalidBlockId", 400)
    package static let invalidBlockList = StorageErrorCode("InvalidBlockList", 400)
    package static let invalidFlushPosition = StorageErrorCode("InvalidFlushPosition", 400)
    package static let invalidHeaderValue = StorageErrorCode("InvalidHeaderValue", 400)
    package static let invalidInput = StorageErrorCode("InvalidInput", 400)
    package static let invalidMD5 = StorageErrorCode("InvalidMd5", 400)
    package static let invalidMetadata = StorageErrorCode("InvalidMetadata", 400)
    package static let invalidQueryParameter = StorageErrorCode("InvalidQueryParameterValue", 400)
    package static let invalidRange = StorageErrorCode("InvalidRange", 416)
    package static let invalidRenameSourcePath = StorageErrorCode("InvalidRenameSourcePath", 409)
    package static let invalidResourceName = StorageErrorCode("InvalidResourceName", 400)
    package static let invalidURI = StorageErrorCode("InvalidUri", 400)
    package static let invalidXMLDocument = StorageErrorCode("InvalidXmlDocument", 400)
    package static let leaseAlreadyBroken = StorageErrorCode("LeaseAlreadyBroken", 409)
    package static let leaseAlreadyPresent = StorageErrorCode("LeaseAlreadyPresent", 409)
    package static let leaseIDMismatchWithBlob = StorageErrorCode(
        "LeaseIdMismatchWithBlobOperation", 412)
    package static let leaseIDMismatchWithContainer = StorageErrorCode(
        "LeaseIdMismatchWithContainerOperation", 412)
    package static let leaseIDMismatchWithLease = StorageErrorCode(
        "LeaseIdMismatchWithLeaseOperation", 409)
    package static let leaseIDMissing = StorageErrorCode("LeaseIdMissing", 412)
    package static let leaseIsBreakingAndCannotBeAcquired = StorageErrorCode(
        "LeaseIsBreakingAndCannotBeAcquired", 409)
    package static let leaseIsBrokenAndCannotBeRenewed = StorageErrorCode(
        "LeaseIsBrokenAndCannotBeRenewed", 409)
    package static let leaseLost = StorageErrorCode("LeaseLost", 412)
    package static let leaseNotPresentWithBlob = StorageErrorCode("LeaseNotPresentWithBlobOperation", 412)
    package static let leaseNotPresentWithContainer = StorageErrorCode(
        "LeaseNotPresentWithContainerOperation", 412)
    package static let leaseNotPresentWithLease = StorageErrorCode("LeaseNotPresentWithLeaseOperation", 409)
    package static let md5Mismatch = StorageErrorCode("Md5Mismatch", 400)
    package static let metadataTooLarge = StorageErrorCode("MetadataTooLarge", 400)
    package static let missingContentLength = StorageErrorCode("MissingContentLengthHeader", 411)
    package static let missingRequiredHeader = StorageErrorCode("MissingRequiredHeader", 400)
    package static let missingRequiredQueryParameter = StorageErrorCode(
        "MissingRequiredQueryParameter", 400)
    package static let noAuthenticationInformation = StorageErrorCode("NoAuthenticationInformation", 401)
    package static let operationNotSupportedOnDirectory = StorageErrorCode(
        "OperationNotSupportedOnDirectory", 409)
    package static let operationTimedOut = StorageErrorCode("OperationTimedOut", 500)
    package static let outOfRangeQueryParameter = StorageErrorCode("OutOfRangeQueryParameterValue", 400)
    package static let pathAlreadyExists = StorageErrorCode("PathAlreadyExists", 409)
    package static let pathConflict = StorageErrorCode("PathConflict", 409)
    package static let pathNotFound = StorageErrorCode("PathNotFound", 404)
    package static let renameDestinationParentNotFound = StorageErrorCode(
        "RenameDestinationParentPathNotFound", 404)
    package static let requestBodyTooLarge = StorageErrorCode("RequestBodyTooLarge", 413)
    package static let resourceNotFound = StorageErrorCode("ResourceNotFound", 404)
    package static let serverBusy = StorageErrorCode("ServerBusy", 503)
    package static let sourceConditionNotMet = StorageErrorCode("SourceConditionNotMet", 412)
    package static let sourcePathNotFound = StorageErrorCode("SourcePathNotFound", 404)
    package static let tooManyHeaders = StorageErrorCode("RequestHeaderFieldsTooLarge", 431)
    package static let unsupportedHTTPVerb = StorageErrorCode("UnsupportedHttpVerb", 405)
    package static let unsupportedHeader = StorageErrorCode("UnsupportedHeader", 400)
    package static let unsupportedQueryParameter = StorageErrorCode("UnsupportedQueryParameter", 400)
    package static let unsupportedRestVersion = StorageErrorCode("UnsupportedRestVersion", 400)
}

/// A request that is refused, as both ends of the protocol know it.
package struct StorageFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: StorageErrorCode
    /// A sentence for people; no secret stands in it.
    package let message: String

    package init(_ code: StorageErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.status) \(code.name): \(message)" }
}
