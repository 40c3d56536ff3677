package import LakeModel

/// There is no object where one was to be read.
package struct ObjectNotFound: Diagnostic {
    package let path: LakePath

    package init(path: LakePath) { self.path = path }

    package var code: String { "store.object-not-found" }
    package var problem: String { "There is no object at \(path)." }
    package var remedy: String {
        "If it was deleted by hand, restore it; if a run was interrupted, the next `tarn run` cleans up."
    }
}

/// An object that is read into memory is larger than any such object should be.
package struct ObjectTooLarge: Diagnostic {
    package let path: LakePath
    package let size: ByteCount
    package let sizeMax: ByteCount

    package var code: String { "store.object-too-large" }
    package var problem: String { "\(path) has \(size); at most \(sizeMax) are read of such an object." }
    package var remedy: String { "It is not what Tarn wrote there. Restore it from a backup or delete it." }
}

/// A path is a folder where an object was to be, or the other way round.
package struct PathIsFolder: Diagnostic {
    package let path: LakePath

    package init(path: LakePath) { self.path = path }

    package var code: String { "store.path-is-folder" }
    package var problem: String {
        "\(path) cannot be written: it is a folder, or part of its path is an object."
    }
    package var remedy: String { "Move what is there out of the lake; Tarn did not put it there." }
}

/// There was no room for an object. Nothing of it was kept.
package struct DiskFull: Diagnostic {
    package let path: LakePath
    /// What the object needed as far as that was known.
    package let wanted: ByteCount
    package let available: ByteCount

    package var code: String { "store.disk-full" }
    package var problem: String {
        "The disk (or its quota) is full: \(path) needs at least \(wanted), and \(available) are free."
    }
    package var remedy: String {
        "Free some space or enlarge the disk, then run again. The last version of every table is in place."
    }
}

/// The process may not do this to the lake's files.
package struct StorePermissionDenied: Diagnostic {
    package let path: String
    package let act: String

    package var code: String { "store.permission-denied" }
    package var problem: String { "Permission denied: cannot \(act) \(path)." }
    package var remedy: String {
        "Give the user that runs tarn the right to read and write the lake's folder, or run as its owner."
    }
}

/// The lake lies on a file system that is mounted read-only.
package struct StoreReadOnly: Diagnostic {
    package let path: String

    package var code: String { "store.read-only" }
    package var problem: String { "\(path) cannot be changed: its file system is read-only." }
    package var remedy: String {
        "Mount it writable; if the kernel made it read-only, look for disk errors with `dmesg` first."
    }
}

/// The folder of the lake is not there.
package struct StoreRootMissing: Diagnostic {
    package let root: String

    package var code: String { "store.root-missing" }
    package var problem: String { "The lake's folder \(root) does not exist or is not a folder." }
    package var remedy: String {
        "Mount its disk, correct the storage path in lake.yaml, or create the folder."
    }
}

/// Any other refusal of the operating system.
package struct StoreFailed: Diagnostic {
    package let path: String
    package let act: String
    /// As the operating system words it.
    package let reason: String
    package let isTransient: Bool

    package var code: String { "store.failed" }
    package var problem: String { "Cannot \(act) \(path): \(reason)." }
    package var remedy: String { "Remove the cause that the operating system names, then run again." }
}
