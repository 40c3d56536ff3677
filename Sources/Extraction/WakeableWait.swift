internal import Glibc
internal import LakeModel

/// Lets threads sleep, and wakes them all at once when there is nothing left to wait for.
final class WakeableWait: @unchecked Sendable {
    // Sendable without the compiler's proof because `isOver` is used under the lock only.
    private let lock: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
    private let woken: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
    private var isOver = false

    init() {
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // The wall's clock may be set meanwhile.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(woken, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(woken)
        pthread_mutex_destroy(lock)
        woken.deallocate()
        lock.deallocate()
    }

    /// Wakes all sleepers, and lets nobody sleep any more.
    func end() {
        pthread_mutex_lock(lock)
        isOver = true
        pthread_cond_broadcast(woken)
        pthread_mutex_unlock(lock)
    }

    /// Blocks until `deadline`.
    /// - Throws: `CancellationError` as soon as ``end()`` was called.
    func sleep(until deadline: ContinuousClock.Instant) throws {
        let span = (deadline - .now).microseconds
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        if span > 0 {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            let nanoseconds = Int64(time.tv_nsec) + span % 1_000_000 * 1_000
            time.tv_sec += Int(span / 1_000_000 + nanoseconds / 1_000_000_000)
            time.tv_nsec = Int(nanoseconds % 1_000_000_000)
            while !isOver, pthread_cond_timedwait(woken, lock, &time) == 0 {}
        }
        if isOver { throw CancellationError() }
    }
}
