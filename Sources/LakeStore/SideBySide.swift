extension Sequence where Self: Sendable, Element: Sendable {
    /// What `transform` gives for each element, in their order; up to `max` at once. The first failure ends
    /// the others.
    package func sideBySide<Result: Sendable>(
        max: Int = 8, _ transform: @escaping @Sendable (Element) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results: [Int: Result] = [:]
            var count = 0
            for element in self {
                let index = count
                if index >= max, let (done, result) = try await group.next() { results[done] = result }
                group.addTask { (index, try await transform(element)) }
                count += 1
            }
            for try await (index, result) in group { results[index] = result }
            return (0..<count).compactMap { results[$0] }
        }
    }
}
