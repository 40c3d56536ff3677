internal import Glibc

extension StoreFolder {
    /// For how long blocks and appends wait for their commit.
    static let patience: Int64 = 7 * 24 * 3_600

    /// Removes what nobody can use any more: all that was being written when the process before ended, what
    /// is in the trash, and what has waited for its commit for a week.
    func tidy(isStarting: Bool) {
        if isStarting {
            for folder in ["staging", "trash"] {
                for name in names(in: folder) { removeTree("\(own)/\(folder)/\(name)") }
            }
        }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        for folder in ["appends"] + names(in: "blocks").map({ "blocks/\($0)" }) {
            for name in names(in: folder) {
                let path = "\(own)/\(folder)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0,
                    Int64(status.st_mtim.tv_sec) < Int64(now.tv_sec) - Self.patience
                else { continue }
                if folder == "appends", !name.hasSuffix(".ranges") { appends.forget(name, in: self) }
                removeTree(path)
            }
        }
    }

    private func names(in folder: String) -> [String] {
        guard let stream = opendir("\(own)/\(folder)") else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            if let name = Self.name(of: entry), name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
