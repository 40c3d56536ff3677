package import NIOCore
internal import Synchronization

/// Memory of blocks that is used again: the C library would spread megabytes that come and go on many threads
/// over as many arenas, and keep them.
package final class BlockBuffers: Sendable {
    private let free = Mutex<[ByteBuffer]>([])
    private let keptMax: Int

    /// - Parameter keptMax: What is given back beyond that is freed.
    package init(keptMax: Int) { self.keptMax = keptMax }

    /// An empty buffer with room for so many bytes.
    package func take(_ bytes: Int) -> ByteBuffer {
        guard var buffer = free.withLock({ $0.popLast() }) else {
            return ByteBufferAllocator().buffer(capacity: bytes)
        }
        buffer.clear(minimumCapacity: bytes)
        return buffer
    }

    /// Takes back a buffer that nobody reads any more. If somebody still does, its memory stays theirs.
    package func give(_ buffer: consuming ByteBuffer) {
        free.withLock { [buffer] in if $0.count < keptMax { $0.append(buffer) } }
    }
}
