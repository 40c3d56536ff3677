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
