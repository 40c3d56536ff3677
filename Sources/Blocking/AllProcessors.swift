internal import Dispatch
internal import Glibc
internal import Synchronization

/// What `body` makes of each of `items`, in their order, computed on all processors. Blocks; for work that
/// computes and is over in a moment.
package func mapOnAllProcessors<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ body: @Sendable (Item) -> Result
) -> [Result] {
    // Several pieces for each processor: one of them may be busy with something else.
    let size = max(64, items.count / (max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) * 4) + 1)
    let pieces = (items.count + size - 1) / size
    guard pieces > 1 else { return items.map(body) }
    let done = Mutex([[Result]](repeating: [], count: pieces))
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
        let results = items[piece * size..<min(items.count, (piece + 1) * size)].map(body)
        done.withLock { $0[piece] = results }
    }
    return done.withLock { $0.flatMap { $0 } }
}
