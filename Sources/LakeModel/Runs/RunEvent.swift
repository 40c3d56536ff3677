/// One thing that happened in a run, for people to read in order.
package struct RunEvent: Hashable, Sendable, Codable {
    /// Counts the events of one run from 1, without gaps.
    package let sequence: Int64
    package let draft: Draft

    package init(sequence: Int64, draft: Draft) {
        self.sequence = sequence
        self.draft = draft
    }

    /// An event before it has a number.
    package struct Draft: Hashable, Sendable, Codable {
        package let run: RunID
        package let at: Timestamp
        package let kind: Kind
        /// The asset that it is about; `nil` for the whole run.
        package let asset: AssetKey?
        package let partition: PartitionKey?
        /// At most ``RunEvent/textBytesMax`` bytes; it holds no row values and no secrets.
        package let text: String

        package init(
            run: RunID, at: Timestamp, kind: Kind, asset: AssetKey? = nil, partition: PartitionKey? = nil,
            text: String = ""
        ) {
            self.run = run
            self.at = at
            self.kind = kind
            self.asset = asset
            self.partition = partition
            self.text = boundedText(text, bytesMax: RunEvent.textBytesMax)
        }

        /// An event about `step`.
        package init(_ step: StepID, at: Timestamp, kind: Kind, text: String = "") {
            let task = step.task == .build ? nil : step.task.rawValue
            self.init(
                run: step.run, at: at, kind: kind, asset: step.asset, partition: step.partition,
                text: [task, text.isEmpty ? nil : text].compactMap { $0 }.joined(separator: ": "))
        }
    }

    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case runCreated = "run_created"
        case runStarted = "run_started"
        case runCancelRequested = "run_cancel_requested"
        case runFinished = "run_finished"
        case runLost = "run_lost"
        case stepStarted = "step_started"
        case stepSucceeded = "step_succeeded"
        case stepSkipped = "step_skipped"
        case stepFailed = "step_failed"
        case stepRetried = "step_retried"
        case stepBlocked = "step_blocked"
        case stepCancelled = "step_cancelled"
        /// Its lease was taken from somebody who does not answer.
        case stepReclaimed = "step_reclaimed"
        case stepLost = "step_lost"
        case checkPassed = "check_passed"
        case checkFailed = "check_failed"
        case reconciled
        case schemaChanged = "schema_changed"
        case valuesConverted = "values_converted"
        case rowsQuarantined = "rows_quarantined"
        case note
    }

    package static let textBytesMax = 2_000
}
