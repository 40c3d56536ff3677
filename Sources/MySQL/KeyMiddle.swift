extension KeyDomain {
    /// The number in the middle of an interval; nil when it has only one.
    func middle(_ interval: KeyInterval) -> KeyValue? {
        guard case .number(let lower) = interval.lower, case .number(let last) = interval.last else {
            return nil
        }
        let upper = interval.upper == nil ? last + 1 : last
        guard upper - lower > 1 else { return nil }
        let middle = lower + (upper - lower) / 2
        guard case .moment(let hasTime, let digits) = self else { return .number(middle) }
        return KeyMoment.days(around: middle, hasTime, digits).first { $0 > lower && $0 < upper }
            .map { .number($0) }
    }

    /// A value that is probably between two others; nil when none can be made up.
    func guess(
        _ lower: KeyValue, _ upper: KeyValue, _ alphabet: KeyAlphabet, seen: Set<Unicode.Scalar>?
    ) -> KeyValue? {
        switch (lower, upper) {
        case (.text(_, let lower), .text(_, let upper)):
            guard let text = alphabet.middle(lower, upper, seen: seen) else { return nil }
            return .text(bytes: Array(text.utf8), text)
        case (.bytes(let lower), .bytes(let upper)):
            guard
                var bytes = Self.middle(lower.map { Int($0) + 1 }, upper.map { Int($0) + 1 }, base: 257)?
                    .map({ UInt8($0 - 1) })
            else { return nil }
            if self == .uuid, let order = lower.last {
                // All of them have 16 bytes, and the one that tells their order.
                bytes = bytes.prefix(16) + [UInt8](repeating: 0, count: max(0, 16 - bytes.count)) + [order]
            }
            return .bytes(bytes)
        default: return nil
        }
    }

    /// A made-up text comes in our character set, not in the column's.
    func guessLiteral(_ guess: KeyValue) -> String {
        guard case .text(let characterSet, let collation) = self, case .text(let bytes, _) = guess else {
            return literal(guess)
        }
        return "CONVERT(_utf8mb4 X'\(Self.hex(bytes))' USING \(characterSet)) COLLATE \(collation)"
    }

    /// Halfway between two texts, as fractions in a number system of `base`. The digit 0 is the end of a
    /// text, which comes before every character.
    static func middle(_ lower: [Int], _ upper: [Int], base: Int) -> [Int]? {
        let common = zip(lower, upper).prefix { $0 == $1 }.count
        func fraction(_ digits: [Int]) -> Int128 {
            (common..<(common + 4)).reduce(Int128(0)) {
                $0 * Int128(base) + Int128($1 < digits.count ? digits[$1] : 0)
            }
        }
        let (low, high) = (fraction(lower), fraction(upper))
        guard high - low > 1 else { return nil }
        var rest = low + (high - low) / 2
        var digits: [Int] = []
        for _ in 0..<4 {
            digits.insert(Int(rest % Int128(base)), at: 0)
            rest /= Int128(base)
        }
        return lower.prefix(common) + digits.prefix { $0 > 0 }
    }
}

/// The characters of a collation in its order, so that a text between two others can be guessed.
///
/// Only a guess: what it is worth shows when the server looks for the next key.
struct KeyAlphabet {
    /// One for each group of characters that the collation takes for equal.
    private let characters: [Unicode.Scalar]
    private let ranks: [Unicode.Scalar: Int]

    /// - Parameter groups: the answer to ``question(characterSet:collation:)``.
    init(_ groups: [String]) {
        let groups = groups.map { group in
            group.split(separator: ",").compactMap { hex in
                String(decoding: KeyDomain.bytes(hex: String(hex)), as: UTF8.self).unicodeScalars.first
            }
        }.filter { !$0.isEmpty }
        characters = groups.map { $0[0] }
        ranks = Dictionary(
            groups.enumerated().flatMap { rank, group in group.map { ($0, rank + 1) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Asks the server for the common characters in the order of a collation: each row a group, in
    /// hexadecimal UTF-8.
    static func question(characterSet: String, collation: String) -> String {
        var scalars = Array(0x20...0x7E)
        if !["ascii", "binary"].contains(characterSet) { scalars += Array(0xA1...0xFF) }
        if characterSet.hasPrefix("utf8") { scalars += Array(0x0391...0x03C9) + Array(0x0410...0x044F) }
        let items = scalars.compactMap { Unicode.Scalar($0) }.map { scalar in
            let hex = KeyDomain.hex(Array(String(Character(scalar)).utf8))
            return
                "SELECT '\(hex)' AS h, CONVERT(_utf8mb4 X'\(hex)' USING \(characterSet)) COLLATE \(collation) AS c"
        }
        return """
            SELECT GROUP_CONCAT(h ORDER BY h) FROM (\(items.joined(separator: " UNION ALL "))) AS a \
            GROUP BY c ORDER BY c
            """
    }

    /// - Parameter seen: if not nil, only these characters and those of the two texts are used. Keys made of
    ///   digits are found in fewer guesses that way.
    func middle(_ lower: String, _ upper: String, seen: Set<Unicode.Scalar>?) -> String? {
        let (low, high) = (digits(lower), digits(upper))
        let middle: [Int]?
        if let seen {
            let used = Set(seen.map(rank)).union(low).union(high).sorted()
            let places = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0 + 1) })
            middle = KeyDomain.middle(
                low.compactMap { places[$0] }, high.compactMap { places[$0] }, base: used.count + 1)?
                .map { used[$0 - 1] }
        } else {
            // Room for every character there is would put each guess where no key is.
            let highest = max(low.max() ?? 0, high.max() ?? 0)
            let base = highest > characters.count ? characters.count + 2 + 0x11_0000 : characters.count + 1
            middle = KeyDomain.middle(low, high, base: base)
        }
        guard let middle else { return nil }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: middle.map(scalar))
        return String(scalars)
    }

    private func rank(_ scalar: Unicode.Scalar) -> Int {
        ranks[scalar] ?? characters.count + 1 + Int(scalar.value)
    }

    private func digits(_ text: String) -> [Int] {
        text.unicodeScalars.map(rank)
    }

    private func scalar(_ digit: Int) -> Unicode.Scalar {
        if digit <= characters.count { return characters[digit - 1] }
        // The numbers of surrogates are no characters.
        return Unicode.Scalar(UInt32(digit - characters.count - 1)) ?? "\u{D7FF}"
    }
}
