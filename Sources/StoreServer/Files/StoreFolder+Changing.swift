internal import ADLS
internal import Glibc
internal import LakeModel

extension StoreFolder {
    func requireFilesystem(_ address: StorageAddress, _ code: StorageErrorCode) throws {
        guard try status(StorageAddress(filesystem: address.filesystem, path: ""))?.isFolder == true else {
            throw StorageFailure(code, "The specified filesystem does not exist.")
        }
    }

    /// Makes the staged bytes the file at `address`, in one act.
    /// - Parameter expected: If given, the version that must still be there.
    /// - Returns: the new version.
    func publish(
        _ file: StagedFile, at address: StorageAddress, _ properties: FileProperties, _ rules: WriteRules,
        replacing expected: FileStatus? = nil, blocks: [CommittedBlock]? = nil
    ) throws -> FileStatus {
        guard !address.path.isEmpty else {
            throw StorageFailure(.pathConflict, "The filesystem's root is no file.")
        }
        try properties.check()
        try properties.write(toFile: file.descriptor)
        // An empty file is its name, and names are synced below.
        if file.size > 0 { try file.sync() }
        let target = location(address)
        let (status, changes) = try changingNames { changes throws -> (FileStatus, Changes) in
            let current = try self.status(address)
            try rules.check(current, address, leases)
            guard current?.isFolder != true else {
                throw StorageFailure(.pathConflict, "There is a directory at this path.")
            }
            if let expected, current?.version != expected.version {
                throw StorageFailure(.conditionNotMet, "The file was replaced meanwhile.")
            }
            try changes.makeParents(of: address)
            let status = try changes.stamp(file.descriptor, after: current)
            if let blocks { try write(blocks, of: status) }
            try changes.rename(file.location, to: target)
            file.wasPlaced()
            if let current { forgetExtras(of: current) }
            return (status, changes)
        }
        try sync(changes)
        return status
    }

    /// Makes a folder and those above it.
    /// - Returns: the folder, and whether it was there.
    func makeFolder(
        _ address: StorageAddress, _ properties: FileProperties, _ rules: WriteRules
    ) throws -> FileStatus {
        try properties.check()
        let path = location(address)
        let (status, changes) = try changingNames { changes throws -> (FileStatus, Changes) in
            let current = try self.status(address)
            try rules.check(current, address, leases)
            guard current?.isFolder ?? true else {
                throw StorageFailure(.pathConflict, "There is a file at this path.")
            }
            if current == nil {
                try changes.makeParents(of: address)
                guard mkdir(path, 0o777) == 0 else {
                    if errno == EEXIST {
                        throw StorageFailure(.pathConflict, "There is something else at this path.")
                    }
                    throw FileFailure(errno, "make a folder")
                }
                changes.touch(String(path.prefix(upTo: path.lastSlash ?? path.endIndex)))
            }
            if !properties.isEmpty || current != nil { try setProperties(properties, ofFolder: path) }
            guard let made = try self.status(at: path) else { throw FileFailure(ENOENT, "make a folder") }
            return (made, changes)
        }
        try sync(changes)
        return status
    }

