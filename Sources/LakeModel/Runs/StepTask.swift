/// What a step does with its asset.
package enum StepTask: String, Hashable, Sendable, Codable, CaseIterable {
    /// Extracts it, or makes it from its inputs, audits it and publishes it.
    case build
    /// Compares what is published with the source.
    case reconcile
    /// Makes the tables of its group visible to readers, at one instant.
    case publish
}
