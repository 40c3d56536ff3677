internal import Blocking
internal import DuckDB
package import LakeModel
package import LakeSQL
package import LakeStore
internal import Project
internal import Synchronization

/// Which of a model's partitions are made from rows that changed in an input which has no partitions.
///
/// The model's header names a column of the input: rows of a partition are made only from rows whose value
/// lies in it. Each published partition remembers from which state of the input it was made; the rows that
/// differ between that state and the present one say which partitions are others.
package struct FollowedInputs: Sendable {
    /// By input, and by the version with which partitions were compared last: the times or keys of partitions
    /// with changed rows; `nil` if nobody can tell.
    private var changed: [AssetKey: [String: Set<PartitionKey>?]] = [:]
    private let scheme: PartitionScheme
    private let inputs: [AssetState]
    private let published: [DataFile]

    /// Of a model that follows no input.
    package static let none = FollowedInputs(scheme: .none, inputs: [], published: [])

    private init(scheme: PartitionScheme, inputs: [AssetState], published: [DataFile]) {
        self.scheme = scheme
        self.inputs = inputs
        self.published = published
    }

    /// Compares the present inputs with those that the published partitions are made from.
    ///
    /// - Parameter session: Is asked for only if something is to be compared.
    /// - Throws: ``ModelFailure`` if an input lacks the column; what the store throws.
    package init(
        of model: LakeGraph.Model, since manifest: TableManifest?, inputs: [AssetState],
        in store: SealingStore, known: SliceComparisons, session: () async throws -> LakeSession
    ) async throws {
        let declared = model.definition.inputs.compactMap { input in input.column.map { (input, $0) } }
        guard let partitions = model.definition.partitions, !declared.isEmpty else {
            self = .none
            return
        }
        self.init(
            scheme: partitions.scheme,
            inputs: inputs.filter { input in declared.contains { $0.0.asset == input.key } },
            published: manifest?.files ?? [])
        for (definition, name) in declared {
            guard let input = inputs.first(where: { $0.key == definition.asset }) else { continue }
            guard let schema = input.schema.first(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw ModelFailure(followed: name, of: definition, in: model.definition, input.schema)
            }
            let column = SliceChange.Column(
                name: schema.name, type: schema.type, isTime: partitions.scheme.times != nil,
                isHourly: partitions.scheme.times?.period == .hourly)
            guard !column.isTime || schema.type == "DATE" || schema.type.hasPrefix("TIMESTAMP") else {
                throw ModelFailure(followed: schema, of: definition, in: model.definition)
            }
            let compared = Set(
                published.compactMap { file in
                    file.slices?.first { $0.asset == input.key }?.sameIn
                })
            for version in compared where version != input.version {
                let earlier = manifest?.followed?.first { $0.asset == input.key && $0.version == version }
                var found: Set<PartitionKey>?
                let comparison = SliceComparisons.Comparison(
                    model: model.definition.key, input: input.key, column: column.name,
                    scheme: partitions.scheme.rule, since: version,
                    now: input.version)
                if let before = known[comparison] {
                    found = before
                } else if let earlier, !model.historyInputs.contains(input.key),
                    let change = try await SliceChange(of: input, since: earlier, column, in: store)
                {
                    found = try await FollowedInputs.partitions(
                        of: change, column, partitions.scheme, in: try await session())
                }
                known[comparison] = found
                changed[input.key, default: [:]][version] = .some(found)
            }
        }
    }

    private static func partitions(
        of change: SliceChange, _ column: SliceChange.Column, _ scheme: PartitionScheme,
        in session: LakeSession
    ) async throws -> Set<PartitionKey>? {
        let slots: [Value]? = try await session.database.withConnection { connection in
            do {
                return try connection.query(change.select).rows.compactMap(\.first)
            } catch let error as DuckDBError {
                // Files of other columns, infinite dates: whatever it is, building all partitions is right.
                if error.isInterrupt { throw CancellationError() }
                return nil
            }
        }
        return slots.map { slots in
            Set(
                slots.compactMap { slot in
                    guard column.isTime else { return PartitionKey(slot.description) }
                    guard let microseconds = slot.integer, let times = scheme.times else { return nil }
                    return column.isInstant
                        ? times.slot(at: Timestamp(microseconds: microseconds)).key
                        : times.slot(atWall: LocalTime(microsecondsSinceEpoch: microseconds)).key
                })
        }
    }

    /// Which version of each followed input a published partition may be taken to be made from: the one that
    /// it was built from, if its rows are the same in the present one.
    func versions(of file: DataFile?, _ key: PartitionKey) -> [AssetKey: String] {
        var versions: [AssetKey: String] = [:]
        for input in inputs {
            let slice = file?.slices?.first { $0.asset == input.key }
            versions[input.key] = slice.flatMap { isSame($0, key) ? $0.builtFrom : nil } ?? input.version
        }
        return versions
    }

    private func isSame(_ slice: InputSlice, _ key: PartitionKey) -> Bool {
        guard let input = inputs.first(where: { $0.key == slice.asset }) else { return false }
        if slice.sameIn == input.version { return true }
        guard let changed = changed[slice.asset]?[slice.sameIn] ?? nil,
            let partition = scheme.partition(key), let part = partition.slot?.key ?? partition.value
        else { return false }
        return !changed.contains(part)
    }

    /// What a partition that is built now is made from.
    var present: [InputSlice]? {
        inputs.isEmpty
            ? nil : inputs.map { InputSlice(asset: $0.key, builtFrom: $0.version, sameIn: $0.version) }
    }

    var states: [TableManifest.FollowedState] { inputs.map(\.followed) }

    /// With which states the published partitions have now been compared.
    var compared: [(PartitionKey, StagedPartitions.Compared)] {
        published.compactMap { file in
            guard let key = file.partition, let slices = file.slices else { return nil }
            let now = slices.map { slice in
                guard isSame(slice, key), let input = inputs.first(where: { $0.key == slice.asset }) else {
                    return slice
                }
                return InputSlice(asset: slice.asset, builtFrom: slice.builtFrom, sameIn: input.version)
            }
            return (key, StagedPartitions.Compared(file: file.name, slices: now))
        }
    }
}

/// What comparisons of states of inputs found: the parts of one run's work on a table need them only once.
package final class SliceComparisons: Sendable {
    struct Comparison: Hashable {
        let model: AssetKey
        let input: AssetKey
        let column: String
        let scheme: String
        let since: String
        let now: String
    }

    private let found = Mutex<[Comparison: Set<PartitionKey>]>([:])
    /// So many tables follow inputs in no lake that we know of.
    private static let countMax = 256

    package init() {}

    subscript(comparison: Comparison) -> Set<PartitionKey>? {
        get { found.withLock { $0[comparison] } }
        set {
            found.withLock { found in
                if found.count >= SliceComparisons.countMax { found = [:] }
                found[comparison] = newValue
            }
        }
    }
}
