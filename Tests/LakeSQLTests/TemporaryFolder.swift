import FoundationEssentials
import Glibc

/// A new folder under /tmp, removed with everything in it when its last reference goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/tarn-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw SetupFailed(reason: String(cString: strerror(errno)))
        }
        path = String(cString: made)
    }

    deinit {
        // What stays in /tmp does not make a test wrong.
        try? FileManager.default.removeItem(atPath: path)
    }
}

struct SetupFailed: Error {
    let reason: String
}
