internal import Glibc
package import LakeModel

/// The processes of this machine, as `/proc` shows them.
package enum ProcessTable {
    /// This process.
    /// - Throws: ``ProcessTableUnreadable`` where there is no `/proc`.
    package static func current() throws -> ProcessIdentity {
        guard let bootID = text(of: "/proc/sys/kernel/random/boot_id"), let ticks = startTicks(of: getpid())
        else {
            throw ProcessTableUnreadable()
        }
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { throw ProcessTableUnreadable() }
        let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return ProcessIdentity(
            host: host, bootID: String(bootID.prefix { $0 != "\n" }), pid: getpid(), startTicks: ticks)
    }

    /// Judges processes as `observer` (usually ``current()``) sees them now.
    package static func liveness(seenFrom observer: ProcessIdentity) -> @Sendable (ProcessIdentity) -> Bool {
        { $0.isAlive(seenFrom: observer, startTicksOf: startTicks(of:)) }
    }

    /// When the process that has the number now was started; `nil` if there is none, or if it has ended and
    /// only waits for its parent.
    static func startTicks(of pid: Int32) -> Int64? {
        guard let stat = text(of: "/proc/\(pid)/stat") else { return nil }
        return startTicks(inStat: stat)
    }

    /// proc(5): `pid (comm) state ppid …`; the state is field 3 and the start time field 22. The command
    /// may hold spaces and parentheses itself, so fields count from the last parenthesis.
    static func startTicks(inStat stat: String) -> Int64? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return Int64(fields[19])
    }

    /// A small file of `/proc`, whose size is not known before it is read; `nil` if it cannot be read.
    private static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}

/// There is no readable `/proc`, so runs of dead processes could not be told from running ones.
package struct ProcessTableUnreadable: Diagnostic {
    package var code: String { "metadata.no-proc" }
    package var problem: String { "/proc does not tell which process this is." }
    package var remedy: String { "Mount /proc (in a container it is there by default)." }
}
