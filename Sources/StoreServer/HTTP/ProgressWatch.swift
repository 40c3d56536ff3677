internal import NIOCore
internal import Synchronization

/// Closes a connection whose other side lets a transfer stand still.
final class ProgressWatch: Sendable {
    private let channel: any Channel
    private let bytesMin: Int
    private let bytes = Atomic<Int>(0)
    private let isMoving = Atomic(false)
    private let seen = Atomic<Int>(0)
    private let timer: Mutex<RepeatedTask?> = Mutex(nil)

    init(_ channel: any Channel, _ settings: StoreServerSettings) {
        self.channel = channel
        bytesMin = settings.progressBytesMin
        let time = TimeAmount(settings.progressTimeout)
        let task = channel.eventLoop.scheduleRepeatedTask(initialDelay: time, delay: time) { [weak self] _ in
            self?.look()
        }
        timer.withLock { $0 = task }
    }

    deinit { timer.withLock { $0?.cancel() } }

    private func look() {
        let now = bytes.load(ordering: .relaxed)
        let before = seen.exchange(now, ordering: .relaxed)
        if isMoving.load(ordering: .relaxed), now - before < bytesMin { channel.close(promise: nil) }
    }

    /// What was still before does not count.
    func begin() {
        seen.store(bytes.load(ordering: .relaxed) - bytesMin, ordering: .relaxed)
        isMoving.store(true, ordering: .relaxed)
    }

    func moved(_ count: Int) { bytes.wrappingAdd(count, ordering: .relaxed) }

    func end() { isMoving.store(false, ordering: .relaxed) }
}
