internal import DuckDB
package import LakeModel
internal import LakeSQL
internal import Project

/// A model that could not be built.
package struct ModelFailure: Diagnostic {
    package let code: String
    package let problem: String
    package let place: Place?
    package let remedy: String
    package let category: FailureCategory

    /// - Parameter error: Of a statement in which the model's SQL begins on the second line.
    init(_ error: DuckDBError, in model: ModelDefinition) {
        if let position = StrictDivision.position(in: error.message) {
            place = model.place(ofByte: position)
            (code, category) = ("model.division-by-zero", .badData)
            problem = "\(model.key) divides by zero, and it is strict."
            remedy =
                "Divide by nullif(…, 0), which gives NULL, or leave such rows out; look at them with: tarn sql"
            return
        }
        place =
            error.position.flatMap { position in
                guard position.line > 1 else { return nil }
                let isFirstLine = position.line == 2
                return Place(
                    file: model.file, line: model.sqlPlace.line + position.line - 2,
                    column: isFirstLine ? model.sqlPlace.column + position.column - 1 : position.column)
            } ?? model.sqlPlace
        switch error.kind {
        case .outOfMemory:
            (code, category) = ("model.out-of-memory", .outOfMemory)
            problem = "\(model.key) needs more memory than it may use: \(error.message)"
            remedy =
                "It was tried alone, too. Raise resources.memory_limit in lake.yaml or its header, or build it by partitions."
        case .io where error.message.contains("No space left"):
            (code, category) = ("model.disk-full", .badConfig)
            problem = "The disk is full: \(model.key) could not be written."
            remedy = "Make room (what is published is untouched), then run this again."
        case .io where error.message.contains("No files found") || error.message.contains("No such file"):
            // A later run has replaced what was read: the manifest says what is there now.
            (code, category) = ("model.input-replaced", .transient)
            problem = "A table that \(model.key) reads was replaced while it was read: \(error.message)"
            remedy =
                "It is built again from what is there now. If no other run works, a file of the lake is gone."
        case _ where error.isBrokenFile:
            (code, category) = ("model.broken-file", .badData)
            problem = "\(model.key) reads a file that is no whole Parquet file: \(error.message)"
            remedy =
                "Nothing was published. Bring that file back from a backup, or build its table again: tarn run --force."
        case .binder, .catalog, .parser, .syntax:
            (code, category) = ("model.sql", .badQuery)
            problem = "\(model.key): \(error.message)"
            remedy = "Correct the SQL; try parts of it with: tarn sql"
        case _ where error.message.contains(HistorySelect.tie):
            (code, category) = ("model.history-tie", .badData)
            problem = "\(model.key): two rows of one key say that it looked differently at one time."
            remedy =
                "Let the SELECT yield one row for each key and time: group by the key and history.observed, having count(*) > 1."
        case _ where error.message.contains(Scratch.stray):
            (code, category) = ("model.not-by-key", .badConfig)
            problem =
                "\(model.key) cannot follow changes: its SQL gave rows of keys for which no input has a changed row."
            remedy =
                "In 'incremental', name for each input the column that is the first of 'key'; or use materialization full."
        case .conversion, .outOfRange, .decimal, .invalidInput, .mismatchType:
            (code, category) = ("model.data", .badData)
            problem = "\(model.key): \(error.message)"
            remedy = "A value does not fit. TRY_CAST gives NULL instead; look at the rows with: tarn sql"
        default:
            (code, category) = ("model.failed", .badQuery)
            problem = "\(model.key): \(error.message)"
            remedy = "What is published is untouched. Try the SQL with: tarn sql --file \(model.file)"
        }
    }

    init(missing column: ColumnDefinition, of model: ModelDefinition, actual: [String]) {
        (code, category, place) = ("model.missing-column", .badConfig, column.place)
        problem = "\(model.key) declares the column '\(column.name)', which its SQL does not give."
        remedy =
            (nearestName(to: column.name, among: actual).map { "Did you mean '\($0)'? " } ?? "")
            + "It gives: "
            + actual.joined(separator: ", ")
    }

    init(type: String, of column: ColumnDefinition, model: ModelDefinition, actual: String) {
        (code, category, place) = ("model.column-type", .badConfig, column.place)
        problem = "\(model.key).\(column.name) is declared as \(type), but its SQL gives \(actual)."
        remedy = "Cast it in the SQL (CAST(… AS \(type))), or correct the declaration."
    }

    init(missingPartitionColumn column: String, of model: ModelDefinition, actual: [String]) {
        (code, category) = ("model.missing-column", .badConfig)
        place = model.partitions?.place ?? model.sqlPlace
        problem = "\(model.key) is partitioned by the column '\(column)', which its SQL does not give."
        remedy =
            (nearestName(to: column, among: actual).map { "Did you mean '\($0)'? " } ?? "")
            + "It gives: " + actual.joined(separator: ", ")
    }

    init(
        followed column: String, of input: InputDefinition, in model: ModelDefinition,
        _ schema: [ColumnSchema]
    ) {
        (code, category, place) = ("model.followed-column", .badConfig, input.place)
        let actual = schema.map(\.name)
        problem =
            "\(model.key) follows the column '\(column)' of \(input.asset), which has none of that name."
        remedy =
            (nearestName(to: column, among: actual).map { "Did you mean '\($0)'? " } ?? "")
            + "It has: " + actual.joined(separator: ", ")
    }

    init(followed column: ColumnSchema, of input: InputDefinition, in model: ModelDefinition) {
        (code, category, place) = ("model.followed-column", .badConfig, input.place)
        problem =
            "\(model.key) is partitioned by time, but the column '\(column.name)' of \(input.asset) is \(column.type)."
        remedy = "Follow a DATE, TIMESTAMP or TIMESTAMPTZ; see docs/partitions.md."
    }

    init(column: String, namedBy key: String, of model: ModelDefinition, actual: [String]) {
        (code, category, place) = ("model.missing-column", .badConfig, model.sqlPlace)
        problem = "'\(key)' of \(model.key) names the column '\(column)', which its SQL does not give."
        remedy =
            (nearestName(to: column, among: actual).map { "Did you mean '\($0)'? " } ?? "")
            + "It gives: " + actual.joined(separator: ", ")
    }

    init(reserved column: String, of model: ModelDefinition) {
        (code, category, place) = ("model.reserved-column", .badConfig, model.sqlPlace)
        problem = "\(model.key) is scd2, and its SQL gives a column '\(column)', which Tarn adds by itself."
        remedy = "Give the column another name in the SQL, or leave it out."
    }

    init(observed column: ColumnSchema, of model: ModelDefinition) {
        (code, category, place) = ("model.column-type", .badConfig, model.sqlPlace)
        problem =
            "history.observed of \(model.key) is the column '\(column.name)', which is \(column.type) and no time."
        remedy = "Name a column that is a DATE or a TIMESTAMP, or cast it in the SQL."
    }

    init(partitions problem: String, of model: ModelDefinition) {
        (code, category) = ("model.partition", .badConfig)
        place = model.partitions?.place ?? model.sqlPlace
        self.problem = "\(model.key) cannot be built by partitions: \(problem)."
        remedy =
            "A DATE, TIMESTAMP or TIMESTAMPTZ decides on the time, hours not a DATE; see docs/partitions.md."
    }

    init(store key: AssetKey) {
        (code, category, place) = ("model.store", .badConfig, nil)
        problem = "\(key) cannot be staged: the lake's store has no files that DuckDB can write."
        remedy = "Use a local store."
    }
}

extension DuckDBError {
    /// Whether a Parquet file is cut off, or its bytes are others than were written.
    fileprivate var isBrokenFile: Bool {
        [
            "No magic bytes found", "too small to be a Parquet file", "Failed to read file",
            "TProtocolException", "footer length",
        ].contains { message.contains($0) }
    }
}
