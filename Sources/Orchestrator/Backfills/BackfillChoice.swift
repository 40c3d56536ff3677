package import LakeModel
internal import Project
internal import Transform

/// What somebody wants to backfill: one of lake.yaml by its name, or assets and their partitions. What is not
/// said is as lake.yaml says.
package struct BackfillChoice: Sendable {
    /// Assets, or the name of a backfill in lake.yaml.
    package var selection: [String]
    package var excluded: [String] = []
    /// As after `--partition`; `nil` for one of lake.yaml.
    package var partitions: String?
    package var chunk: Int?
    package var runsMax: Int?
    package var hours: Pace.Hours?
    package var order: BackfillPace.Order?
    package var ratePerHour: Int?
    package var failuresInARowMax: Int?
    package var name: TriggerName?
    package var priority: Int?
    package var tags: [String] = []
    package var isRebuild = false

    package init(
        selection: [String], excluded: [String] = [], partitions: String? = nil, chunk: Int? = nil,
        runsMax: Int? = nil, hours: Pace.Hours? = nil, order: BackfillPace.Order? = nil,
        ratePerHour: Int? = nil, failuresInARowMax: Int? = nil, name: TriggerName? = nil,
        priority: Int? = nil, tags: [String] = [], isRebuild: Bool = false
    ) {
        self.selection = selection
        self.excluded = excluded
        self.partitions = partitions
        self.chunk = chunk
        self.runsMax = runsMax
        self.hours = hours
        self.order = order
        self.ratePerHour = ratePerHour
        self.failuresInARowMax = failuresInARowMax
        self.name = name
        self.priority = priority
        self.tags = tags
        self.isRebuild = isRebuild
    }

    /// - Throws: ``UnknownBackfill``, ``SelectionMistake``.
    package func definition(in lake: Lake) throws -> BackfillDefinition {
        guard let partitions else {
            let known = lake.definition.backfills
            guard selection.count == 1, let named = known.first(where: { $0.name.text == selection[0] })
            else {
                throw UnknownBackfill(
                    written: selection.joined(separator: " "), known: known.map(\.name.text))
            }
            return changed(named)
        }
        let chosen = try Selection(selection, excluding: excluded)
        let first = lake.graph.assets.order.first(where: try lake.graph.resolve(chosen).contains)
        return changed(
            BackfillDefinition(
                name: TriggerName(slug(first?.description ?? "backfill")) ?? BackfillDefinition.unnamed,
                selection: chosen, partitions: partitions))
    }

    private func slug(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "-" }.prefix(64))
            .lowercased()
    }

    private func changed(_ definition: BackfillDefinition) -> BackfillDefinition {
        var pace = definition.pace
        pace.chunk = chunk ?? pace.chunk
        pace.runsMax = runsMax ?? pace.runsMax
        pace.hours = hours ?? pace.hours
        pace.order = order ?? pace.order
        pace.ratePerHour = ratePerHour ?? pace.ratePerHour
        pace.failuresInARowMax = failuresInARowMax ?? pace.failuresInARowMax
        return BackfillDefinition(
            name: name ?? definition.name, description: definition.description,
            selection: definition.selection, partitions: definition.partitions, pace: pace,
            priority: priority ?? definition.priority, tags: definition.tags + tags,
            isRebuild: isRebuild || definition.isRebuild, place: definition.place)
    }
}

/// Nothing in lake.yaml has this name, and no partitions were given.
package struct UnknownBackfill: Diagnostic {
    let written: String
    let known: [String]

    package var code: String { "backfill.unknown-name" }
    package var problem: String {
        "'\(written)' is no backfill of lake.yaml"
            + (known.isEmpty ? "." : " (\(known.joined(separator: ", "))).")
    }
    package var remedy: String {
        (nearestName(to: written, among: known).map { "Did you mean '\($0)'? " } ?? "")
            + "For assets, say which partitions; all of them are 'all'."
    }
}
