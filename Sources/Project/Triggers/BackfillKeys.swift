internal import LakeModel
internal import Yams

/// The keys of a backfill.
enum BackfillKeys {
    static let description = Key("description", .text, "What it is for.")
    static let run = Key(
        "run", .list(of: .text, orOne: true, atLeast: 1), isRequired: true,
        "The assets to build, as on the command line.")
    static let partitions = Key(
        "partitions", .located(.anyScalar),
        "Which, as after --partition: 2025-01-01..2025-11-30, latest:330, all. Default: all.")
    static let chunk = Key(
        "chunk", .integer(1...1_000), "Partitions that one run builds together. Default: 1.")
    static let runsMax = Key("runs_max", .integer(1...64), "Runs at once. Default: 1.")
    static let hours = Key(
        "hours", .hours, "When runs begin, in the lake's time zone: 20:00-06:00. Default: always.")
    static let order = Key(
        "order", .choice as ValueShape<BackfillPace.Order>,
        "Which come first: newest or oldest. Default: newest.")
    static let rate = Key(
        "rate", .integer(1...1_000_000), "Partitions in an hour, at most. Default: as fast as it goes.")
    static let stopAfter = Key(
        "stop_after", .integer(1...1_000_000),
        "After so many chunks in a row that have failed it pauses. Default: 10.")
    static let rebuild = Key(
        "rebuild", .bool, "Whether what is built and not out of date is built again. Default: false.")
    static let priority = Key(
        "priority", .integer(-100...100), "Among queued runs the higher one goes first. Default: -10.")

    static let shape = MappingShape(
        "a backfill",
        [
            description, run, WorkKeys.exclude, partitions, chunk, runsMax, hours, order, rate, stopAfter,
            rebuild, priority, WorkKeys.tags,
        ])
    static let value = ValueShape<MappingReader>.mapping(shape)

    /// `nil` after it has been reported what is wrong with it.
    static func read(
        _ name: TriggerName, _ key: Node, _ reader: MappingReader
    ) -> (BackfillDefinition, WrittenSelection)? {
        let document = reader.document
        let written = WrittenSelection(
            included: reader[run] ?? [], excluded: reader[WorkKeys.exclude] ?? [], document: document)
        let standard = BackfillPace()
        let pace = BackfillPace(
            chunk: reader[chunk] ?? standard.chunk, runsMax: reader[runsMax] ?? standard.runsMax,
            hours: reader[hours], order: reader[order] ?? standard.order, ratePerHour: reader[rate],
            failuresInARowMax: reader[stopAfter] ?? standard.failuresInARowMax)
        let (description, isRebuild) = (reader[description], reader[rebuild] ?? false)
        let (priority, tags) = (
            reader[priority] ?? BackfillDefinition.defaultPriority,
            (reader[WorkKeys.tags] ?? []).map(\.value)
        )
        let partitions = reader[partitions]
        if let partitions, partitions.value.isEmpty {
            document.reportValue(
                partitions.node, "'partitions' names nothing.", remedy: "Write, say, 'partitions: all'.")
            return nil
        }
        guard let selection = written.selection() else { return nil }
        let definition = BackfillDefinition(
            name: name, description: description, selection: selection,
            partitions: partitions?.value ?? "all", pace: pace, priority: priority, tags: tags,
            isRebuild: isRebuild, place: document.place(of: key),
            partitionsPlace: partitions.map { document.place(of: $0.node) })
        return (definition, written)
    }
}
