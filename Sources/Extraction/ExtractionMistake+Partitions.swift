internal import LakeModel
internal import Project

extension ExtractionMistake {
    static func missingPartitions(_ table: TableDefinition, of source: SourceDefinition) -> ExtractionMistake
    {
        ExtractionMistake(
            code: "extraction.no-partition",
            problem: "\(source.name).\(table.name) is read by partitions, and none was named.",
            place: table.partitions?.place ?? table.place,
            remedy: "Name some: `tarn run bronze_\(source.name).\(table.name) --partition latest`.")
    }

    static func unknownPartition(
        _ key: PartitionKey, _ partitions: PartitionsDefinition, _ table: TableDefinition,
        of source: SourceDefinition
    ) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.unknown-partition",
            problem: """
                \(source.name).\(table.name) has no partition '\(key)': it is partitioned \(partitions.scheme).
                """,
            place: partitions.place, remedy: "Name another, or change 'partitions:'.")
    }

    static func partitionType(
        _ column: SourceColumn, _ partitions: PartitionsDefinition, _ table: TableDefinition,
        of source: SourceDefinition
    ) -> ExtractionMistake {
        let isTime = column.name == partitions.timeColumn
        return ExtractionMistake(
            code: "extraction.partition-type",
            problem: """
                \(source.name).\(table.name) is partitioned \(partitions.scheme), and its column '\(column.name)' is \
                \(column.type.sqlName).
                """,
            place: partitions.place,
            remedy: isTime
                ? "Partitions of time are by a DATE, a DATETIME or a TIMESTAMP; hours not by a DATE."
                : "Partitions of keys are by a text, or by a whole number with keys that are some.")
    }

    static func strangers(
        _ rows: Int64, in key: PartitionKey, _ table: TableDefinition, of source: SourceDefinition
    ) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.partition-rows",
            problem: """
                \(source.name).\(table.name): \(rows) rows that the source gave for the partition '\(key)' have values \
                of another.
                """,
            place: table.partitions?.place ?? table.place,
            remedy: """
                Nothing was committed. The source compares the column otherwise than its values mean, as SQLite does \
                with times that are written in several ways. Partition by another column, or mend the values.
                """)
    }
}
