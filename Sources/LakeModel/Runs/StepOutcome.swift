/// How an attempt, or a step that was never tried, has ended.
package enum StepOutcome: Hashable, Sendable {
    case succeeded(rows: Int64, bytes: ByteCount)
    /// With the reason in words, such as ``SkipReason``'s.
    case skipped(String)
    case failed(StepFailure)
    /// The attempt failed and the step waits for another one.
    case retrying(StepFailure)
    /// An asset that it reads was not built.
    case blocked(by: AssetKey)
    case cancelled
    case lost

    package static func skipped(_ reason: SkipReason) -> StepOutcome { .skipped(reason.description) }

    /// The state of the step afterwards.
    package var state: StepState {
        switch self {
        case .succeeded: .succeeded
        case .skipped: .skipped
        case .failed: .failed
        case .retrying: .waiting
        case .blocked: .blocked
        case .cancelled: .cancelled
        case .lost: .lost
        }
    }

    /// The state of the attempt afterwards: it differs from the step's when the step waits for another one.
    package var attemptState: StepState {
        if case .retrying = self { .failed } else { state }
    }

    /// What went wrong, if something did.
    package var failure: StepFailure? {
        switch self {
        case .failed(let failure), .retrying(let failure): failure
        case .succeeded, .skipped, .blocked, .cancelled, .lost: nil
        }
    }
}

/// Why an attempt failed, as it is recorded and shown.
package struct StepFailure: Hashable, Sendable, Codable {
    /// A diagnostic's code, such as `bronze.partition-sealed`.
    package let code: String
    /// A sentence, at most ``problemBytesMax`` bytes of it. It holds no row values and no secrets.
    package let problem: String
    package let remedy: String
    package let category: FailureCategory

    package static let problemBytesMax = 2_000

    package init(code: String, problem: String, remedy: String = "", category: FailureCategory) {
        self.code = boundedText(code, bytesMax: 200)
        self.problem = boundedText(problem, bytesMax: StepFailure.problemBytesMax)
        self.remedy = boundedText(remedy, bytesMax: StepFailure.problemBytesMax)
        self.category = category
    }

    /// The failure that `diagnostic` describes; its place, if it has one, begins the problem.
    package init(_ diagnostic: any Diagnostic, category: FailureCategory) {
        let place = diagnostic.place.map { "\($0): " } ?? ""
        self.init(
            code: diagnostic.code, problem: place + diagnostic.problem, remedy: diagnostic.remedy,
            category: category)
    }
}

/// What kind of trouble a failure is: it decides whether a retry, a new password or a person helps.
package enum FailureCategory: String, Hashable, Sendable, Codable, CaseIterable {
    /// It may succeed later by itself: the network, a deadlock, an overloaded source.
    case transient
    case authExpired = "auth_expired"
    case outOfMemory = "oom"
    case badQuery = "bad_query"
    case badData = "bad_data"
    case badConfig = "bad_config"
    case cancelled
    case lost

    /// Whether the same attempt may succeed later without anybody's help.
    package var isTransient: Bool { self == .transient }
}

/// `text`, cut to at most `bytesMax` bytes of UTF-8 between two characters; what was cut shows as `…`.
package func boundedText(_ text: String, bytesMax: Int) -> String {
    precondition(bytesMax >= 3, "The ellipsis alone takes three bytes.")
    guard text.utf8.count > bytesMax else { return text }
    var kept = ""
    var bytes = 0
    for character in text {
        let length = character.utf8.count
        guard bytes + length <= bytesMax - 3 else { break }
        kept.append(character)
        bytes += length
    }
    return kept + "…"
}
