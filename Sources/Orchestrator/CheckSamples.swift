internal import LakeModel
internal import LakeStore
internal import Project
internal import Transform

/// Files for rows that break checks of a model: staged while it is built, kept afterwards whatever came of
/// it.
struct CheckSamples: Sendable {
    private let store: SealingStore
    private let places: [String: Place]

    private struct Place {
        let file: String
        let staged: LakePath
        let path: LakePath
    }

    init(of model: LakeGraph.Model, _ run: RunID, in store: SealingStore) async throws {
        let asset = model.definition.key
        var places: [String: Place] = [:]
        for check in model.definition.checks {
            let staged = LakeLayout.stagedSample(of: asset, check: check.name, run: run)
            guard let file = try await store.localPath(forWriting: staged) else { continue }
            places[check.name] = Place(
                file: file, staged: staged, path: LakeLayout.sample(of: asset, check: check.name))
        }
        self.store = store
        self.places = places
    }

    /// Where rows that break a check are written to, and the name that they will have in the lake.
    func place(of check: String) -> (file: String, name: String)? {
        places[check].map { ($0.file, $0.path.text) }
    }

    /// Brings what `build` has sampled to its place. A sample helps; the result counts without it.
    func kept<T: Sendable>(_ build: () async throws -> T) async throws -> T {
        let result: Result<T, any Error>
        do { result = .success(try await build()) } catch { result = .failure(error) }
        for place in places.values where (try? await store.head(place.staged)) ?? nil != nil {
            _ = try? await store.rename(place.staged, to: place.path, .unconditionally)
        }
        return try result.get()
    }
}
