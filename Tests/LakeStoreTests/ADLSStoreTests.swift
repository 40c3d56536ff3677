import ADLS
import ADLSClient
import LakeModel
import LakeStore
import TarnTesting
import Testing

extension ServedFolder {
    /// How a client may show who it is.
    enum Proof: String, CaseIterable, Sendable { case sharedKey, signature, connectionString }

    /// A store in a new folder of the filesystem; `port` may be a proxy's.
    func store(
        _ proof: Proof = .sharedKey, port: Int? = nil, path: String = "a lake/of data",
        _ change: (inout ADLSStore.Transfers) -> Void = { _ in }
    ) throws -> ADLSStore {
        let endpoint = "http://127.0.0.1:\(port ?? self.port)/\(Self.account)"
        let account =
            switch proof {
            case .sharedKey:
                try StorageAccount(
                    name: Self.account, endpoint: endpoint, credential: .sharedKey(Self.secret))
            case .signature:
                try StorageAccount(
                    name: Self.account, endpoint: endpoint, credential: .signature(accountSignature()))
            case .connectionString:
                try StorageAccount(try ConnectionString(connectionString(port: port)))
            }
        var rule = RetryRule()
        rule.firstDelay = .milliseconds(2)
        rule.delayMax = .milliseconds(100)
        rule.attemptsMax = 12
        var transfers = ADLSStore.Transfers()
        change(&transfers)
        return ADLSStore(
            at: ADLSLocation(filesystem: "lake", account: Self.account, path: path), in: account, rule: rule,
            transfers: transfers)
    }
}

@Suite struct `A store in ADLS` {
    @Test(arguments: ObjectStoreConformance.claims, ServedFolder.Proof.allCases)
    func `keeps what every store promises`(
        claim: ObjectStoreConformance.Claim, proof: ServedFolder.Proof
    ) async throws {
        // One of them at the root of its filesystem, where no path stands before the lake's.
        let path = proof == .connectionString ? "" : "a lake/of data"
        try await ServedFolder.with { try await claim.check(try $0.store(proof, path: path)) }
    }

    @Test(arguments: ObjectStoreConformance.claims, [0.05, 0.25])
    func `keeps it through a network that fails`(
        claim: ObjectStoreConformance.Claim, rate: Double
    ) async throws {
        try await ServedFolder.with { served in
            try await FaultProxy.with(upstream: served.port, rate: rate, seed: 7) { proxy in
                do {
                    try await claim.check(try served.store(port: proxy.port))
                } catch is OutcomeUnknown where claim.description.contains("20 tasks") {
                    // Between a lost answer and the look for it, more writes can come here than the object
                    // remembers. Then nothing is promised but that the caller is told.
                }
            }
        }
    }
}
