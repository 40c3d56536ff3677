package import DuckDB
package import LakeModel
package import LakeSQL
internal import Project

/// Binds models one after the other, each to the columns that its inputs will have, without running anything.
///
/// Tables are empty and have only columns, so that a model of many layers costs no more than one of bronze.
package final class BoundModels {
    private let connection: Connection
    private var schemas: Set<String> = []
    /// What is known of the columns of each asset, in the types of Parquet.
    package private(set) var columns: [AssetKey: [ColumnSchema]]

    /// - Parameters:
    ///   - connection: Of a database of its own, in which tables get their names.
    ///   - known: What was defined in that database before.
    package init(on connection: Connection, knowing known: [AssetKey: [ColumnSchema]] = [:]) {
        self.connection = connection
        columns = known
    }

    /// Gives an asset the columns that are published. Blocks.
    package func define(_ state: AssetState) throws {
        try define(state.key, state.schema)
        // Of all days: the types are united by DuckDB.
        if let all = state.selectAll, let name = TableName("\(state.key.table)__all") {
            try connection.execute(
                "CREATE OR REPLACE VIEW \(quotedIdentifier(state.key.schema)).\(quotedIdentifier(name.text)) AS \(all)"
            )
        }
    }

    /// Gives a model the columns of its SQL. Blocks.
    /// - Throws: ``ModelFailure``; it then has no columns.
    package func bind(_ model: LakeGraph.Model) throws {
        do {
            let columns = try model.requireDeclaredColumns(on: connection).columns
            var isView = false
            if case .view = model.definition.materialization { isView = true }
            try define(
                model.definition.key,
                columns.map {
                    ColumnSchema(name: $0.name, type: (isView ? $0.type : $0.type.inParquet).description)
                })
        } catch let error as DuckDBError {
            throw error.isInterrupt ? CancellationError() : ModelFailure(error, in: model.definition)
        }
    }

    private func define(_ key: AssetKey, _ columns: [ColumnSchema]) throws {
        if schemas.insert(key.schema).inserted {
            try connection.execute("CREATE SCHEMA IF NOT EXISTS \(quotedIdentifier(key.schema))")
        }
        let list = columns.map { "CAST(NULL AS \($0.type)) AS \(quotedIdentifier($0.name))" }
        try connection.execute(
            "CREATE OR REPLACE VIEW \(key.quotedName) AS SELECT \(list.joined(separator: ", ")) WHERE false")
        self.columns[key] = columns
    }
}

extension LogicalType {
    /// The type that comes back from a Parquet file, which does not know all of DuckDB's.
    var inParquet: LogicalType {
        switch self {
        case .hugeint, .uhugeint: .decimal(width: 38, scale: 0)
        case .enumeration, .bit, .bignum, .timeNS: .varchar
        case .timestampS, .timestampMS: .timestamp
        case .geometry: .blob
        case .null: .integer
        case .list(let element), .array(let element, _): .list(element.inParquet)
        case .map(let key, let value): .map(key: key.inParquet, value: value.inParquet)
        case .structure(let fields): .structure(fields.map { Field($0.name, $0.type.inParquet) })
        default: self
        }
    }
}
