internal import LakeModel

/// Keeps a reading within the pace that its source allows.
final class Governor: Sendable {
    let pace: Pace

    init(_ pace: Pace) { self.pace = pace }

    /// Called by every thread that reads, after each chunk; blocks it as long as the pace wants.
    func pass(rows: Int) throws {}
}
