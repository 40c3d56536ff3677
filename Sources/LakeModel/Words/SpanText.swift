/// A duration as the lake's files write it: `26h`, `90m`, `7d`; a fraction of a second is cut.
package func spanText(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    for (unit, length) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60)]
    where seconds != 0 && seconds % length == 0 && (unit != "d" || seconds >= 2 * length) {
        return "\(seconds / length)\(unit)"
    }
    return "\(seconds)s"
}
