internal import LakeModel

/// The tables of the metadata inside one transaction, whichever database they are in.
///
/// The states of runs and steps are decided by `RunState` and `StepProgress`. A change locks the run's row
/// first, so that two transactions never wait for each other.
package struct MetadataTables {
    let db: any SQLConnection

    func apply(_ change: MetadataChange) throws {
        switch change {
        case .stepsFinished(let completions): try finish(completions)
        case .eventsAppended(let events): try append(events)
        case .materialized(let materializations): for one in materializations { try record(one) }
        case .verified(let verifications): for one in verifications { try record(one) }
        case .partitionsBuilt(let builds): for one in builds { try record(one) }
        case .reconciled(let records): for one in records { try record(one) }
        case .officeHeld(let office, let epoch): try hold(office, epoch)
        case .runCreated(let run, let steps): _ = try create(run, steps: steps, leaseFor: .seconds(60))
        case .triggersRemembered(let triggers): for one in triggers { try remember(one) }
        }
    }
}
