/// `83 ms`, `1.2 s`, `2 min 03 s`, `3 h 05 min`, `2 d 4 h`.
package func durationText(_ duration: Duration) -> String {
    let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    if seconds < 0 { return "-" + durationText(.zero - duration) }
    if seconds < 0.0995 { return seconds < 0.0005 ? "0 ms" : "\(Int((seconds * 1_000).rounded())) ms" }
    if seconds < 59.95 { return "\(tenths(seconds)) s" }
    let whole = Int(seconds.rounded())
    if whole < 3_600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
    if whole < 86_400 { return "\(whole / 3_600) h \(twoDigits(whole / 60 % 60)) min" }
    return "\(whole / 86_400) d \(whole / 3_600 % 24) h"
}

/// `27,914,002`.
package func countText(_ count: some BinaryInteger) -> String {
    let digits = String(count.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return count < 0 ? "-" + text : text
}

/// `1 row`, `27,914,002 rows`.
package func countText(_ count: some BinaryInteger, _ singular: String, _ plural: String) -> String {
    "\(countText(count)) \(count == 1 ? singular : plural)"
}

/// `153 MB` in powers of ten.
package func bytesText(_ bytes: some BinaryInteger) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
        value /= 1_000
        unit += 1
    }
    return "\(unit == 0 || value >= 99.95 ? "\(Int(value.rounded()))" : tenths(value)) \(units[unit])"
}

/// `153 MB/s`; empty if no time has passed.
package func rateText(bytes: some BinaryInteger, over duration: Duration) -> String {
    guard let perSecond = perSecond(Double(bytes), duration) else { return "" }
    return "\(bytesText(perSecond))/s"
}

/// `1,234,567 rows/s`; empty if no time has passed.
package func rateText(_ count: some BinaryInteger, _ plural: String, over duration: Duration) -> String {
    guard let perSecond = perSecond(Double(count), duration) else { return "" }
    return "\(countText(perSecond)) \(plural)/s"
}

/// `just now`, `5 min ago`, `3 h ago`, `2 d ago`; `in 5 min` for what is to come.
package func ageText(_ age: Duration) -> String {
    let seconds = age.components.seconds
    let magnitude = seconds.magnitude
    let text =
        switch magnitude {
        case 0..<60: magnitude < 5 ? "" : "\(magnitude) s"
        case 60..<3_600: "\(magnitude / 60) min"
        case 3_600..<86_400: "\(magnitude / 3_600) h"
        case 86_400..<(60 * 86_400): "\(magnitude / 86_400) d"
        case ..<(730 * 86_400): "\(magnitude / (30 * 86_400)) months"
        default: "\(magnitude / (365 * 86_400)) years"
        }
    if text.isEmpty { return "just now" }
    return seconds < 0 ? "in \(text)" : "\(text) ago"
}

/// `━━━━╸    ` of `width` columns for a fraction from 0 to 1; what is outside is moved to the nearer end.
package func progressBar(_ fraction: Double, width: Int) -> String {
    let width = max(0, width)
    let bounded = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    let halves = Int(bounded * Double(width) * 2)
    let bar = String(repeating: "━", count: halves / 2) + (halves % 2 == 1 ? "╸" : "")
    return padded(bar, to: width)
}

private func perSecond(_ amount: Double, _ duration: Duration) -> Int64? {
    let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    return seconds > 0 ? Int64(exactly: (amount / seconds).rounded()) : nil
}

private func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}

private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
