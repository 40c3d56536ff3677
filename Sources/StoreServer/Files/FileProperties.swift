internal import ADLS
internal import CLinux
internal import Glibc
internal import LakeModel

/// What a file or folder has besides its bytes: headers of its content, metadata, who may what.
///
/// It is kept in an extended attribute of the file itself, so that it becomes visible, moves and goes with
/// it.
struct FileProperties: Hashable, Sendable {
    /// Headers of the content, by their names in lower case; Content-Type is always told.
    var headers: [String: String] = [:]
    var metadata: [Pair] = []
    var isAppendBlob = false
    /// Where the file was copied from, and the id of that copy.
    var copySource = ""
    var copyID = ""
    var owner = ""
    var group = ""
    var permissions = ""
    var acl = ""

    struct Pair: Hashable, Sendable {
        let name: String
        let value: String
    }

    static let headerNames = [
        HeaderName.cacheControl, HeaderName.contentDisposition, HeaderName.contentEncoding,
        HeaderName.contentLanguage, HeaderName.contentMD5, HeaderName.contentType,
    ]
    static let typeByDefault = "application/octet-stream"
    /// What fits beside a file on every file system.
    static let bytesMax = 3_500

    private static let attribute = "user.tarn"

    var isEmpty: Bool { self == FileProperties() }

    /// Lines of a name and a value, percent-encoded.
    var text: String {
        var lines: [String] = []
        func add(_ name: String, _ value: String) {
            if !value.isEmpty {
                lines.append("\(name)=\(PercentCoding.encoded(value, keepingSlashes: true))")
            }
        }
        for name in Self.headerNames {
            let value = headers[name] ?? ""
            add(name, name == HeaderName.contentType && value == Self.typeByDefault ? "" : value)
        }
        for pair in metadata {
            lines.append("meta.\(PercentCoding.encoded(pair.name))=\(PercentCoding.encoded(pair.value))")
        }
        add("append", isAppendBlob ? "1" : "")
        add("copy-source", copySource)
        add("copy-id", copyID)
        add("owner", owner)
        add("group", group)
        add("permissions", permissions)
        add("acl", acl)
        return lines.joined(separator: "\n")
    }

    init() {}

    init(text: String) {
        for line in text.split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let value = PercentCoding.decoded(sides[1], plusIsSpace: false) else {
                continue
            }
            switch sides[0] {
            case "append": isAppendBlob = true
            case "copy-source": copySource = value
            case "copy-id": copyID = value
            case "owner": owner = value
            case "group": group = value
            case "permissions": permissions = value
            case "acl": acl = value
            case let name where name.hasPrefix("meta."):
                if let name = PercentCoding.decoded(name.dropFirst(5), plusIsSpace: false) {
                    metadata.append(Pair(name: name, value: value))
                }
            case let name: headers[String(name)] = value
            }
        }
    }

    // MARK: Beside the file

    /// Those of the open file.
    init(ofFile descriptor: Int32) {
        self.init { fgetxattr(descriptor, Self.attribute, $0, $1) }
    }

    /// Those of the file or folder at a path, which is no link.
    init(at path: String) {
        self.init { lgetxattr(path, Self.attribute, $0, $1) }
    }

    private init(_ read: (UnsafeMutableRawPointer?, Int) -> Int) {
        // Most files have none, and lists ask for those of thousands.
        let text = withUnsafeTemporaryAllocation(byteCount: Self.bytesMax, alignment: 1) { bytes in
            let count = read(bytes.baseAddress, bytes.count)
            return count > 0
                ? String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<count]), as: UTF8.self) : ""
        }
        if text.isEmpty { self.init() } else { self.init(text: text) }
    }

    /// - Throws: ``StorageFailure`` if there is more than can be kept.
    func check() throws(StorageFailure) {
        guard text.utf8.count <= Self.bytesMax else {
            throw StorageFailure(
                .metadataTooLarge, "Metadata and properties have more than \(Self.bytesMax) bytes together.")
        }
    }

    func write(toFile descriptor: Int32) throws(FileFailure) {
        let text = text
        let result =
            text.isEmpty
            ? fremovexattr(descriptor, Self.attribute)
            : fsetxattr(descriptor, Self.attribute, text, text.utf8.count, 0)
        guard result == 0 || text.isEmpty && errno == ENODATA else {
            throw FileFailure(errno, "write properties")
        }
    }

    /// Whether the file system of a folder keeps properties at all.
    static func areKept(in folder: String) -> Bool {
        setxattr(folder, Self.attribute + ".test", "1", 1, 0) == 0
            && removexattr(folder, Self.attribute + ".test") == 0
    }
}

/// A call of the operating system that failed.
struct FileFailure: Error, CustomStringConvertible {
    let code: Int32
    let act: String

    init(_ code: Int32, _ act: String) {
        self.code = code
        self.act = act
    }

    var description: String { "cannot \(act): \(String(cString: strerror(code)))" }

    /// What a client is told; paths of this machine are not.
    var answer: StorageFailure {
        switch code {
        case ENOSPC, EDQUOT: StorageFailure(.insufficientStorage, "The server's disk is full.")
        case EFBIG: StorageFailure(.requestBodyTooLarge, "A file cannot be so long on the server's disk.")
        case ENAMETOOLONG: StorageFailure(.invalidResourceName, "The path is too long.")
        case EACCES, EPERM, EROFS:
            StorageFailure(.authorizationFailure, "The server itself may not \(act) there.")
        case EMFILE, ENFILE, ENOMEM: StorageFailure(.serverBusy, "The server has too much to do.")
        default: StorageFailure(.internalError, "The server cannot \(act).")
        }
    }
}
