import Dispatch
import MySQL
import Synchronization

/// Changes a database on a thread of its own until it is stopped.
final class Writer: Sendable {
    private let isStopped = Atomic(false)
    private let finished = DispatchGroup()
    private let turns = Atomic(0)

    /// - Parameter statements: of each turn.
    init(_ settings: MySQLSettings, _ statements: @escaping @Sendable (Int) -> [String]) {
        DispatchQueue.global().async(group: finished) { [self] in
            guard let connection = try? MySQLConnection(settings) else { return }
            while !isStopped.load(ordering: .relaxed) {
                let turn = turns.add(1, ordering: .relaxed).newValue
                do {
                    for statement in statements(turn) { try connection.execute(statement) }
                } catch {
                    return
                }
            }
        }
    }

    /// - Returns: How many turns there were.
    @discardableResult
    func stop() -> Int {
        isStopped.store(true, ordering: .relaxed)
        finished.wait()
        return turns.load(ordering: .relaxed)
    }
}
