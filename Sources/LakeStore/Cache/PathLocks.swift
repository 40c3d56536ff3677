import LakeModel
import Synchronization

/// Lets one task of this process at a time work on a path.
final class PathLocks: Sendable {
    /// Who waits for each path that is held.
    private let held = Mutex<[LakePath: [CheckedContinuation<Void, Never>]]>([:])

    func holding<T>(_ path: LakePath, _ body: () async throws -> sending T) async rethrows -> sending T {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isFree = held.withLock { held in
                if held[path] == nil {
                    held[path] = []
                    return true
                }
                held[path]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { release(path) }
        return try await body()
    }

    private func release(_ path: LakePath) {
        let next = held.withLock { held -> CheckedContinuation<Void, Never>? in
            guard held[path]?.isEmpty == false else {
                held[path] = nil
                return nil
            }
            return held[path]?.removeFirst()
        }
        next?.resume()
    }
}
