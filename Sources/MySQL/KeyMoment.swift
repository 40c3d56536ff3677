/// Dates and times as whole numbers in their order, zero and partial dates ("2020-00-00") included.
enum KeyMoment {
    private static func unitsPerDay(_ hasTime: Bool, _ digits: Int) -> Int128 {
        hasTime ? 86_400 * power(digits) : 1
    }

    private static func power(_ digits: Int) -> Int128 {
        (0..<digits).reduce(Int128(1)) { power, _ in power * 10 }
    }

    static func code(_ text: String, _ hasTime: Bool, _ digits: Int) -> Int128? {
        let parts = text.split { !$0.isNumber }.map(String.init)
        guard parts.count >= 3, let year = Int128(parts[0]), let month = Int128(parts[1]),
            let day = Int128(parts[2])
        else { return nil }
        let date = (year * 13 + month) * 32 + day
        guard hasTime else { return date }
        guard parts.count >= 6, let hour = Int128(parts[3]), let minute = Int128(parts[4]),
            let second = Int128(parts[5])
        else { return nil }
        let fraction = parts.count > 6 ? String(parts[6].prefix(digits)) : ""
        let units = Int128(fraction + String(repeating: "0", count: digits - fraction.count)) ?? 0
        return date * unitsPerDay(hasTime, digits) + ((hour * 60 + minute) * 60 + second) * power(digits)
            + units
    }

    static func text(_ code: Int128, _ hasTime: Bool, _ digits: Int) -> String {
        let perDay = unitsPerDay(hasTime, digits)
        let (date, time) = (max(0, code) / perDay, max(0, code) % perDay)
        let day = "\(zeros(date / 32 / 13, 4))-\(zeros(date / 32 % 13, 2))-\(zeros(date % 32, 2))"
        guard hasTime else { return day }
        let seconds = time / power(digits)
        let clock = "\(zeros(seconds / 3600, 2)):\(zeros(seconds / 60 % 60, 2)):\(zeros(seconds % 60, 2))"
        return digits == 0 ? "\(day) \(clock)" : "\(day) \(clock).\(zeros(time % power(digits), digits))"
    }

    /// The days next to `code` that are in the calendar, before and after it: servers refuse "02-31".
    static func days(around code: Int128, _ hasTime: Bool, _ digits: Int) -> [Int128] {
        let perDay = unitsPerDay(hasTime, digits)
        let date = code / perDay
        let (year, month, day) = (date / 32 / 13, date / 32 % 13, date % 32)
        if month >= 1, day >= 1, day <= days(in: month, of: year) { return [code] }
        let next =
            month >= 12
            ? ((year + 1) * 13 + 1) * 32 + 1 : (year * 13 + max(1, day == 0 ? month : month + 1)) * 32 + 1
        let end = month >= 1 ? (year * 13 + month) * 32 + min(day, days(in: month, of: year)) : next
        return [next * perDay, end * perDay + (day > 0 && month > 0 ? perDay - 1 : 0)]
    }

    private static func days(in month: Int128, of year: Int128) -> Int128 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func zeros(_ number: Int128, _ digits: Int) -> String { padded(Int64(number), to: digits) }
}

/// MariaDB's UUID type, whose order depends on the version: time and random ones are compared from the last
/// group to the first, the newer ones (6 to 8) as they are written.
enum KeyUUID {
    private static let groups = [10..<16, 8..<10, 6..<8, 4..<6, 0..<4]

    static func ordered(_ text: String) -> [UInt8]? {
        let bytes = KeyDomain.bytes(hex: text.filter { $0 != "-" })
        guard bytes.count == 16 else { return nil }
        // The last byte says which order it is, so that the text can be made again.
        return isReversed(bytes) ? groups.flatMap { bytes[$0] } + [1] : bytes + [0]
    }

    static func text(_ ordered: [UInt8]) -> String {
        var bytes = Array(ordered.prefix(16))
        bytes += [UInt8](repeating: 0, count: 16 - bytes.count)
        if ordered.count > 16, ordered[16] == 1 {
            var (restored, place) = ([UInt8](repeating: 0, count: 16), 0)
            for group in groups {
                for index in group {
                    restored[index] = bytes[place]
                    place += 1
                }
            }
            bytes = restored
            // A value between two others must look like them, or it is compared in the other order.
            if !isReversed(bytes) { (bytes[6], bytes[8]) = (bytes[6] & 0x0F | 0x40, bytes[8] & 0x3F | 0x80) }
        }
        let hex = Array(KeyDomain.hex(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }.joined(separator: "-")
    }

    private static func isReversed(_ bytes: [UInt8]) -> Bool {
        (1...5).contains(bytes[6] >> 4) && bytes[8] & 0xC0 == 0x80
    }
}
