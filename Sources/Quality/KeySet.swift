internal import Synchronization

/// Integers of a known range, one bit for each, that several threads fill or look up at once.
///
/// Sendable without the compiler's proof because of its pointer: the bits are atomic, and everything else
/// is constant.
final class KeySet: @unchecked Sendable {
    /// What a value that meets the set means.
    enum Use {
        /// Values are collected; none is wrong.
        case collecting
        /// A value that is there already is wrong, and every other one is added.
        case requiringNew
        /// A value that is not there is wrong.
        case requiringKnown
    }

    private let range: ClosedRange<Int64>
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let wordCount: Int

    /// `nil` if the range is wider than `bitsMax`.
    init?(_ range: ClosedRange<Int64>, bitsMax: Int) {
        let (width, overflows) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        guard !overflows, width < bitsMax else { return nil }
        self.range = range
        wordCount = Int(width) / 64 + 1
        words = .allocate(capacity: wordCount)
        for index in 0..<wordCount { (words + index).initialize(to: Atomic(0)) }
    }

    deinit {
        words.deinitialize(count: wordCount)
        words.deallocate()
    }

    /// Says of each value whether it is wrong; of NULL nothing.
    ///
    /// - Parameter validity: One bit for each value, set where there is one; `nil` if all are.
    func judge(
        _ values: Span<Int64>, _ validity: Span<UInt64>?, _ use: Use, into wrong: inout MutableSpan<Bool>
    ) {
        guard let validity else {
            for row in values.indices { wrong[row] = meets(values[row], use) }
            return
        }
        for row in values.indices where validity[row >> 6] >> UInt64(row & 63) & 1 == 1 {
            wrong[row] = meets(values[row], use)
        }
    }

    /// Whether `number` is wrong under `use`.
    @inline(__always)
    private func meets(_ number: Int64, _ use: Use) -> Bool {
        guard range.contains(number) else { return use == .requiringKnown }
        let offset = Int(number - range.lowerBound)
        let bit: UInt64 = 1 << UInt64(offset & 63)
        let word = words + (offset >> 6)
        switch use {
        case .requiringKnown: return word.pointee.load(ordering: .relaxed) & bit == 0
        case .requiringNew: return word.pointee.bitwiseOr(bit, ordering: .relaxed).oldValue & bit != 0
        case .collecting:
            word.pointee.bitwiseOr(bit, ordering: .relaxed)
            return false
        }
    }
}
