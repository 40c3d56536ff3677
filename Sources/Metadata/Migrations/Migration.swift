/// One step of the database's shape, in both dialects. Forward only; a shipped one is never edited.
///
/// It is applied in one transaction together with the row of `schema_migration` that records it.
struct Migration: Sendable {
    let number: Int
    let name: String
    let sqlite: String
    let postgres: String

    /// In order, numbered from 1 without gaps.
    static let all: [Migration] = [
        m0001CreateRuns, m0002CreateMaterializations, m0003CreateReconciliations, m0004CreateFacts,
        m0005CreateLeases, m0006CreateTriggers, m0007CreateBackfills, m0008IndexReadySteps,
    ]

    /// The version of a database to which all of them were applied.
    static let newest = all.count
}
