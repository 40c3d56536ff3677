internal import LakeModel

/// There is no folder to serve.
struct StoreFolderMissing: Diagnostic {
    let folder: String

    var code: String { "server.no-folder" }
    var problem: String { "There is no folder \(folder)." }
    var remedy: String { "Make it, or give another: tarn store serve FOLDER" }
}

/// The folder cannot be written to.
struct StoreFolderRefused: Diagnostic {
    let folder: String
    let reason: String

    var code: String { "server.folder-refused" }
    var problem: String { "The server cannot write in \(folder): \(reason)." }
    var remedy: String {
        "Let the user who runs tarn own the folder, on a disk that is not mounted read-only."
    }
}

/// Properties of files have no place.
struct StoreKeepsNoAttributes: Diagnostic {
    let folder: String

    var code: String { "server.no-attributes" }
    var problem: String { "The file system of \(folder) keeps no extended attributes." }
    var remedy: String { "Serve a folder on ext4, XFS, Btrfs or ZFS; on NFS, version 4.2 is needed." }
}

/// Another process serves the same folder.
struct StoreServedAlready: Diagnostic {
    let folder: String

    var code: String { "server.served-already" }
    var problem: String { "Another process serves \(folder)." }
    var remedy: String { "Use that one, or end it: fuser -v \(folder)/.tarn-store/lock" }
    var isTransient: Bool { true }
}
