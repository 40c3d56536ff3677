package import DuckDB
package import LakeModel
package import LakeSQL
internal import LakeStore
internal import Project

extension ModelBuild {
    /// Builds partitions of a partitioned model and publishes them together; others stay as they are.
    ///
    /// The rows of a partition are those of the SQL whose columns lie in it: however many are built at once,
    /// and in whichever order, the rows are those that one build of all would give.
    ///
    /// - Parameters:
    ///   - keys: At least one.
    ///   - followed: How its published partitions compare with the inputs.
    ///   - audit: Runs the model's checks on the staged rows of one partition.
    ///   - watch: Is handed the means to ask how far the statement is, before it starts.
    /// - Throws: ``ModelFailure`` with the place in the model's SQL; what the publication throws.
    package func run(
        _ keys: [PartitionKey], relations: [AssetKey: PartitionRelation] = [:],
        followed: FollowedInputs = .none, _ run: RunID,
        epoch: LeaseEpoch, watch: @escaping @Sendable (Interrupter) -> Void,
        confirmLease: () async throws -> Void = {},
        audit: @escaping Auditor
    ) async throws -> TableManifest {
        guard let definition = model.definition.partitions, !keys.isEmpty else {
            throw ModelFailure(partitions: "none is named", of: model.definition)
        }
        let began = ContinuousClock.now
        try await store.prepare(inputs)
        var seen: Set<PartitionKey> = []
        var wanted: [(key: PartitionKey, path: String)] = []
        for key in keys where seen.insert(key).inserted {
            let staged = LakeLayout.staged(model.definition.key, of: run, partition: key)
            guard let path = try await store.localPath(forWriting: staged) else {
                throw ModelFailure(store: model.definition.key)
            }
            wanted.append((key, path))
        }
        let published = try await model.published(in: store)
        let (partitions, version) = (wanted, now())
        let versions = PartitionVersions(model, inputs: inputs)
        let built = try await withConnection { connection in
            watch(connection.interrupter)
            try session.define(inputs, on: connection)
            try model.requireDeclaredColumns(on: connection)
            return try PartitionWriter(
                model: model.definition, partitions: definition, connection: connection
            )
            .write(partitions)
        }
        let breaking = try model.keepContract(with: published, columns: built.schema, by: run)
        let checks = try await withConnection { connection in
            watch(connection.interrupter)
            return try partitions.map { try audit(connection, AuditScope(file: $0.path)) }
        }
        let staged = StagedPartitions(
            asset: model.definition.key, run: run, epoch: epoch, partitioning: built.partitioning,
            partitions: zip(partitions, built.rows).map { partition, rows in
                StagedPartitions.Part(
                    key: partition.key, rows: rows,
                    version: versions.version(of: partition.key, relations: relations, at: version))
            },
            codeHash: model.codeHash, engine: ModelBuild.engine,
            inputs: inputs.map { TableManifest.Input(asset: $0.key, version: $0.version) },
            schema: built.schema, checks: CheckResult.sum(checks),
            seconds: (ContinuousClock.now - began).seconds, breaking: breaking,
            slices: followed.present, followed: followed.states,
            compared: followed.compared)
        return try await TablePublish(store, group: model.definition.group, now: now).publish(
            staged, confirmLease: confirmLease)
    }
}

/// What partitions of a model are a function of.
package struct PartitionVersions: Sendable {
    private let model: LakeGraph.Model
    private let inputs: [AssetState]

    package init(_ model: LakeGraph.Model, inputs: [AssetState]) {
        self.model = model
        self.inputs = inputs
    }

    /// What the rows of one partition are a pure function of, digested.
    ///
    /// - Parameters:
    ///   - relations: How its partitions belong to those of the inputs; of an input without one, all of it
    ///     counts.
    ///   - followed: How its published partitions compare with the inputs, and its file, if that may stay.
    package func version(
        of key: PartitionKey, relations: [AssetKey: PartitionRelation] = [:], at now: Timestamp,
        followed: (inputs: FollowedInputs, file: DataFile?)? = nil
    ) -> String {
        let slices = followed.map { $0.inputs.versions(of: $0.file, key) } ?? [:]
        let read = inputs.map { input -> String in
            if let version = slices[input.key] { return "\(input.key) \(version)" }
            guard !input.partitions.isEmpty,
                let needs = relations[input.key]?.upstream(of: key, at: now)
            else { return "\(input.key) \(input.version)" }
            let versions = needs.partitions.oldestFirst.compactMap { other in
                input.partitions[other].map { "\(other) \($0)" }
            }
            return "\(input.key) \(versions.joined(separator: ","))"
        }
        return hexadecimalDigest(
            of: ([model.codeHash, ModelBuild.engine, key.text] + read.sorted()).joined(separator: "\n"))
    }
}

