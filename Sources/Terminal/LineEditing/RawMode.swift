internal import Glibc
internal import Synchronization

/// A terminal that passes every key on at once, and is what it was before on every way out.
///
/// The ways out are ``leave()``, `exit()` from any thread, and the signals that end or stop a process. At
/// most one terminal of a process is in this mode.
struct RawMode: ~Copyable {
    private let file: Int32
    private let output: Int32

    /// `nil` if `file` is not a terminal, or if another one is in this mode.
    init?(file: Int32, output: Int32) {
        var before = termios()
        guard tcgetattr(file, &before) == 0 else { return nil }
        guard
            RawMode.isUsed.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing)
                .exchanged
        else { return nil }
        RawMode.saved.pointee = SavedTerminal(file: file, output: output, attributes: before)
        RawMode.installHandlers()
        var raw = before
        raw.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        raw.c_cflag |= tcflag_t(CS8)
        withUnsafeMutableBytes(of: &raw.c_cc) { characters in
            characters[Int(VMIN)] = 1
            characters[Int(VTIME)] = 0
        }
        RawMode.isRaw.store(true, ordering: .releasing)
        tcsetattr(file, TCSANOW, &raw)
        writeAll("\u{1B}[?2004h", to: output)
        self.file = file
        self.output = output
    }

    consuming func leave() {
        RawMode.restore()
        RawMode.isUsed.store(false, ordering: .releasing)
    }

    // What a signal's handler needs must not be allocated, locked or released while it runs.
    private struct SavedTerminal {
        var file: Int32 = -1
        var output: Int32 = -1
        var attributes = termios()
    }

    private static let isUsed = Atomic(false)
    private static let isRaw = Atomic(false)
    private static let handlersInstalled = Atomic(false)
    // Written only by who holds `isUsed`, before `isRaw` is set; read only by who has cleared `isRaw`. It
    // is never deallocated, because a handler may run until the very end.
    nonisolated(unsafe) private static let saved: UnsafeMutablePointer<SavedTerminal> = {
        let pointer = UnsafeMutablePointer<SavedTerminal>.allocate(capacity: 1)
        pointer.initialize(to: SavedTerminal())
        return pointer
    }()

    /// Calls only what POSIX lets a signal's handler call: `tcsetattr` and `write`.
    private static func restore() {
        guard isRaw.exchange(false, ordering: .acquiringAndReleasing) else { return }
        // Not TCSADRAIN: it waits for a terminal that may not be read any more.
        tcsetattr(saved.pointee.file, TCSANOW, &saved.pointee.attributes)
        // ESC [ ? 2 0 0 4 l: pasted text is not bracketed any more.
        var bytes: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (
            27, 91, 63, 50, 48, 48, 52, 108
        )
        _ = write(saved.pointee.output, &bytes, 8)
    }

    private static func installHandlers() {
        guard !handlersInstalled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        atexit { RawMode.restore() }
        for number in [SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
            var current = sigaction()
            sigaction(number, nil, &current)
            // A process that handles the signal itself ends through `exit` or `leave`.
            guard current.__sigaction_handler.sa_handler == nil else { continue }
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                RawMode.restore()
                // As if there had been no handler: the parent sees which signal ended the process.
                signal(number, SIG_DFL)
                raise(number)
            }
            sigaction(number, &action, nil)
        }
    }
}
