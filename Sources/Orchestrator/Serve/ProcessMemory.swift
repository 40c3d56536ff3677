internal import CMalloc
internal import FoundationEssentials
internal import Glibc

/// Memory of this process that the system can have back.
package enum ProcessMemory {
    /// Gives back what the allocator keeps for later, and the pages of programs and libraries that were
    /// needed to start: those that are needed again come from the system's cache. Blocks for some
    /// milliseconds.
    package static func giveBack() {
        malloc_trim(0)
        guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return }
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            // Code is never written to, so that nothing is lost with its pages.
            guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { continue }
            let bounds = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard bounds.count == 2, bounds[0] < bounds[1] else { continue }
            madvise(UnsafeMutableRawPointer(bitPattern: bounds[0]), Int(bounds[1] - bounds[0]), MADV_DONTNEED)
        }
    }
}
