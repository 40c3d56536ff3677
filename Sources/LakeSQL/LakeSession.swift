package import DuckDB
package import LakeModel
package import LakeStore
internal import Synchronization

/// A DuckDB in which every table of the lake has its name.
///
/// Names are views on the files that the manifests listed when the name was defined, so a reader sees one
/// version to the end. Defining an asset again moves its name to what is published now.
package final class LakeSession: Sendable {
    package let database: Database
    private let store: any ObjectStore
    private let manifests: ManifestStore
    /// The SELECT behind every view that was made.
    private let defined = Mutex<[String: String]>([:])

    /// - Parameter database: Views are made in it; the session may be one of several users.
    package init(database: Database, store: any ObjectStore) {
        self.database = database
        self.store = store
        manifests = ManifestStore(store)
    }

    /// What is published of an asset now, with all of its history; `nil` if nothing is.
    package func state(of key: AssetKey) async throws -> AssetState? {
        try await LakeSession.state(of: key, hasHistory: true, manifests, store)
    }

    /// What is published of an asset now; `nil` if nothing is.
    ///
    /// - Parameter hasHistory: Whether every partition of a bronze table is looked up, for who reads
    ///   `__all`. It costs a request a day.
    /// - Parameters:
    ///   - visible: What readers see of tables that are published together, instead of their newest.
    ///   - day: Bronze as it was at the end of that day; `nil` is now.
    package static func state(
        of key: AssetKey, hasHistory: Bool = false, visible: [AssetKey: TableManifest] = [:],
        upTo day: Day? = nil, _ manifests: ManifestStore, _ store: any ObjectStore
    ) async throws -> AssetState? {
        guard case .bronze(let source, let table) = key else {
            let newest = visible[key] == nil ? try await manifests.manifest(of: key)?.manifest : nil
            guard let manifest = visible[key] ?? newest else { return nil }
            var reads: [AssetState] = []
            // Views read only what was there before them, so this ends.
            for input in manifest.view == nil ? [] : manifest.inputs {
                guard
                    let state = try await state(
                        of: input.asset, hasHistory: true, visible: visible, manifests, store)
                else {
                    return nil
                }
                reads.append(state)
            }
            return AssetState(key, manifest, reads: reads, url: store.readableURL)
        }
        guard let current = try await manifests.currentFiles(of: source, table, upTo: day) else {
            return nil
        }
        let history = hasHistory ? try await manifests.manifests(of: source, table, upTo: day) : nil
        return AssetState(key, current, history: history, url: store.readableURL)
    }

    /// Gives each asset its name, and bronze the names `__all` and `__bad` too. Whoever uses the names has
    /// the states prepared before. Blocks.
    package func define(_ states: [AssetState], on connection: Connection) throws {
        // Made under the lock: two transactions that replace one view would conflict.
        try defined.withLock { defined in
            for state in LakeSession.withReads(states) {
                let name = state.key.quotedName
                // A view binds anew what it reads.
                let meaning = state.reads.isEmpty ? state.select : "\(state.version) \(state.select)"
                if defined[name] != meaning {
                    try connection.execute(
                        """
                        CREATE SCHEMA IF NOT EXISTS \(quotedIdentifier(state.key.schema)); \
                        CREATE OR REPLACE VIEW \(name) AS \(state.select)
                        """)
                    defined[name] = meaning
                }
                for (suffix, select) in [("__all", state.selectAll), ("__bad", state.selectBad)] {
                    guard let select else { continue }
                    let other =
                        "\(quotedIdentifier(state.key.schema)).\(quotedIdentifier("\(state.key.table)\(suffix)"))"
                    guard defined[other] != select else { continue }
                    try connection.execute("CREATE OR REPLACE VIEW \(other) AS \(select)")
                    defined[other] = select
                }
            }
        }
    }

    /// Each state after what it reads, and once.
    fileprivate static func withReads(_ states: [AssetState]) -> [AssetState] {
        var seen: Set<AssetKey> = []
        return states.flatMap { withReads($0.reads) + [$0] }.filter { seen.insert($0.key).inserted }
    }
}

extension ObjectStore {
    /// Brings every object within reach that the SELECTs of `states` name.
    /// - Throws: `ObjectNotFound`; what downloading throws.
    package func prepare(_ states: [AssetState]) async throws {
        try await prepare(LakeSession.withReads(states).flatMap(\.objects))
    }
}
