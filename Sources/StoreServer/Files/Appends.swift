internal import ADLS
internal import FoundationEssentials
internal import Glibc
internal import LakeModel
internal import Synchronization

/// Bytes that were appended and wait for their flush, by the version of the file that they go on from.
///
/// The bytes are in one sparse file at the offsets that they will have; which of them are there is kept
/// beside it, so that a restart between append and flush loses nothing.
final class Appends: Sendable {
    private let open = Mutex<[String: Entry]>([:])
    private static let openMax = 256

    struct Entry: Sendable {
        let file: StagedFile
        /// What is there, sorted, not touching each other.
        var ranges: [Range<Int64>]
        /// Requests that write to the file now.
        var writers = 0
    }

    /// Lends the file of a version to a writer; it is made, or found again, as needed.
    func begin(_ version: String, in folder: StoreFolder) throws(FileFailure) -> StagedFile {
        let result: Result<StagedFile, FileFailure> = open.withLock { entries in
            do throws(FileFailure) {
                // What nobody writes to now is found again on the disk.
                if entries.count > Self.openMax { entries = entries.filter { $0.value.writers > 0 } }
                var entry: Entry
                if let known = entries[version] {
                    entry = known
                } else {
                    entry = try Self.found(version, in: folder)
                }
                entry.writers += 1
                entries[version] = entry
                return .success(entry.file)
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func found(_ version: String, in folder: StoreFolder) throws(FileFailure) -> Entry {
        let path = "\(folder.own)/appends/\(version)"
        var ranges: [Range<Int64>] = []
        let isThere = access(path, F_OK) == 0
        if isThere {
            for line in ((try? String(contentsOfFile: path + ".ranges", encoding: .utf8)) ?? "").split(
                separator: "\n")
            {
                let ends = line.split(separator: " ").compactMap { Int64($0) }
                if ends.count == 2, ends[0] < ends[1] { add(ends[0]..<ends[1], to: &ranges) }
            }
        }
        let file = try StagedFile(at: path, mustExist: isThere)
        // It stays when the process ends.
        file.wasPlaced()
        return Entry(file: file, ranges: ranges)
    }

    /// The writer is done; `range` is what it wrote, if it wrote all of it.
    func end(_ version: String, wrote range: Range<Int64>?, in folder: StoreFolder) {
        open.withLock { entries in
            guard var entry = entries[version] else { return }
            entry.writers -= 1
            if let range, !range.isEmpty {
                Self.add(range, to: &entry.ranges)
                Self.note(range, "\(folder.own)/appends/\(version).ranges")
            }
            entries[version] = entry
        }
    }

    private static func note(_ range: Range<Int64>, _ path: String) {
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let line = Array("\(range.lowerBound) \(range.upperBound)\n".utf8)
        _ = write(descriptor, line, line.count)
        close(descriptor)
    }

    static func add(_ range: Range<Int64>, to ranges: inout [Range<Int64>]) {
        var merged = range
        var rest: [Range<Int64>] = []
        for other in ranges {
            if other.upperBound < merged.lowerBound || merged.upperBound < other.lowerBound {
                rest.append(other)
            } else {
                merged = min(merged.lowerBound, other.lowerBound)..<max(merged.upperBound, other.upperBound)
            }
        }
        rest.append(merged)
        ranges = rest.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// What waits for a version, if it has every byte from `start` to `end`; its further bytes are dropped.
    ///
    /// Whoever gets it owns it, and the next append begins anew. If somebody still writes to the file it is
    /// only lent.
    func take(_ version: String, from start: Int64, to end: Int64, in folder: StoreFolder) -> (
        file: StagedFile, isOwned: Bool
    )? {
        open.withLock { entries in
            guard entries[version] != nil || access("\(folder.own)/appends/\(version)", F_OK) == 0,
                let entry = try? entries[version] ?? Self.found(version, in: folder)
            else { return nil }
            entries[version] = entry
            guard entry.ranges.contains(where: { $0.lowerBound <= start && end <= $0.upperBound }) else {
                return nil
            }
            let isOwned = entry.writers == 0
            if isOwned { entries[version] = nil }
            return (entry.file, isOwned)
        }
    }

    /// Puts back what could not be flushed.
    func putBack(_ file: StagedFile, _ version: String, _ range: Range<Int64>) {
        open.withLock { entries in
            if entries[version] == nil { entries[version] = Entry(file: file, ranges: [range]) }
        }
    }

    /// The same file has another version now.
    func move(_ version: String, to other: String, in folder: StoreFolder) {
        open.withLock { entries in
            let (from, to) = ("\(folder.own)/appends/\(version)", "\(folder.own)/appends/\(other)")
            guard rename(from, to) == 0 else { return }
            _ = rename(from + ".ranges", to + ".ranges")
            guard let entry = entries.removeValue(forKey: version), entry.writers == 0,
                let file = try? StagedFile(at: to, mustExist: true)
            else { return }
            file.wasPlaced()
            entries[other] = Entry(file: file, ranges: entry.ranges)
        }
    }

    /// The version is no more.
    func forget(_ version: String, in folder: StoreFolder) {
        open.withLock { entries in
            entries[version] = nil
            unlink("\(folder.own)/appends/\(version)")
            unlink("\(folder.own)/appends/\(version).ranges")
        }
    }
}
