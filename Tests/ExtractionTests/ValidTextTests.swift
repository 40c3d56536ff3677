import Extraction
import Testing

@Suite struct `Text is UTF-8 or not` {
    private func judge(_ bytes: [UInt8]) {
        #expect(
            bytes.withUnsafeBytes { isValidUTF8($0) }
                == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
    }

    @Test func `at every place of a text of every length`() {
        let characters: [[UInt8]] = [
            Array("ü".utf8), Array("日".utf8), Array("👩".utf8), [0xC0, 0x80], [0xC3], [0x80],
            [0xED, 0xA0, 0x80],
            [0xE0, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xFF],
            [0xF0, 0x9F, 0x91],
            [0xE6, 0x97], [0xF1, 0x80, 0x80, 0x41],
        ]
        for count in 0...40 {
            for place in 0...count {
                for character in characters {
                    var bytes = [UInt8](repeating: 0x61, count: count)
                    bytes.insert(contentsOf: character, at: place)
                    judge(bytes)
                }
            }
        }
    }

    @Test func `for bytes at random`() {
        let first: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        ]
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6) {
                bytes += Array(repeating: 0x61, count: Int.random(in: 0...9))
                bytes += (0..<Int.random(in: 0...4)).map { _ in
                    Bool.random() ? first[Int.random(in: 0..<first.count)] : .random(in: 0x80...0xBF)
                }
            }
            judge(bytes)
        }
    }
}
