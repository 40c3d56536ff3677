internal import LakeModel

/// One thing that was looked at when a source was tested.
package struct SourceFinding: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable {
        case fine
        /// It works, and could be better.
        case remark
        /// Extractions would fail.
        case broken
    }

    /// `connection`, `encryption`, `clock`, `rights`, or the table's name.
    package let subject: String
    package let verdict: Verdict
    /// What was found, in words.
    package let finding: String
    /// What would mend it.
    package let remedy: String?
    /// Of the error that it would be in a run.
    package let code: String?

    init(_ subject: String, _ verdict: Verdict, _ finding: String, remedy: String? = nil, code: String? = nil)
    {
        self.subject = subject
        self.verdict = verdict
        self.finding = finding
        self.remedy = remedy
        self.code = code
    }

    init(_ subject: String, broken error: any Error) {
        if let error = error as? any Diagnostic {
            self.init(subject, .broken, error.problem, remedy: error.remedy, code: error.code)
        } else {
            self.init(subject, .broken, "\(error)")
        }
    }
}