extension CheckResult {
    /// The results of the same checks on several parts of a table.
    fileprivate static func sum(_ parts: [[CheckResult]]) -> [CheckResult] {
        guard let first = parts.first else { return [] }
        return first.indices.map { index in
            CheckResult(
                check: first[index].check, severity: first[index].severity,
                failures: parts.reduce(0) { $0 + ($1.indices.contains(index) ? $1[index].failures : 0) },
                sample: parts.lazy.compactMap { $0.indices.contains(index) ? $0[index].sample : nil }.first)
        }
    }
}

/// Writes the rows of partitions of a model, each into a file.
struct PartitionWriter {
    let model: ModelDefinition
    let partitions: PartitionsDefinition
    let connection: Connection

    struct Written: Sendable {
        /// Of each partition.
        let rows: [Int64]
        let schema: [ColumnSchema]
        let partitioning: TableManifest.Partitioning
    }

    /// One partition is the model's SELECT with a condition around it. Of several, the rows of all are
    /// computed once, so that no partition sees another state than its neighbour.
    func write(_ wanted: [(key: PartitionKey, path: String)]) throws -> Written {
        let select = try TableSelect(model, on: connection)
        let dimensions = try dimensions(select.columns)
        let conditions = try wanted.map { try condition($0.key, dimensions) }
        var rows: [Int64] = []
        if wanted.count == 1 {
            // The model's SQL begins on the second line, where mistakes in it are looked for.
            rows = [try copy(select, "(\n\(select.sql)\n)", where: conditions[0], to: wanted[0].path)]
        } else {
            let table = "__tarn_partitions"
            try connection.execute("DROP TABLE IF EXISTS temp.\(table)")
            defer { try? connection.execute("DROP TABLE IF EXISTS temp.\(table)") }
            _ = try connection.query(
                "CREATE TEMP TABLE \(table) AS SELECT * FROM (\n\(select.sql)\n) "
                    + "WHERE \(union(wanted.map(\.key), dimensions, conditions))"
            )
            for (partition, condition) in zip(wanted, conditions) {
                rows.append(try copy(select, "temp.\(table)", where: condition, to: partition.path))
            }
        }
        // As the file has them: Parquet does not hold all types of DuckDB.
        let file = "read_parquet(\(quotedPath(wanted[0].path)), hive_partitioning = false)"
        return Written(
            rows: rows, schema: try ModelBuild.schema(of: "FROM \(file)", on: connection),
            partitioning: TableManifest.Partitioning(
                scheme: partitions.scheme.rule, folders: dimensions.map(\.folder)))
    }

    private func copy(
        _ select: TableSelect, _ relation: String, where condition: String, to path: String
    ) throws -> Int64 {
        let sort = model.layout.sort.map(quotedIdentifier).joined(separator: ", ")
        let result = try connection.query(
            """
            COPY (SELECT \(select.storedColumns) FROM \(relation) WHERE \(condition)\(sort.isEmpty ? "" : " ORDER BY \(sort)")) \
            TO \(quotedLiteral(path)) (\(TableSelect.options(of: model.layout)))
            """)
        return result.rows.first?.first?.integer ?? 0
    }

    // MARK: Conditions

    /// A column that decides, in the order of partitions' names.
    private struct Dimension {
        let column: ColumnSchema
        let isTime: Bool
        /// What its folders are called. Where a folder's value is the column's own, readers may take it for
        /// the column; otherwise it has a name of its own.
        let folder: String
    }

