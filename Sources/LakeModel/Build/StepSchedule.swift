/// The order of a run's steps while it goes on: what may start now, what waits, what is blocked.
///
/// A step may start when all selected inputs are done. When one fails, everything that is made from it is
/// blocked.
package struct StepSchedule: Sendable {
    private var waitingFor: [AssetKey: Set<AssetKey>]
    private let readers: [AssetKey: [AssetKey]]
    private var ready: [AssetKey]
    private var running: Set<AssetKey> = []
    package let runningMax: Int

    /// - Parameter runningMax: How many steps may run at once.
    package init(_ selected: Set<AssetKey>, in graph: AssetGraph, runningMax: Int) {
        precondition(runningMax > 0, "A schedule that starts nothing never ends.")
        let order = graph.order.filter(selected.contains)
        var waitingFor: [AssetKey: Set<AssetKey>] = [:]
        var readers: [AssetKey: [AssetKey]] = [:]
        for key in order {
            let inputs = graph.inputs(of: key).intersection(selected)
            if !inputs.isEmpty { waitingFor[key] = inputs }
            for input in inputs { readers[input, default: []].append(key) }
        }
        self.waitingFor = waitingFor
        self.readers = readers
        self.runningMax = runningMax
        ready = order.filter { waitingFor[$0] == nil }.reversed()
    }

    package var isFinished: Bool { ready.isEmpty && running.isEmpty }

    /// The next step that may start, which then counts as running; `nil` while none may.
    package mutating func next() -> AssetKey? {
        guard running.count < runningMax, let key = ready.popLast() else { return nil }
        running.insert(key)
        return key
    }

    /// Ends a running step.
    /// - Returns: The steps that never will start because of its failure; empty if it did not fail.
    package mutating func finish(_ key: AssetKey, isUsable: Bool) -> [AssetKey] {
        running.remove(key)
        guard isUsable else { return block(key) }
        for reader in readers[key] ?? [] {
            guard var inputs = waitingFor[reader] else { continue }
            inputs.remove(key)
            if inputs.isEmpty {
                waitingFor[reader] = nil
                ready.append(reader)
            } else {
                waitingFor[reader] = inputs
            }
        }
        return []
    }

    private mutating func block(_ key: AssetKey) -> [AssetKey] {
        var blocked: [AssetKey] = []
        var border = readers[key] ?? []
        while let reader = border.popLast() {
            guard waitingFor.removeValue(forKey: reader) != nil else { continue }
            blocked.append(reader)
            border += readers[reader] ?? []
        }
        return blocked.sorted()
    }
}
