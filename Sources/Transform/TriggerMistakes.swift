internal import LakeModel
internal import Project

/// A schedule or sensor whose selection leaves nothing over.
struct IdleTrigger: Diagnostic {
    let noun: String
    let name: TriggerName
    let selection: Selection
    let place: Place?

    var code: String { "project.empty-selection" }
    var problem: String { "the \(noun) '\(name)' would build nothing: \(selection) leaves no asset over." }
    var remedy: String { "Try the selection with: tarn assets \(selection)" }

    /// Of a lake whose names are right.
    static func all(in definition: LakeDefinition, _ assets: AssetGraph) -> [any Diagnostic] {
        let triggers =
            definition.schedules.map { ("schedule", $0.name, $0.work, $0.place) }
            + definition.sensors.map { ("sensor", $0.name, $0.work, $0.place) }
        return triggers.compactMap { noun, name, work, place in
            guard case .run(let selection) = work.action else { return nil }
            do throws(SelectionMistake) {
                if try !selection.resolve(in: assets).isEmpty { return nil }
            } catch {
                return error
            }
            return IdleTrigger(noun: noun, name: name, selection: selection, place: place)
        }
    }
}

extension LakePartitions {
    /// What is wrong with the backfills of a lake whose names are right.
    ///
    /// Partitions that do not exist yet are none of it: they come by themselves.
    func mistakes(
        of backfills: [BackfillDefinition], _ assets: AssetGraph, at now: Timestamp
    ) -> [any Diagnostic] {
        backfills.compactMap { backfill in
            let selected: Set<AssetKey>
            do throws(SelectionMistake) {
                selected = try backfill.selection.resolve(in: assets)
            } catch {
                return error
            }
            guard !selected.isEmpty else {
                return IdleTrigger(
                    noun: "backfill", name: backfill.name, selection: backfill.selection,
                    place: backfill.place)
            }
            let partitioned = assets.order.filter { selected.contains($0) && scheme(of: $0).isPartitioned }
            guard !partitioned.isEmpty else {
                return PartitionMistake.unpartitioned(
                    "none of the assets of the backfill '\(backfill.name)' has partitions."
                ).located(at: backfill.place)
            }
            let mistakes = partitioned.map { mistake(backfill.partitions, of: $0, at: now) }
            // One who understands it is enough: others follow.
            return mistakes.contains(nil)
                ? nil : mistakes[0]?.located(at: backfill.partitionsPlace ?? backfill.place)
        }
    }

    private func mistake(
        _ partitions: String, of asset: AssetKey, at now: Timestamp
    ) -> PartitionMistake? {
        let scheme = scheme(of: asset)
        do throws(PartitionMistake) {
            _ = try PartitionSelection(of: asset, scheme, at: now, takesUnknownKeys: true).read(partitions)
            return nil
        } catch {
            guard error.kind == .unknown else { return error }
            // It may exist some day.
            let later = now + .seconds(100 * 366 * 86_400)
            let exists = try? PartitionSelection(of: asset, scheme, at: later, takesUnknownKeys: true).read(
                partitions)
            return exists == nil ? error : nil
        }
    }
}
