package import LakeModel
internal import Project

/// Into which partitions the assets of a lake are divided, and which of them are made from which.
package struct LakePartitions: Sendable {
    private let schemes: [AssetKey: PartitionScheme]
    private let relations: [AssetKey: [AssetKey: PartitionRelation]]

    /// - Parameter assets: Without a cycle, each after its inputs.
    init(
        _ assets: [AssetKey], models: [AssetKey: LakeGraph.Model], tables: [AssetKey: LakeGraph.Table],
        mistakes: inout [any Diagnostic]
    ) {
        var schemes: [AssetKey: PartitionScheme] = [:]
        var relations: [AssetKey: [AssetKey: PartitionRelation]] = [:]
        for key in assets {
            schemes[key] = tables[key]?.definition.partitions?.scheme
            guard let model = models[key] else { continue }
            let definition = model.definition
            schemes[key] = definition.partitions.map { partitions in
                LakePartitions.beginning(partitions.scheme, like: model.inputs.compactMap { schemes[$0] })
            }
            for declared in definition.inputs where !model.inputs.contains(declared.asset) {
                mistakes.append(LakePartitions.notRead(declared, by: model))
            }
            for declared in definition.inputs where declared.column != nil {
                if definition.partitions == nil {
                    mistakes.append(LakePartitions.followsInVain(declared, "\(key) has no partitions"))
                } else if schemes[declared.asset]?.isPartitioned == true {
                    mistakes.append(
                        LakePartitions.followsInVain(declared, "\(declared.asset) has partitions itself"))
                }
            }
            for input in model.inputs {
                let declared = definition.inputs.first { $0.asset == input }
                do throws(PartitionMistake) {
                    relations[key, default: [:]][input] = try PartitionRelation(
                        of: key, schemes[key] ?? .none, to: input, schemes[input] ?? .none,
                        declared?.mapping, at: declared?.place ?? definition.partitions?.place)
                } catch {
                    mistakes.append(error)
                }
            }
        }
        self.schemes = schemes
        self.relations = relations
    }

    /// `none` of an asset that is built as a whole. Dynamic keys are not in it.
    package func scheme(of asset: AssetKey) -> PartitionScheme { schemes[asset] ?? .none }

    /// How the partitions of a model and of one of its inputs belong together; `nil` if it does not read it.
    ///
    /// Dynamic keys must be put in: ``PartitionRelation/knowing(downstreamKeys:upstreamKeys:)``.
    package func relation(of asset: AssetKey, to input: AssetKey) -> PartitionRelation? {
        relations[asset]?[input]
    }

    /// A model that does not say when it begins does so with the earliest of its inputs.
    private static func beginning(_ scheme: PartitionScheme, like inputs: [PartitionScheme])
        -> PartitionScheme
    {
        guard let times = scheme.times, times.start == nil,
            let start = inputs.compactMap({ $0.times?.start }).min()
        else { return scheme }
        return scheme.starting(on: TimePartitions.neighbours(of: start, in: times.period)?.before ?? start)
    }

    private static func followsInVain(_ declared: InputDefinition, _ why: String) -> ProjectMistake {
        ProjectMistake(
            .conflict, at: declared.place, "'column' of the input \(declared.asset) has no meaning: \(why).",
            remedy: "Remove it, or write 'map' for an input with partitions.")
    }

    private static func notRead(_ declared: InputDefinition, by model: LakeGraph.Model) -> ProjectMistake {
        let read = model.inputs.map(\.description)
        let nearest = nearestName(to: declared.asset.description, among: read)
        return ProjectMistake(
            .unknownTable, at: declared.place,
            "the SQL of \(model.definition.key) does not read \(declared.asset)"
                + (nearest.map { ": did you mean '\($0)'?" } ?? "."),
            remedy: read.isEmpty ? "Remove it from 'inputs'." : "It reads \(read.joined(separator: ", ")).")
    }
}
