extension PartitionKey {
    /// The key as a part of a file's name: other characters than letters, digits, `-` and `_` as `~` and two
    /// hexadecimal digits for each byte; long ones cut, with a digest. Different keys have different names.
    package var fileName: String {
        let name = escaped(mark: "~", alsoPlain: "-_")
        guard name.utf8.count > 100 else { return name }
        // FNV-1a, which is the same in every version of the program.
        let digest = text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return "\(name.prefix(80))~~\(String(digest, radix: 16))"
    }

    /// The key as a value of a folder's name, `day=…`, as Hive and whoever reads its folders writes it.
    package var folderValue: String { escaped(mark: "%", alsoPlain: "-_.") }

    private func escaped(mark: String, alsoPlain: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                byte < 0x80
                && (("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                    || ("0"..."9").contains(scalar) || alsoPlain.unicodeScalars.contains(scalar))
            return isPlain
                ? String(Character(scalar)) : "\(mark)\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}
