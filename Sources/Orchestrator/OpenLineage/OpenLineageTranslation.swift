internal import Crypto
internal import LakeModel

/// Turns events of a run into what OpenLineage calls run events: one job for each asset, and one for the run
/// around them. A pure function: the same event always gives the same, so one that is sent twice is seen to
/// be.
struct OpenLineageTranslation: Sendable {
    let namespace: String
    /// What the run selected; the name of the job around its steps.
    let selection: String
    let assets: [AssetKey: Asset]
    let steps: [StepKey: Step]

    /// What is known of an asset.
    struct Asset: Sendable {
        var inputs: [OpenLineageEvent.Dataset] = []
        /// Of a model.
        var sql: String?
        var schema: [ColumnSchema] = []
    }

    /// What is known of a step that has ended.
    struct Step: Sendable {
        var rows: Int64?
        var bytes: Int64?
        var problem: String?
    }

    /// `nil` of what is no transition of a run or a step, such as a note.
    func event(_ event: RunEvent) -> OpenLineageEvent? {
        guard let kind = kind(of: event) else { return nil }
        let draft = event.draft
        let task = draft.asset == nil ? StepTask.build : self.task(of: draft.text)
        let step = draft.asset.map { StepKey($0, draft.partition, task: task) }
        let known = step.flatMap { steps[$0] }
        var facets = OpenLineageEvent.RunFacets(
            tarn: OpenLineageEvent.Tarn(
                run: draft.run.text, sequence: event.sequence, event: draft.kind.rawValue, text: draft.text,
                partition: draft.partition?.text))
        if step != nil {
            facets.parent = OpenLineageEvent.Parent(
                run: .init(runId: identity(draft.run, nil)),
                job: .init(namespace: namespace, name: "run \(selection)"))
        }
        if kind == .fail || kind == .other {
            facets.errorMessage = OpenLineageEvent.ErrorMessage(message: known?.problem ?? draft.text)
        }
        let asset = draft.asset.flatMap { assets[$0] }
        var outputs: [OpenLineageEvent.Dataset] = []
        if let key = draft.asset, task == .build {
            var output = OpenLineageEvent.Dataset(namespace: namespace, name: key.description)
            if let schema = asset?.schema, !schema.isEmpty {
                output.facets.schema = .init(fields: schema.map { .init(name: $0.name, type: $0.type) })
            }
            if draft.kind == .stepSucceeded, let rows = known?.rows {
                output.outputFacets = .init(outputStatistics: .init(rowCount: rows, size: known?.bytes ?? 0))
            }
            outputs = [output]
        }
        return OpenLineageEvent(
            eventType: kind, eventTime: draft.at.description,
            run: .init(runId: identity(draft.run, step), facets: facets),
            job: .init(
                namespace: namespace, name: step.map { name(of: $0, task) } ?? "run \(selection)",
                facets: .init(
                    jobType: .init(jobType: jobType(draft.asset, task)),
                    sql: task == .build ? asset?.sql.map { .init(query: $0) } : nil)),
            inputs: step == nil ? [] : asset?.inputs ?? [], outputs: outputs)
    }

    private func kind(of event: RunEvent) -> OpenLineageEvent.Kind? {
        switch event.draft.kind {
        case .runStarted, .stepStarted: .start
        case .stepSucceeded, .stepSkipped: .complete
        case .stepFailed, .stepLost: .fail
        // It is tried again: not its end.
        case .stepRetried, .stepReclaimed: .other
        case .stepBlocked, .stepCancelled: .abort
        case .runLost: .fail
        case .runFinished:
            switch RunState(rawValue: event.draft.text) {
            case .failed, .lost: .fail
            case .cancelled: .abort
            default: .complete
            }
        case .runCreated, .runCancelRequested, .checkPassed, .checkFailed, .reconciled, .schemaChanged,
            .valuesConverted, .rowsQuarantined, .note:
            nil
        }
    }

    /// Events of other tasks than builds begin with the task's name.
    private func task(of text: String) -> StepTask {
        let word = text.prefix { $0 != ":" }
        return StepTask(rawValue: String(word)).flatMap { $0 == .build ? nil : $0 } ?? .build
    }

    private func name(of step: StepKey, _ task: StepTask) -> String {
        task == .build ? step.asset.description : "\(step.asset) (\(task.rawValue))"
    }

    private func jobType(_ asset: AssetKey?, _ task: StepTask) -> String {
        guard let asset else { return "RUN" }
        switch task {
        case .build: return asset.layer == .bronze ? "EXTRACT" : "MODEL"
        case .reconcile: return "RECONCILE"
        case .publish: return "PUBLISH"
        }
    }

    /// A UUID that only this run, or this step of it, has (RFC 9562, version 8).
    private func identity(_ run: RunID, _ step: StepKey?) -> String {
        var bytes = Array(
            SHA256.hash(data: Array("\(namespace)\n\(run)\n\(step.map { "\($0)" } ?? "")".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)].map { from, to in
            String(digits.dropFirst(from).prefix(to - from))
        }
        return parts.joined(separator: "-")
    }
}
