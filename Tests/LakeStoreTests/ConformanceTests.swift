import LakeStore
import TarnTesting
import Testing

@Suite struct `A store` {
    @Test(arguments: ObjectStoreConformance.claims)
    func `in memory keeps what every store promises`(claim: ObjectStoreConformance.Claim) async throws {
        try await claim.check(MemoryStore())
    }

    @Test(arguments: ObjectStoreConformance.claims)
    func `on disk keeps what every store promises`(claim: ObjectStoreConformance.Claim) async throws {
        let folder = try TemporaryFolder()
        try await claim.check(LocalStore(root: folder.path))
    }
}
