internal import Crypto

/// SHA-256 of a text's UTF-8, in hexadecimal.
package func hexadecimalDigest(of text: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text = text
    let hash = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
    return String(unsafeUninitializedCapacity: SHA256.byteCount * 2) { buffer in
        var index = 0
        for byte in hash {
            buffer[index] = digits[Int(byte >> 4)]
            buffer[index + 1] = digits[Int(byte & 15)]
            index += 2
        }
        return index
    }
}
