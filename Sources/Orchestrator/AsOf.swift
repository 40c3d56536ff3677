internal import Blocking
internal import DuckDB
internal import Glibc
package import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Metadata
internal import Project
internal import Quality
internal import Transform

/// Builds silver and gold as they would have been at the end of a day, into a folder of their own.
///
/// Bronze of that day is read from the lake; no source is asked, and no table of today is touched. Models
/// that the selected ones are made from are built, too.
package struct AsOf: Sendable {
    private let lake: Lake
    private let day: Day
    private let folder: String

    /// One table that was built.
    package struct Table: Sendable {
        package let asset: AssetKey
        package let rows: Int64
        package let seconds: Double
        package let warnings: [CheckResult]
    }

    /// - Parameter folder: Where the tables go; it must be empty, missing, or of an earlier time of this.
    /// - Throws: ``AsOfMistake``.
    package init(_ lake: Lake, day: Day, to folder: String) throws {
        self.lake = lake
        self.day = day
        self.folder = folder
        if case .local(let path) = lake.definition.store {
            let (own, other) = (AsOf.resolved(path), AsOf.resolved(folder))
            guard own != other, !other.hasPrefix(own + "/") else { throw AsOfMistake.inTheLake(folder) }
        }
        guard day <= lake.store.today() else { throw AsOfMistake.future(day) }
    }

    /// Builds the selected models in their order.
    ///
    /// - Parameter built: Is told of each table.
    /// - Throws: ``AsOfMistake``, ``SelectionMistake``, and the first failure of a model: what is made from
    ///   it cannot be built, and what is not is not what anybody asked for.
    package func run(_ selection: Selection, built: (Table) -> Void) async throws {
        let selected = try lake.graph.resolve(selection)
        var wanted: Set<AssetKey> = []
        func add(_ asset: AssetKey) {
            guard let model = lake.graph.models[asset], wanted.insert(asset).inserted else { return }
            for input in model.inputs + model.auditInputs { add(input) }
        }
        for asset in selected { add(asset) }
        guard !wanted.isEmpty else { throw AsOfMistake.noModel }
        let path = folder
        try await BlockingPool.shared.run { try AsOf.prepare(path) }
        let store = SealingStore(try LocalStore(root: folder)) { [day] in day }
        let run = RunID(at: Lake.now(), random: .random(in: 0...UInt32.max))
        for asset in lake.graph.assets.order where wanted.contains(asset) {
            guard let model = lake.graph.models[asset] else { continue }
            built(try await build(model, run, store))
        }
    }

    private func build(
        _ model: LakeGraph.Model, _ run: RunID, _ store: SealingStore
    ) async throws -> Table {
        let key = model.definition.key
        let inputs = try await states(model.inputs, history: model.historyInputs, of: key, in: store)
        let looked = try await states(model.auditInputs, of: key, in: store)
        let session = LakeSession(database: try Database(configuration: lake.engineSettings), store: store)
        let checks = model.definition.checks
        let audit: ModelBuild.Auditor = { connection, scope in
            try session.define(looked, on: connection)
            return try Audit(of: key, table: scope.relation, file: scope.file, checks: checks).run(
                on: connection)
        }
        let build = ModelBuild(
            model, inputs: inputs, session: session, store: store, isWhole: true, now: Lake.now)
        let manifest: TableManifest
        if lake.graph.partitions.scheme(of: key).isPartitioned {
            let today =
                try await lake.manifests.manifest(of: key)?.manifest.files.compactMap(\.partition) ?? []
            guard !today.isEmpty else { throw AsOfMistake.noPartitions(key) }
            manifest = try await build.run(today, run, epoch: .first, watch: { _ in }, audit: audit)
        } else {
            manifest = try await build.run(run, epoch: .first, watch: { _ in }, audit: audit)
        }
        return Table(
            asset: key, rows: manifest.rows, seconds: manifest.seconds,
            warnings: manifest.checks.filter { !$0.passed })
    }

    /// Bronze of the day, and what was built of silver and gold.
    private func states(
        _ keys: [AssetKey], history: Set<AssetKey> = [], of model: AssetKey, in store: SealingStore
    ) async throws -> [AssetState] {
        var states: [AssetState] = []
        for key in keys {
            let state =
                key.layer == .bronze
                ? try await LakeSession.state(
                    of: key, hasHistory: history.contains(key), upTo: day, lake.manifests, lake.store)
                : try await LakeSession.state(of: key, ManifestStore(store), store)
            guard let state else { throw AsOfMistake.nothingYet(model, key, day) }
            states.append(state)
        }
        try await lake.store.prepare(states.filter { $0.key.layer == .bronze })
        return states
    }

    // MARK: The folder

    private static let marker = "_tarn"

    /// Makes the folder, or makes sure that nothing of anybody else is in it.
    private static func prepare(_ folder: String) throws {
        if mkdir(folder, 0o755) == 0 { return }
        guard errno == EEXIST, let list = opendir(folder) else {
            throw FolderUnusable(path: folder, reason: String(cString: strerror(errno)))
        }
        defer { closedir(list) }
        var names: Set<String> = []
        while let entry = readdir(list) {
            names.insert(
                withUnsafePointer(to: entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        names.subtract([".", ".."])
        guard names.isEmpty || names.isSubset(of: [marker, "silver", "gold"]) else {
            throw AsOfMistake.notEmpty(folder)
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}

/// Tables as of a day cannot be built like this.
package enum AsOfMistake: Diagnostic {
    case future(Day)
    case inTheLake(String)
    case notEmpty(String)
    case noModel
    case noPartitions(AssetKey)
    case nothingYet(AssetKey, AssetKey, Day)

    package var code: String {
        switch self {
        case .nothingYet, .noPartitions: "as-of.nothing"
        default: "as-of.mistake"
        }
    }
    package var problem: String {
        switch self {
        case .future(let day): "\(day) is not over, nor has it begun."
        case .inTheLake(let folder): "\(folder) is in the lake itself."
        case .notEmpty(let folder): "There are other things in \(folder)."
        case .noModel: "No model is selected: bronze is what it was, silver and gold are built."
        case .noPartitions(let asset): "\(asset) has no partition that could be built."
        case .nothingYet(let model, let input, let day):
            "\(model) reads \(input), of which nothing had been read at the end of \(day)."
        }
    }
    package var remedy: String {
        switch self {
        case .future: "Name a day until today."
        case .inTheLake, .notEmpty: "Name another folder; it is made if it is missing."
        case .noModel: "Select tables of silver or gold."
        case .noPartitions: "Leave it out, or build it in the lake first."
        case .nothingYet(_, let input, _):
            "Name a later day (tarn assets show \(input)), or leave the model out."
        }
    }
}