    private func dimensions(_ columns: [ColumnSchema]) throws -> [Dimension] {
        func column(_ name: String) throws -> ColumnSchema {
            guard let column = columns.first(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw ModelFailure(missingPartitionColumn: name, of: model, actual: columns.map(\.name))
            }
            return column
        }
        var dimensions: [Dimension] = []
        if let name = partitions.timeColumn, let times = partitions.scheme.times {
            let column = try column(name)
            let isTimestamp = column.type.hasPrefix("TIMESTAMP")
            guard isTimestamp || column.type == "DATE" && times.period != .hourly else {
                throw ModelFailure(
                    partitions:
                        "its column '\(column.name)' is \(column.type), which has no \(times.period.unit)",
                    of: model)
            }
            let isDay = column.type == "DATE" && times.period == .daily
            dimensions.append(
                Dimension(
                    column: column, isTime: true,
                    folder: isDay ? column.name : "\(column.name)_\(times.period.unit)"))
        }
        if let name = partitions.keyColumn {
            dimensions.append(Dimension(column: try column(name), isTime: false, folder: name))
        }
        return dimensions
    }

    private func condition(_ key: PartitionKey, _ dimensions: [Dimension]) throws -> String {
        guard let partition = partitions.scheme.partition(key) else {
            throw ModelFailure(
                partitions: "it has no partition '\(key)', as it is partitioned \(partitions.scheme)",
                of: model)
        }
        return dimensions.map { dimension in
            let name = quotedIdentifier(dimension.column.name)
            guard dimension.isTime else {
                let value = quotedLiteral(partition.value?.text ?? "")
                return dimension.column.type == "VARCHAR"
                    ? "\(name) = \(value)" : "CAST(\(name) AS VARCHAR) = \(value)"
            }
            guard let span = span(of: partition, dimension) else { return "false" }
            return range(dimension.column, span)
        }.joined(separator: " AND ")
    }

    /// Microseconds of UTC, or of the wall if the column has no zone.
    private func span(of partition: Partition, _ dimension: Dimension) -> Range<Int64>? {
        guard let slot = partition.slot, let times = partitions.scheme.times else { return nil }
        if dimension.column.type == "TIMESTAMP WITH TIME ZONE" {
            return slot.window.lowerBound.microseconds..<slot.window.upperBound.microseconds
        }
        let wall = times.wall(of: slot)
        return wall.lowerBound.microsecondsSinceEpoch..<wall.upperBound.microsecondsSinceEpoch
    }

    private func range(_ column: ColumnSchema, _ span: Range<Int64>) -> String {
        let name = quotedIdentifier(column.name)
        func literal(_ microseconds: Int64) -> String {
            let time = Timestamp(microseconds: microseconds)
            switch column.type {
            case "DATE": return "DATE '\(time.day)'"
            case "TIMESTAMP WITH TIME ZONE": return "TIMESTAMPTZ '\(time)'"
            default: return "TIMESTAMP '\(time.description.dropLast())'"
            }
        }
        return "\(name) >= \(literal(span.lowerBound)) AND \(name) < \(literal(span.upperBound))"
    }

    /// A condition that is true of every row of all partitions, and simple enough that files are left out.
    private func union(_ keys: [PartitionKey], _ dimensions: [Dimension], _ conditions: [String]) -> String {
        guard let time = dimensions.first(where: \.isTime) else {
            return conditions.map { "(\($0))" }.joined(separator: " OR ")
        }
        let spans = keys.compactMap { key in partitions.scheme.partition(key).flatMap { span(of: $0, time) } }
        var merged: [Range<Int64>] = []
        for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, span.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
            } else {
                merged.append(span)
            }
        }
        guard let first = merged.first, let last = merged.last else { return "true" }
        guard merged.count <= PartitionWriter.rangesMax else {
            return range(time.column, first.lowerBound..<last.upperBound)
        }
        return merged.map { "(\(range(time.column, $0)))" }.joined(separator: " OR ")
    }

    /// Beyond so many, one range over all of them is found sooner.
    private static let rangesMax = 32
}
