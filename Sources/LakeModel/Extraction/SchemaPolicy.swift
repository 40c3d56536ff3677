/// What a change of a source's table means for its extraction.
package enum SchemaPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// New and wider columns are taken over; what would lose something stops the extraction.
    case evolve
    /// Any change stops the extraction.
    case freeze
    /// Bronze keeps the columns that it has: new ones are not read.
    case discard
}
