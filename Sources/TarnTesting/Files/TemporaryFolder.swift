import FoundationEssentials
import Glibc

/// A new folder under /tmp, removed with everything in it when its last reference goes.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
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

/// The operating system refused what a test needs.
package struct SetupFailed: Error {
    package let reason: String

    package init(reason: String) { self.reason = reason }
}
