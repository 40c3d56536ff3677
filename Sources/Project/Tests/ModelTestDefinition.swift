package import LakeModel

/// A unit test of a model: rows that its inputs have, and the rows that its SELECT must give of them.
package struct ModelTestDefinition: Sendable {
    package let name: String
    /// Of silver or gold.
    package let model: AssetKey
    /// What the inputs hold; those that are not named are empty.
    package let given: [GivenTable]
    /// Types of columns of inputs that are not what they would be taken for.
    package let types: [GivenTypes]
    package let expectation: Expectation
    package let place: Place

    package init(
        name: String, model: AssetKey, given: [GivenTable] = [], types: [GivenTypes] = [],
        expectation: Expectation, place: Place
    ) {
        self.name = name
        self.model = model
        self.given = given
        self.types = types
        self.expectation = expectation
        self.place = place
    }

    package enum Expectation: Sendable {
        case rows(WrittenRows)
        /// The SELECT fails with a message that holds this text.
        case error(String, Place)
    }

    package struct GivenTable: Sendable {
        /// As the model's SQL names it, so with `__all` if that is what it reads.
        package let asset: AssetKey
        package let rows: WrittenRows
        package let place: Place

        package init(asset: AssetKey, rows: WrittenRows, place: Place) {
            self.asset = asset
            self.rows = rows
            self.place = place
        }
    }

    package struct GivenTypes: Sendable {
        package let asset: AssetKey
        package let columns: [Column]
        package let place: Place

        package struct Column: Sendable {
            package let name: String
            /// As DuckDB spells it.
            package let type: String
            package let place: Place
        }
    }
}

/// Rows as somebody wrote them: in YAML, as CSV, or as a SELECT.
package enum WrittenRows: Sendable {
    case values(columns: [WrittenColumn], rows: [WrittenRow])
    case sql(String, Place)
}

package struct WrittenColumn: Hashable, Sendable {
    package let name: String
    /// Where it is named first.
    package let place: Place

    package init(name: String, place: Place) {
        self.name = name
        self.place = place
    }
}

package struct WrittenRow: Hashable, Sendable {
    package let cells: [WrittenCell]
    package let place: Place

    package init(cells: [WrittenCell], place: Place) {
        self.cells = cells
        self.place = place
    }

    /// The value of a column, whose name may be written in other letters.
    package func cell(_ column: String) -> WrittenCell? {
        let wanted = column.lowercased()
        return cells.first { $0.column.lowercased() == wanted }
    }
}

package struct WrittenCell: Hashable, Sendable {
    package let column: String
    package let value: WrittenValue
    package let place: Place

    package init(column: String, value: WrittenValue, place: Place) {
        self.column = column
        self.value = value
        self.place = place
    }
}

/// A value as it was written; its type is decided by where it goes.
package indirect enum WrittenValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// In decimal.
    case number(String)
    /// What stands in quotes is text even if it looks like a date.
    case text(String, isQuoted: Bool)
    case list([WrittenValue])
    case structure([Field])

    package struct Field: Hashable, Sendable {
        package let name: String
        package let value: WrittenValue

        package init(name: String, value: WrittenValue) {
            self.name = name
            self.value = value
        }
    }
}
