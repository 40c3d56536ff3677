internal import Glibc
internal import Synchronization

/// Turns signals of the operating system into calls of ordinary code.
package enum SignalWatch {
    /// Where the handler, which may do next to nothing, leaves the numbers of signals.
    private static let writeEnd = Atomic<Int32>(-1)

    /// Calls `action` on a thread of its own, once for every signal of `signals` that arrives from now on.
    ///
    /// The signals lose their usual effect for the whole process, whichever of its threads they reach:
    /// libraries have started threads before the program's first line, so that blocking the signals would not
    /// do. To be called at most once.
    package static func watch(_ signals: [Int32], _ action: @escaping @Sendable (Int32) -> Void) {
        var ends: [Int32] = [-1, -1]
        let isOpen = pipe(&ends) == 0
        precondition(isOpen, "A program that has just started can open a pipe.")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        writeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        start(Watch(readEnd: ends[0], action: action))
        for signal in signals {
            _ = Glibc.signal(signal) { number in
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(SignalWatch.writeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
                errno = before
            }
        }
    }

    private static func start(_ watch: Watch) {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let watch = Unmanaged<Watch>.fromOpaque(argument).takeRetainedValue()
                var number: UInt8 = 0
                while true {
                    if read(watch.readEnd, &number, 1) == 1 { watch.action(Int32(number)) }
                }
            }, Unmanaged.passRetained(watch).toOpaque())
        pthread_detach(thread)
    }

    private final class Watch: Sendable {
        let readEnd: Int32
        let action: @Sendable (Int32) -> Void

        init(readEnd: Int32, action: @escaping @Sendable (Int32) -> Void) {
            self.readEnd = readEnd
            self.action = action
        }
    }
}