    private func setProperties(_ properties: FileProperties, ofFolder path: String) throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(errno, "write properties") }
        defer { close(descriptor) }
        try properties.write(toFile: descriptor)
    }

    /// Changes the properties of a file or folder; of a file that makes another version.
    func changeProperties(
        of address: StorageAddress, _ rules: WriteRules, isNewVersion: Bool = true,
        _ body: (inout FileProperties) throws -> Void
    ) throws -> FileStatus {
        let path = location(address)
        return try changingNames { changes in
            let current = try rules.require(try self.status(address))
            try rules.check(current, address, leases)
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { throw FileFailure(errno, "write properties") }
            defer { close(descriptor) }
            var properties = FileProperties(ofFile: descriptor)
            try body(&properties)
            try properties.check()
            // The version first: who sees the old properties under the new version reads again.
            var status = current
            if isNewVersion, !current.isFolder {
                status = try changes.stamp(descriptor, after: current)
                moveExtras(of: current, to: status)
            }
            try properties.write(toFile: descriptor)
            return status
        }
    }

    /// Moves a file or a folder with everything in it, in one act.
    func rename(
        _ source: StorageAddress, to target: StorageAddress, _ rules: WriteRules,
        sourceConditions: RequestConditions, sourceLeaseID: String?,
        changing body: (inout FileProperties) -> Void
    ) throws -> FileStatus {
        guard !source.path.isEmpty, !target.path.isEmpty else {
            throw StorageFailure(.invalidURI, "A filesystem cannot be renamed.")
        }
        // Whoever wrote the file beside this server may not have synced it.
        let descriptor = open(location(source), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor >= 0 {
            _ = fsync(descriptor)
            close(descriptor)
        }
        let (status, changes) = try changingNames { changes throws -> (FileStatus, Changes) in
            guard let moved = try self.status(source) else {
                throw StorageFailure(
                    .sourcePathNotFound, "The source path for a rename operation does not exist.")
            }
            switch sourceConditions.evaluate(
                etag: moved.version, modifiedAt: moved.modifiedAt, isReading: false)
            {
            case .proceed: break
            case .exists, .notModified, .conditionFailed:
                throw StorageFailure(.sourceConditionNotMet, "The condition about the source is not met.")
            }
            try leases.check(source, id: sourceLeaseID, at: rules.now)
            let current = try self.status(target)
            try rules.check(current, target, leases)
            let (from, to) = (location(source), location(target))
            guard !from.hasBytes(of: to) else { return (moved, changes) }
            guard
                !target.path.beginsWithBytes(of: source.path + "/") || source.filesystem != target.filesystem
            else {
                throw StorageFailure(.invalidRenameSourcePath, "A directory cannot become part of itself.")
            }
            if let current {
                guard current.isFolder == moved.isFolder else {
                    throw StorageFailure(
                        .pathConflict, "The source is a file and the target a directory, or reversed.")
                }
            }
            let parent = StorageAddress(
                filesystem: target.filesystem, path: StorageAddress.parent(of: target.path))
            guard try self.status(parent)?.isFolder == true else {
                throw StorageFailure(
                    .renameDestinationParentNotFound,
                    "The parent directory of the destination path does not exist.")
            }
            do {
                try changes.rename(from, to: to)
            } catch let error as FileFailure where error.code == ENOTEMPTY || error.code == EEXIST {
                throw StorageFailure(.directoryNotEmpty, "The destination is a directory that is not empty.")
            }
            leases.forget(source, at: rules.now)
            if let current { forgetExtras(of: current) }
            var properties = FileProperties(at: to)
            let before = properties
            body(&properties)
            if properties != before {
                let descriptor = open(to, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
                guard descriptor >= 0 else { throw FileFailure(errno, "write properties") }
                defer { close(descriptor) }
                try properties.write(toFile: descriptor)
            }
            return (moved, changes)
        }
        try sync(changes)
        return status
    }

    /// Deletes a file, or a folder: with everything in it, or only if it is empty. At once for who looks;
    /// what is in a folder goes afterwards.
    func delete(
        _ address: StorageAddress, _ rules: WriteRules, isRecursive: Bool, notEmpty: StorageErrorCode
    ) throws {
        let path = location(address)
        let trash = "\(own)/trash/\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let (isInTrash, changes) = try changingNames { changes throws -> (Bool, Changes) in
            let current = try rules.require(try self.status(address))
            try rules.check(current, address, leases)
            var isInTrash = false
            if !current.isFolder {
                try changes.remove(path, isFolder: false)
                forgetExtras(of: current)
            } else if isRecursive {
                try changes.rename(path, to: trash)
                isInTrash = true
            } else {
                do {
                    try changes.remove(path, isFolder: true)
                } catch let error as FileFailure where error.code == ENOTEMPTY || error.code == EEXIST {
                    throw StorageFailure(notEmpty, "The directory is not empty.")
                }
            }
            leases.forget(address, at: rules.now)
            return (isInTrash, changes)
        }
        try sync(changes)
        if isInTrash { removeTree(trash) }
    }

    /// Removes a tree that nobody sees any more. What cannot be removed is tried again at the next start.
    func removeTree(_ path: String) {
        guard let stream = opendir(path) else {
            unlink(path)
            return
        }
        var names: [String] = []
        while let entry = readdir(stream) {
            guard let name = Self.name(of: entry), name != ".", name != ".." else { continue }
            names.append(name)
        }
        closedir(stream)
        for name in names {
            var status = stat()
            let child = "\(path)/\(name)"
            guard lstat(child, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                removeTree(child)
            } else {
                unlink(child)
                if let status = FileStatus(status) { forgetExtras(of: status) }
            }
        }
        rmdir(path)
    }

    static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
