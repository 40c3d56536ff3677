/// Bytes that come in chunks, to be read once and by one reader.
///
/// At most one chunk is held; a chunk is never empty and at most a few megabytes.
package struct ByteStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let pull: @Sendable () async throws -> [UInt8]?

    /// `pull` gives the next chunk, or `nil` at the end.
    package init(_ pull: @escaping @Sendable () async throws -> [UInt8]?) { self.pull = pull }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pull: pull) }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let pull: @Sendable () async throws -> [UInt8]?

        package mutating func next() async throws -> [UInt8]? { try await pull() }
    }

    /// All bytes in memory; the caller has made sure that they fit.
    package func collect() async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await chunk in self {
            if all.isEmpty { all = chunk } else { all += chunk }
        }
        return all
    }
}
