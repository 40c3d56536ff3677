internal import Blocking
internal import Glibc
package import LakeModel

extension ObjectStore {
    @discardableResult
    package func download(_ path: LakePath, toFile target: String) async throws -> StoredObject {
        let opened = try await read(path, bytes: nil)
        let file = try await BlockingPool.shared.run { try WrittenFile(target, of: path) }
        for try await chunk in opened.bytes {
            try await BlockingPool.shared.run { try file.append(chunk) }
        }
        return opened.object
    }
}

/// A file of this machine that an object is written into.
private final class WrittenFile: Sendable {
    private let descriptor: Int32
    private let location: String
    private let path: LakePath

    init(_ location: String, of path: LakePath) throws {
        self.location = location
        self.path = path
        descriptor = open(location, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure() }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            written += count
        }
    }

    private func failure() -> any Diagnostic {
        let code = errno
        let folder = location.lastIndex(of: "/").map { String(location[..<$0]) } ?? "."
        return LocalFiles(root: folder).failure(code, "write", path)
    }
}
