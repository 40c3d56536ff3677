/// The candidate that a misspelt `name` most likely means, or `nil` if none is near.
///
/// Near is at most a third of the name's length in insertions, deletions, replacements and swaps of
/// neighbours; the first of equals wins.
package func nearestName<Names: Sequence<String>>(to name: String, among candidates: Names) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    let distanceMax = max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let scalars = Array(candidate.lowercased().unicodeScalars)
        guard abs(scalars.count - wanted.count) <= distanceMax else { continue }
        let distance = editDistance(wanted, scalars)
        if distance <= distanceMax, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in 0..<left.count {
        var row = [i + 1]
        for j in 0..<right.count {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                cost = min(cost, beforeLast[j - 1] + 1)
            }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[right.count]
}
