internal import ADLS
internal import Glibc
package import LakeModel

/// Where the account's key is: a file that only its owner reads.
package enum StoreKeyFile {
    private static let bytesMax = 4_096

    /// - Throws: a `Diagnostic` if there is no key in it.
    package static func read(_ path: String) throws -> Secret {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreKeyUnreadable(path: path, reason: reason()) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw StoreKeyUnreadable(path: path, reason: reason()) }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        let key = Secret(String(text.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }))
        guard SharedKey(key) != nil else {
            throw StoreKeyUnreadable(path: path, reason: "what is in it is no Base64 of at least 16 bytes")
        }
        return key
    }

    /// The key that belongs to a folder: it is made when the folder is served for the first time.
    package static func key(ofFolder folder: String) throws -> Secret {
        let path = "\(folder)/.tarn-store/key"
        guard access(path, F_OK) != 0 else { return try read(path) }
        guard access(folder, F_OK) == 0 else { throw StoreFolderMissing(folder: folder) }
        mkdir("\(folder)/.tarn-store", 0o700)
        // Of two that begin at once, one makes it and both read it.
        let beside = "\(path).\(getpid())"
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreKeyUnreadable(path: path, reason: reason()) }
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let text = Array((Base64.encode(bytes) + "\n").utf8)
        let isWritten = write(descriptor, text, text.count) == text.count && fsync(descriptor) == 0
        close(descriptor)
        defer { unlink(beside) }
        guard isWritten, link(beside, path) == 0 || errno == EEXIST else {
            throw StoreKeyUnreadable(path: path, reason: reason())
        }
        return try read(path)
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}

/// There is no key to check requests with.
struct StoreKeyUnreadable: Diagnostic {
    let path: String
    let reason: String

    var code: String { "server.key-unreadable" }
    var problem: String { "The account's key in \(path) cannot be used: \(reason)." }
    var remedy: String {
        "Make the file readable for the user who runs tarn, and nobody else: openssl rand -base64 64 | tr -d '\\n'"
    }
}
