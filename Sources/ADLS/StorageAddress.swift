/// Which filesystem and path of an account a request is about.
package struct StorageAddress: Hashable, Sendable {
    /// `nil` where the account itself is meant.
    package let filesystem: String?
    /// Decoded, segments separated by single slashes, none at either end; empty is the filesystem's root.
    package let path: String

    package init(filesystem: String?, path: String) {
        self.filesystem = filesystem
        self.path = path
    }

    /// Takes the raw path apart before anything of it is decoded.
    ///
    /// - Parameter host: What the request calls this server. `account.dfs.example` and
    ///   `account.blob.example` name the account, so that the path does not; otherwise its first segment
    ///   does. Where it does not, the whole path is meant: Azure's client for C++ renames like that.
    /// - Throws: ``StorageFailure`` for names that cannot be, above all those that lead out of the folder.
    package init(rawPath: String, host: String, account: String) throws(StorageFailure) {
        var segments = rawPath.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if !Self.names(host, account), let first = segments.first,
            PercentCoding.decoded(first, plusIsSpace: false) == account
        {
            segments.removeFirst()
        }
        guard let first = segments.first, !first.isEmpty else {
            guard segments.allSatisfy(\.isEmpty) else {
                throw StorageFailure(.invalidURI, "The path names no filesystem.")
            }
            self.init(filesystem: nil, path: "")
            return
        }
        // Of a client that encodes even the slash between them, the two names come as one segment.
        guard let name = PercentCoding.decoded(first, plusIsSpace: false) else {
            throw StorageFailure(.invalidURI, "The path is not well encoded.")
        }
        let filesystem = try Self.filesystem(name)
        self.init(
            filesystem: filesystem, path: try Self.path(decoding: segments.dropFirst().joined(separator: "/"))
        )
    }

    /// Whether a host such as `account.dfs.localhost:10000` names the account.
    package static func names(_ host: String, _ account: String) -> Bool {
        let labels = host.split(separator: ".", maxSplits: 2)
        return labels.count == 3 && labels[0].lowercased() == account
            && ["blob", "dfs"].contains(labels[1].lowercased())
    }

    /// - Throws: ``StorageFailure`` if no filesystem can have this name.
    package static func filesystem(_ name: String) throws(StorageFailure) -> String {
        let letters = Array(name.utf8)
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
        guard (3...63).contains(letters.count), let first = letters.first, let last = letters.last,
            isLetterOrDigit(first) || first == UInt8(ascii: "$"), isLetterOrDigit(last),
            letters.dropFirst().allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }),
            !name.contains("--")
        else {
            throw StorageFailure(
                .invalidResourceName,
                "A filesystem's name has 3 to 63 lower-case letters, digits and single hyphens.")
        }
        return name
    }

    /// The decoded path; slashes that are doubled or at an end do not count.
    /// - Throws: ``StorageFailure`` for `.` and `..`, control characters, and names that are too long.
    package static func path(decoding raw: some StringProtocol) throws(StorageFailure) -> String {
        guard let decoded = PercentCoding.decoded(raw, plusIsSpace: false) else {
            throw StorageFailure(.invalidURI, "The path is not well encoded.")
        }
        return try path(decoded)
    }

    /// The same of a path that is decoded already.
    package static func path(_ decoded: String) throws(StorageFailure) -> String {
        guard decoded.utf8.count <= 3_072 else {
            throw StorageFailure(.invalidResourceName, "The path has more than 3072 bytes.")
        }
        let segments = decoded.pathParts
        for segment in segments {
            guard segment != ".", segment != "..", segment.utf8.count <= 255,
                segment.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
            else {
                throw StorageFailure(
                    .invalidResourceName,
                    "A part of the path is '.' or '..', has control characters or more than 255 bytes.")
            }
        }
        guard segments.count <= 63 else {
            throw StorageFailure(.invalidResourceName, "The path has more than 63 parts.")
        }
        return segments.joined(separator: "/")
    }

    /// The path's folder; empty for what is at the root.
    package static func parent(of path: String) -> String {
        path.lastSlash.map { String(path[..<$0]) } ?? ""
    }
}
