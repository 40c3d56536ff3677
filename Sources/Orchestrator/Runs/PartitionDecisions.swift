internal import Blocking
internal import Extraction
internal import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Metadata
internal import Project
internal import Transform

/// Decides for partitions of one asset whether they must be built, by what is published now.
struct PartitionDecisions {
    let asset: AssetKey
    private let decide: (PartitionKey) -> PartitionDecision
    /// What is published of each.
    let files: [PartitionKey: DataFile]
    /// The inputs of a model.
    let inputs: [AssetState]
    let relations: [AssetKey: PartitionRelation]
    /// How the published partitions of a model compare with inputs whose changes it follows.
    let followed: FollowedInputs
    let fingerprint: String?

    func callAsFunction(_ key: PartitionKey) -> PartitionDecision { decide(key) }

    /// The same as a run's plan shows it.
    func buildDecision(_ key: PartitionKey) -> BuildDecision {
        switch decide(key) {
        case .build(let reasons): .build(reasons)
        case .unchanged: .skip(files[key].map { .unchanged(since: $0.run.ofWriter) } ?? .noPartition)
        case .wait(let wait): .skip(.waiting(wait))
        }
    }

    /// Of a bronze table.
    ///
    /// - Parameter keys: About which it will be asked.
    init(
        _ table: LakeGraph.Table, _ asset: AssetKey, _ keys: [PartitionKey], in lake: Lake,
        fingerprints: SourceFingerprints, isForced: Bool
    ) async throws {
        let current = try await lake.manifests.currentFiles(of: table.source.name, table.definition.name)
        var files: [PartitionKey: DataFile] = [:]
        if let current, current.mode == .partitioned {
            for file in current.files { if let key = file.file.partition { files[key] = file.file } }
        }
        // A source that was never read need not be asked.
        let fingerprint = files.isEmpty ? nil : await fingerprints.fingerprint(of: table.source)
        let known =
            fingerprint == nil ? [:] : try await lake.metadata.partitionBuilds(of: asset, among: keys)
        let hasOtherKey =
            !table.definition.key.isEmpty && current.map { $0.newest.key != table.definition.key } ?? false
        let published = files
        decide = { key in
            let recorded = known[key]
            let isRecorded = recorded?.version == published[key]?.contentVersion
            return .forTable(
                isPublished: published[key] != nil && !hasOtherKey,
                readAt: isRecorded ? recorded?.fingerprint : nil, fingerprint: fingerprint,
                isForced: isForced)
        }
        self.asset = asset
        self.files = files
        self.fingerprint = fingerprint
        inputs = []
        relations = [:]
        followed = .none
    }

    /// Of a model.
    ///
    /// - Parameters:
    ///   - inputs: All of its inputs that were ever built.
    ///   - willBuild: Partitions of inputs that are built before, in the same run; an empty set is all.
    init(
        _ model: LakeGraph.Model, _ schemes: PartitionSchemes, inputs: [AssetState], in lake: Lake,
        at now: Timestamp, willBuild: [AssetKey: Set<PartitionKey>] = [:], isForced: Bool
    ) async throws {
        let asset = model.definition.key
        let manifest = try await lake.manifests.manifest(of: asset)?.manifest
        var files: [PartitionKey: DataFile] = [:]
        if let manifest, let rule = model.definition.partitions?.scheme.rule,
            manifest.partitioning?.scheme == rule
        {
            for file in manifest.files { if let key = file.partition { files[key] = file } }
        }
        var relations: [AssetKey: PartitionRelation] = [:]
        for input in model.inputs { relations[input] = schemes.relation(of: asset, to: input) }
        let versions = PartitionVersions(model, inputs: inputs)
        let followed = try await FollowedInputs(
            of: model, since: files.isEmpty ? nil : manifest, inputs: inputs, in: lake.store,
            known: lake.comparisons
        ) { try await BlockingPool.shared.run { try lake.session() } }
        let states = Dictionary(inputs.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let (published, related) = (files, relations)
        let isCodeSame = manifest?.codeHash == model.codeHash
        let isEngineSame = manifest?.engine == ModelBuild.engine
        decide = { key in
            var changing: AssetKey?
            for input in model.inputs {
                let needs = related[input]?.upstream(of: key, at: now)
                if let built = willBuild[input] {
                    if needs.map({ needs in built.contains { needs.partitions.contains($0) } }) ?? true {
                        changing = changing ?? input
                    }
                }
                guard let needs, related[input]?.mapping.isComplete == true else { continue }
                let wait = PartitionWait(input, needs) {
                    states[input]?.partitions[$0] != nil || willBuild[input]?.contains($0) == true
                }
                if let wait { return .wait(wait) }
            }
            return .forModel(
                current: published[key].map { $0.contentVersion },
                version: changing == nil
                    ? versions.version(
                        of: key, relations: related, at: now, followed: (followed, published[key])) : "",
                isCodeSame: isCodeSame, isEngineSame: isEngineSame, changing: changing, isForced: isForced)
        }
        self.asset = asset
        self.files = files
        self.inputs = inputs
        self.relations = relations
        self.followed = followed
        fingerprint = nil
    }
}
