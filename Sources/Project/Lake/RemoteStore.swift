package import ADLS
package import LakeModel

/// A lake in ADLS Gen2, and what of it is kept on this machine.
package struct RemoteStore: Hashable, Sendable {
    package let location: ADLSLocation
    /// Where the account answers, such as `http://127.0.0.1:10000/tarn`; `nil` is Azure, or what the
    /// connection string says.
    package let endpoint: String?
    package let credential: Credential
    package let cache: Cache

    /// How Tarn proves who it is.
    package enum Credential: Hashable, Sendable {
        /// As Azure's own tools find it out: variables that begin with `AZURE_`, then the machine's identity.
        case environment
        case connectionString(Secret)
        case accountKey(Secret)
        case sas(Secret)
        case clientSecret(tenant: String, client: String, Secret)
        /// - Parameter file: The path of a file with the token of the workload.
        case workloadIdentity(tenant: String, client: String, file: String)
        /// - Parameter client: Which of several; `nil` is the only one.
        case managedIdentity(client: String?)
    }

    /// Copies of files on this machine.
    package struct Cache: Hashable, Sendable {
        /// An absolute path; `nil` is inside the lake's folder.
        package let folder: String?
        package let limit: ByteCount

        package init(folder: String? = nil, limit: ByteCount = ByteCount(50_000_000_000)) {
            self.folder = folder
            self.limit = limit
        }
    }

    package init(
        _ location: ADLSLocation, endpoint: String? = nil, credential: Credential = .environment,
        cache: Cache = Cache()
    ) {
        self.location = location
        self.endpoint = endpoint
        self.credential = credential
        self.cache = cache
    }
}
