internal import Glibc

/// Folders, ports and the environment, for the server fixtures.
enum ServerFiles {
    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// A new folder that belongs to this user alone.
    static func makeTemporaryFolder(_ name: String) throws(ServerFailure) -> String {
        var template = Array("\(temporary)/tarn-\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ServerFailure("no temporary folder: errno \(errno)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A folder that stays for the next test process of this user, filled by `make` if it is not there yet.
    ///
    /// Two processes that want it at the same time make it once; a half-made one is never seen.
    static func cached(
        _ name: String, make: (_ folder: String) throws(ServerFailure) -> Void
    ) throws(ServerFailure) -> String {
        let parent = "\(temporary)/tarn-tests-\(getuid())"
        let folder = "\(parent)/\(name)"
        guard mkdir(parent, 0o755) == 0 || errno == EEXIST else {
            throw ServerFailure("cannot make \(parent)")
        }
        // Somebody else's folder of that name would let him choose what the server runs.
        var status = stat()
        guard lstat(parent, &status) == 0, status.st_uid == getuid() else {
            throw ServerFailure("\(parent) belongs to somebody else")
        }
        let lock = open("\(folder).lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw ServerFailure("cannot lock \(folder)") }
        defer { close(lock) }
        guard access(folder, F_OK) != 0 else { return folder }
        let unfinished = "\(folder).new"
        try GuardedProcess.run(["/bin/rm", "-rf", unfinished])
        guard mkdir(unfinished, 0o755) == 0 else { throw ServerFailure("cannot make \(unfinished)") }
        try make(unfinished)
        guard rename(unfinished, folder) == 0 else { throw ServerFailure("cannot make \(folder)") }
        return folder
    }

    /// A port of the loopback that was free a moment ago.
    static func unusedPort() throws(ServerFailure) -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ServerFailure("no socket: errno \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw ServerFailure("no port: errno \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Letters and digits that nobody guesses.
    static func randomWord() -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
        return String((0..<20).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }

    static func write(_ text: String, to path: String) throws(ServerFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ServerFailure("cannot write \(path): errno \(errno)") }
        defer { close(descriptor) }
        let count = text.utf8.count
        guard Glibc.write(descriptor, text, count) == count else {
            throw ServerFailure("cannot write \(path)")
        }
    }

    /// The first of `paths` that can be run.
    static func program(_ paths: [String]) throws(ServerFailure) -> String {
        for path in paths where access(path, X_OK) == 0 { return path }
        throw ServerFailure("none of \(paths) is installed; run scripts/setup --tests")
    }

    /// Asks `isReady` until it says yes, the process is gone, or a minute is over.
    static func await(
        _ process: GuardedProcess, log: String, isReady: () -> Bool
    ) throws(ServerFailure) {
        let deadline = ContinuousClock.now + .seconds(60)
        while !isReady() {
            guard process.isRunning, ContinuousClock.now < deadline else {
                throw ServerFailure("the server did not start; its log is \(log)")
            }
            usleep(10_000)
        }
    }

    private static var temporary: String { environment("TMPDIR") ?? "/tmp" }
}
