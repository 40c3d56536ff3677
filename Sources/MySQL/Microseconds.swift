extension Duration {
    /// Whole microseconds; the largest number there is for a span that has more.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflows ? Int64.max : whole + attoseconds / 1_000_000_000_000
    }

}

/// `number` with zeros in front, `digits` digits long at least.
func padded(_ number: Int64, to digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
