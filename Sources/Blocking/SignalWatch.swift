internal import Glibc

/// Turns signals of the operating system into calls of ordinary code.
package enum SignalWatch {
    /// Calls `action` on a thread of its own, once for every signal of `signals` that arrives from now on.
    ///
    /// The signals lose their usual effect for the whole process. It must be called before other threads start,
    /// because these inherit what it blocks, and at most once.
    package static func watch(_ signals: [Int32], _ action: @escaping @Sendable (Int32) -> Void) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)

        final class Watch: Sendable {
            let signals: [Int32]
            let action: @Sendable (Int32) -> Void
            init(_ signals: [Int32], _ action: @escaping @Sendable (Int32) -> Void) {
                self.signals = signals
                self.action = action
            }
        }
        var thread = pthread_t()
        let watch = Unmanaged.passRetained(Watch(signals, action))
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let watch = Unmanaged<Watch>.fromOpaque(argument).takeRetainedValue()
                var set = sigset_t()
                sigemptyset(&set)
                for signal in watch.signals { sigaddset(&set, signal) }
                while true {
                    var signal: Int32 = 0
                    if sigwait(&set, &signal) == 0 { watch.action(signal) }
                }
            }, watch.toOpaque())
        pthread_detach(thread)
    }
}
