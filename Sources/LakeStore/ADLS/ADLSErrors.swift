package import LakeModel

/// An object was replaced or deleted while it was read or written in parts.
package struct ObjectReplaced: Diagnostic {
    package let path: LakePath
    let act: String

    package var code: String { "store.object-replaced" }
    package var problem: String { "\(path) was replaced or deleted while it was being \(act)." }
    package var remedy: String { "Run again; the next attempt takes the version that is there then." }
    package var isTransient: Bool { true }
}

/// The answer to a change was lost, and what is there does not tell whether it was made.
package struct OutcomeUnknown: Diagnostic {
    package let path: LakePath
    let act: String
    let reason: String

    package var code: String { "store.outcome-unknown" }
    package var problem: String { "Whether \(path) was \(act) is not known: \(reason)." }
    package var remedy: String {
        "Run again: a run that finds its own files takes them, and a commit that was made is not made twice."
    }
    package var isTransient: Bool { true }
}

/// A copy by the service ended without its target.
package struct CopyFailed: Diagnostic {
    package let path: LakePath
    let status: String

    package var code: String { "store.copy-failed" }
    package var problem: String { "The service did not copy to \(path): it says '\(status)'." }
    package var remedy: String { "Run again; if it stays, look into the account's health in the portal." }
    package var isTransient: Bool { true }
}
