internal import Blocking
internal import Glibc
internal import LakeModel
internal import LakeStore
internal import Project

extension Lake {
    /// The store of a lake, ready to be worked on from this machine.
    ///
    /// - Parameters:
    ///   - systemFolder: The folder for the lake's own files; it exists.
    ///   - variables: Of the environment, which may say how Azure is reached.
    /// - Throws: `StoreRootMissing`; `FolderUnusable`; what the client of the store says of its settings.
    static func openStore(
        _ location: StoreLocation, systemFolder: String, variables: [String: String]
    ) async throws -> any ObjectStore {
        switch location {
        case .local(let path): return try LocalStore(root: path)
        case .adls(let remote):
            let staging = "\(systemFolder)/staging"
            let cache = FileCache(
                folder: remote.cache.folder ?? "\(systemFolder)/store", limit: remote.cache.limit)
            try await BlockingPool.shared.run {
                for folder in [staging, cache.folder] where mkdir(folder, 0o755) != 0 && errno != EEXIST {
                    throw FolderUnusable(path: folder, reason: String(cString: strerror(errno)))
                }
            }
            fatalError()
        }
    }
}
