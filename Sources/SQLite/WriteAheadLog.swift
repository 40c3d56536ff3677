internal import CSQLite
internal import Glibc

/// The -wal file, read as SQLite's recovery reads it. (SQLite file format, chapter 4.)
///
/// Nobody locks this file, so opening and closing it is harmless. Memory: one page.
struct WriteAheadLog {
    private static let headerBytes = 32
    private static let frameHeaderBytes = 24

    private let descriptor: Int32
    private let path: String
    private let pageBytes: Int
    private let isBigEndian: Bool
    /// Two words, which every frame of this generation repeats.
    private let salts: [UInt8]
    private var checksum: (UInt32, UInt32) = (0, 0)

    /// Names the last commit in the log: generation, frame and checksum. Nil when there is no commit in it.
    static func lastCommit(of path: String) throws(SQLiteError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SQLiteError(extendedCode: SQLITE_IOERR, message: "cannot open \(path): errno \(errno)")
        }
        defer { close(descriptor) }
        guard var log = try WriteAheadLog(descriptor, path) else { return nil }
        return try log.lastCommit()
    }

    private init?(_ descriptor: Int32, _ path: String) throws(SQLiteError) {
        (self.descriptor, self.path) = (descriptor, path)
        var header = [UInt8](repeating: 0, count: Self.headerBytes)
        guard try Self.read(&header, at: 0, from: descriptor, path), word(header, 0) & ~1 == 0x377F_0682
        else {
            return nil
        }
        isBigEndian = header[3] & 1 == 1
        pageBytes = Int(word(header, 8))
        guard pageBytes >= 512, pageBytes <= 65536, pageBytes & (pageBytes - 1) == 0 else { return nil }
        salts = Array(header[16..<24])
        addToChecksum(header, 0..<24)
        guard checksum == (word(header, 24), word(header, 28)) else { return nil }
    }

    private mutating func lastCommit() throws(SQLiteError) -> String? {
        var frame = [UInt8](repeating: 0, count: Self.frameHeaderBytes + pageBytes)
        var (frames, lastCommit): (Int, String?) = (0, nil)
        while try Self.read(&frame, at: Self.headerBytes + frames * frame.count, from: descriptor, path) {
            guard frame[8..<16].elementsEqual(salts) else { break }
            addToChecksum(frame, 0..<8)
            addToChecksum(frame, Self.frameHeaderBytes..<frame.count)
            guard checksum == (word(frame, 16), word(frame, 20)) else { break }
            frames += 1
            // Only a commit frame says how many pages the database has.
            if word(frame, 4) != 0 { lastCommit = "\(frames).\(checksum.0).\(checksum.1)" }
        }
        return lastCommit.map { "\(word(salts, 0)).\(word(salts, 4)).\($0)" }
    }

    private mutating func addToChecksum(_ bytes: [UInt8], _ range: Range<Int>) {
        var (first, second) = checksum
        bytes.withUnsafeBytes { bytes in
            for index in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
                let one = bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)
                let two = bytes.loadUnaligned(fromByteOffset: index + 4, as: UInt32.self)
                first &+= (isBigEndian ? UInt32(bigEndian: one) : UInt32(littleEndian: one)) &+ second
                second &+= (isBigEndian ? UInt32(bigEndian: two) : UInt32(littleEndian: two)) &+ first
            }
        }
        checksum = (first, second)
    }

    /// Fills `buffer`.
    /// - Returns: False when the file ends before that.
    private static func read(
        _ buffer: inout [UInt8], at offset: Int, from descriptor: Int32, _ path: String
    ) throws(SQLiteError) -> Bool {
        let read = buffer.withUnsafeMutableBytes {
            pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
        }
        guard read >= 0 else {
            throw SQLiteError(extendedCode: SQLITE_IOERR, message: "cannot read \(path): errno \(errno)")
        }
        return read == buffer.count
    }
}

/// The big-endian word at `index`.
private func word(_ bytes: [UInt8], _ index: Int) -> UInt32 {
    bytes[index..<(index + 4)].reduce(0) { $0 << 8 | UInt32($1) }
}
