package import LakeModel

/// How the work on a lake is carried out: keys of `lake.yaml`.
package struct WorkDefinition: Hashable, Sendable {
    /// What happens to steps that fail.
    package var retry = RetryPolicy()
    /// How long a lease is good unless it is renewed.
    package var leaseFor = Duration.seconds(30)
    /// How long work may stand still.
    package var stallMax = Duration.seconds(900)
    /// How long a step may take unless its asset says otherwise; `nil` is for ever.
    package var timeout: Duration?
    /// How many units each pool has. Every step takes one of `global`, every model one of `duckdb`.
    package var pools: [String: Int] = [:]
    /// How many steps a node works on at once.
    package var slots = 4
    /// How long a node that is told to end goes on with what runs.
    package var grace = Duration.seconds(30)

    package init() {}
}

/// How one asset is worked on.
package struct AssetRules: Hashable, Sendable {
    /// How long a step may take; `nil` is what the lake says.
    package var timeout: Duration?
    /// What a step takes of the lake's pools.
    package var pools: [PoolUse] = []

    package init(timeout: Duration? = nil, pools: [PoolUse] = []) {
        self.timeout = timeout
        self.pools = pools
    }
}

/// Where the history of the work is.
package enum MetadataLocation: Sendable {
    /// In the lake's folder, for one machine.
    case sqlite
    /// In a schema of a PostgreSQL database, for several nodes.
    case postgres(ConnectionDefinition.ServerAddress, database: String, schema: String)
}
