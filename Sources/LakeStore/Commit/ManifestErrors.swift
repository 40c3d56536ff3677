package import LakeModel

/// A JSON object of the lake cannot be understood.
package struct ManifestDamaged: Diagnostic {
    package let path: LakePath
    package let reason: String

    package var code: String { "manifest.damaged" }
    package var problem: String { "\(path) is damaged: \(reason)." }
    package var remedy: String {
        "Restore this one file from a backup or a snapshot of the storage; the data beside it is untouched."
    }
}

/// A JSON object of the lake was written by a later release.
package struct ManifestTooNew: Diagnostic {
    package let path: LakePath
    package let format: Int
    package let formatMax: Int

    package var code: String { "manifest.too-new" }
    package var problem: String { "\(path) has format \(format); this release reads up to \(formatMax)." }
    package var remedy: String {
        "Install the release of tarn that wrote it, or a later one, on this machine too."
    }
}
