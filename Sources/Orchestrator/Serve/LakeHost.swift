package import LakeModel
internal import Synchronization

/// The lake of a process that goes on while its files change: everybody who works asks for it anew.
package final class LakeHost: Sendable {
    private struct State {
        var lake: Lake
        var generation = 1
        var mistakes: [any Diagnostic] = []
    }

    private let state: Mutex<State>

    package init(_ lake: Lake) { state = Mutex(State(lake: lake)) }

    package var lake: Lake { state.withLock { $0.lake } }

    /// Another number when the lake is another one.
    package var generation: Int { state.withLock { $0.generation } }

    /// What is wrong with the files as they are now; the lake is as they were before.
    package var mistakes: [any Diagnostic] { state.withLock { $0.mistakes } }

    /// Reads the lake's files again. What is running goes on as it began.
    /// - Throws: ``Diagnostics`` with every mistake of the files; the lake stays as it was.
    package func reload(variables: [String: String]) async throws {
        do {
            let lake = try await lake.reopened(variables: variables)
            state.withLock {
                $0.lake = lake
                $0.generation += 1
                $0.mistakes = []
            }
        } catch {
            let mistakes = (error as? Diagnostics)?.all ?? (error as? any Diagnostic).map { [$0] } ?? []
            state.withLock { $0.mistakes = mistakes }
            throw error
        }
    }
}
