package import LakeModel

/// A run that nobody created, or that was deleted because it is too old.
package struct UnknownRun: Diagnostic {
    package let run: RunID

    package init(run: RunID) { self.run = run }

    package var code: String { "metadata.unknown-run" }
    package var problem: String { "There is no run \(run)." }
    package var remedy: String { "See the runs that are kept with: tarn status" }
}

/// A step that was not planned in its run.
package struct UnknownStep: Diagnostic {
    package let step: StepID

    package init(step: StepID) { self.step = step }

    package var code: String { "metadata.unknown-step" }
    package var problem: String { "Run \(step.run) has no step \(step)." }
    package var remedy: String { "See its steps with: tarn status \(step.run)" }
}

/// A change of a run that is not allowed: nothing was changed.
package struct RunRefusal: Diagnostic {
    package let run: RunID
    package let kind: Kind

    package init(run: RunID, kind: Kind) {
        self.run = run
        self.kind = kind
    }

    package enum Kind: Hashable, Sendable {
        case exists
        case illegal(from: RunState, to: RunState)
        /// The run cannot end as `state` while steps are not final.
        case unfinishedSteps(Int, state: RunState)
    }

    package var code: String {
        switch kind {
        case .exists: "metadata.run-exists"
        case .illegal, .unfinishedSteps: "run.illegal-transition"
        }
    }
    package var problem: String {
        switch kind {
        case .exists: "There is a run \(run) already."
        case .illegal(let old, let new): "Run \(run) is \(old.rawValue) and cannot become \(new.rawValue)."
        case .unfinishedSteps(let count, let state):
            "Run \(run) cannot end as \(state.rawValue): \(count) of its steps are not finished."
        }
    }
    package var remedy: String {
        switch kind {
        case .exists: "Begin the run again: it gets a new id."
        case .illegal, .unfinishedSteps: "Nothing was changed. See the run with: tarn status \(run)"
        }
    }
}

/// The database was written by a later Tarn.
package struct MetadataTooNew: Diagnostic {
    package let database: String
    package let version: Int
    package let known: Int
    package var code: String { "metadata.too-new" }
    package var problem: String {
        "The metadata in \(database) has version \(version); this Tarn knows versions up to \(known)."
    }
    package var remedy: String { "Use the newer Tarn that last wrote it (see: tarn --version)." }
}

/// The file is not an SQLite database, or its contents contradict themselves.
package struct MetadataDamaged: Diagnostic {
    package let database: String
    package let detail: String
    package var code: String { "metadata.damaged" }
    package var problem: String { "The metadata in \(database) cannot be read: \(detail)." }
    package var remedy: String {
        "Move the file and its -wal and -shm companions away, or restore them from a backup. "
            + "The lake's tables do not depend on it; the history of runs does."
    }
}

/// The database belongs to another program.
package struct MetadataForeign: Diagnostic {
    package let database: String
    package var code: String { "metadata.foreign-database" }
    package var problem: String { "\(database) is a database of another program." }
    package var remedy: String { "Name another file for Tarn's metadata; this one was not changed." }
}

/// The disk or the quota is full: the change was not made.
package struct MetadataDiskFull: Diagnostic {
    package let database: String
    package var code: String { "metadata.disk-full" }
    package var problem: String { "There is no space left to write \(database)." }
    package var remedy: String { "Free some space (see: df -h), then start the run again." }
}

/// Another process kept the database locked for longer than the time limit.
package struct MetadataBusy: Diagnostic {
    package let database: String
    package let waited: Duration
    package var code: String { "metadata.busy" }
    package var problem: String {
        "Another process kept \(database) locked for more than \(waited.components.seconds) s."
    }
    package var remedy: String { "Try again; if it goes on, find the process with: fuser -v \(database)" }
    package var isTransient: Bool { true }
}

/// The server with the metadata does not answer, or is overloaded.
package struct MetadataUnreachable: Diagnostic {
    package let database: String
    package let detail: String
    package var code: String { "metadata.unreachable" }
    package var problem: String { "The metadata at \(database) could not be asked: \(detail)." }
    package var remedy: String {
        "It is asked again as long as a lease lasts. Check that the server runs and can be reached."
    }
    package var isTransient: Bool { true }
}

/// The database cannot be opened or written.
package struct MetadataInaccessible: Diagnostic {
    package let database: String
    package let detail: String
    package var code: String { "metadata.inaccessible" }
    package var problem: String { "\(database) cannot be opened or written: \(detail)." }
    package var remedy: String { "Check that its folder exists and that this user may write there." }
}

/// Any other failure of the database engine.
package struct MetadataFailure: Diagnostic {
    package let database: String
    package let detail: String
    package var code: String { "metadata.failed" }
    package var problem: String { "\(database) did not carry out a statement: \(detail)." }
    package var remedy: String { "Check the disk and the file's permissions, then try again." }
}

/// Somebody else does now what only one process does at a time.
package struct OfficeLost: Diagnostic {
    package let office: String
    package let epoch: LeaseEpoch
    package var code: String { "metadata.office-lost" }
    package var problem: String { "Another process has become the \(office) after epoch \(epoch)." }
    package var remedy: String {
        "Nothing is to be done: the other one goes on, and nothing was changed here."
    }
}
