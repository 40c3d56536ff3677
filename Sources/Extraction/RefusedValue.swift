package import LakeModel
internal import Project

/// A value that bronze cannot hold as it is in a column of which none may change.
package struct RefusedValue: Diagnostic {
    package let code = "extraction.refused-value"
    package let problem: String
    package let place: Place?
    package let remedy: String

    init(
        _ column: SourceColumn, _ reason: Conversion.Reason, _ sample: Conversion.Sample,
        of source: SourceDefinition, _ table: TableName
    ) {
        let row = sample.key.isEmpty ? "" : " of row \(sample.key)"
        problem = """
            \(source.name).\(table): '\(column.name)'\(row) holds '\(sample.value)', which \(column.type.sqlName) in \
            bronze cannot hold (\(reason.rawValue)).
            """
        place = source.place(of: table)
        remedy =
            "Nothing was committed. Correct it at the source, or let such values be counted (losses: null) or "
            + "kept as text (losses: text_sidecar)."
    }
}
