internal import Glibc

/// What the kernel says of this process.
struct ProcessFigures: Sendable {
    /// Of user and system together.
    let cpuSeconds: Double
    let residentBytes: Int64
    let openFiles: Int
    let openFilesMax: Int

    init() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        let pages = Self.words(of: "/proc/self/statm").dropFirst().first.flatMap { Int64($0) } ?? 0
        residentBytes = pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        openFilesMax = Int(clamping: limit.rlim_cur)
        var count = 0
        if let folder = opendir("/proc/self/fd") {
            while readdir(folder) != nil { count += 1 }
            closedir(folder)
        }
        // Less `.`, `..` and the folder itself.
        openFiles = max(0, count - 3)
    }

    private static func words(of path: String) -> [Substring] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).split(whereSeparator: \.isWhitespace)
    }
}
