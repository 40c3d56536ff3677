internal import CZlib
internal import Glibc

/// Proves that a workbook is a whole zip file before DuckDB's excel extension sees it, which reads a damaged
/// one for ever and cannot be interrupted.
///
/// The layout is that of PKWARE's APPNOTE 6.3.10: entries, a directory of them, and the directory's end.
struct WorkbookFile {
    private let bytes: [UInt8]

    /// Workbooks are read at once; Excel itself opens none that are larger.
    private static let bytesMax = 1 << 30
    private static let unpackedMax = 16 << 30

    /// - Throws: ``FileFailure`` if the file is no workbook, or a damaged one.
    static func verify(_ path: String) throws(FileFailure) {
        try WorkbookFile(path).verifyEntries()
    }

    private init(_ path: String) throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileFailure(reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileFailure(reason: String(cString: strerror(errno)))
        }
        guard status.st_size <= WorkbookFile.bytesMax else {
            throw FileFailure(reason: "it has more than 1 GB; export it to CSV")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileFailure(reason: "it was cut off while it was read") }
            filled += count
        }
        self.bytes = bytes
    }

    private func verifyEntries() throws(FileFailure) {
        let end = try directoryEnd()
        var offset = try number(at: end + 16, bytes: 4)
        var names: Set<String> = []
        var unpacked = 0
        for _ in 0..<(try number(at: end + 10, bytes: 2)) {
            let entry = try Entry(self, at: offset)
            unpacked += entry.unpacked
            guard unpacked <= WorkbookFile.unpackedMax else {
                throw FileFailure(reason: "it unpacks to more than 16 GB")
            }
            try verify(entry)
            names.insert(entry.name)
            offset = entry.next
        }
        guard names.contains("xl/workbook.xml") else {
            throw FileFailure(reason: "it is a zip file and no workbook")
        }
    }

    /// What the directory says of one entry.
    private struct Entry {
        let name: String
        let method: Int
        let crc: Int
        let packed: Int
        let unpacked: Int
        /// Where its own header is.
        let header: Int
        /// Where the directory goes on.
        let next: Int

        init(_ file: WorkbookFile, at offset: Int) throws(FileFailure) {
            guard try file.number(at: offset, bytes: 4) == 0x0201_4B50 else { throw WorkbookFile.damaged }
            method = try file.number(at: offset + 10, bytes: 2)
            crc = try file.number(at: offset + 16, bytes: 4)
            packed = try file.number(at: offset + 20, bytes: 4)
            unpacked = try file.number(at: offset + 24, bytes: 4)
            header = try file.number(at: offset + 42, bytes: 4)
            let nameCount = try file.number(at: offset + 28, bytes: 2)
            let others = try file.number(at: offset + 30, bytes: 2) + file.number(at: offset + 32, bytes: 2)
            next = offset + 46 + nameCount + others
            guard next <= file.bytes.count else { throw WorkbookFile.damaged }
            name = String(decoding: file.bytes[offset + 46..<offset + 46 + nameCount], as: UTF8.self)
        }
    }

    /// Unpacks an entry and compares its checksum.
    private func verify(_ entry: Entry) throws(FileFailure) {
        guard try number(at: entry.header, bytes: 4) == 0x0403_4B50 else { throw WorkbookFile.damaged }
        let begin =
            try entry.header + 30 + number(at: entry.header + 26, bytes: 2)
            + number(at: entry.header + 28, bytes: 2)
        guard begin + entry.packed <= bytes.count else { throw WorkbookFile.damaged }
        let crc: UInt? = bytes[begin..<begin + entry.packed].withUnsafeBytes { packed in
            switch entry.method {
            case 0: crc32(0, packed.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(packed.count))
            case 8: WorkbookFile.inflatedCRC(packed, count: entry.unpacked)
            default: nil
            }
        }
        guard let crc, Int(crc) == entry.crc || entry.packed == 0 && entry.unpacked == 0 else {
            throw WorkbookFile.damaged
        }
    }

    /// The checksum of what `packed` unpacks to; `nil` if it is damaged or has other than `count` bytes.
    private static func inflatedCRC(_ packed: UnsafeRawBufferPointer, count: Int) -> UInt? {
        var stream = z_stream()
        // No header: the zip file has its own.
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return nil
        }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(
            mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(packed.count)
        return withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { output in
            let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            var (crc, total) = (UInt(0), 0)
            while true {
                (stream.next_out, stream.avail_out) = (start, UInt32(output.count))
                let outcome = inflate(&stream, Z_NO_FLUSH)
                let produced = output.count - Int(stream.avail_out)
                crc = crc32(crc, start, UInt32(produced))
                total += produced
                if outcome == Z_STREAM_END { return total == count ? crc : nil }
                guard outcome == Z_OK, produced > 0, total <= count else { return nil }
            }
        }
    }

    /// Where the directory's end is, which a comment of up to 65,535 bytes may follow.
    private func directoryEnd() throws(FileFailure) -> Int {
        let first = max(0, bytes.count - 22 - 65_535)
        var offset = bytes.count - 22
        while offset >= first {
            if try number(at: offset, bytes: 4) == 0x0605_4B50 { return offset }
            offset -= 1
        }
        throw FileFailure(reason: "it is no workbook, or is cut off")
    }

    /// Little-endian.
    private func number(at offset: Int, bytes count: Int) throws(FileFailure) -> Int {
        guard offset >= 0, offset + count <= bytes.count else { throw WorkbookFile.damaged }
        return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private static let damaged = FileFailure(reason: "it is damaged")
}
