internal import LakeModel
internal import LakeSQL
internal import Project

/// SQL that DuckDB's parser refuses.
struct SQLMistake: Diagnostic {
    let place: Place?
    private let message: String

    init(_ mistake: StatementMistake, in model: ModelDefinition) {
        place = model.place(ofByte: mistake.position ?? 0)
        message = mistake.message
    }

    var code: String { "model.sql" }
    var problem: String { "DuckDB cannot read this SQL: \(message)." }
    var remedy: String {
        "A model is one SELECT; common table expressions are fine. Try it with: tarn sql --file FILE"
    }
}

/// A table that the SQL names and the lake does not have.
struct UnknownTable: Diagnostic {
    let name: String
    let model: AssetKey
    let place: Place?
    private let nearest: String?

    init(name: String, model: AssetKey, place: Place, known: Set<AssetKey>) {
        self.name = name
        self.model = model
        self.place = place
        let exact = known.filter { $0.table.text == name }.map(\.description).sorted()
        nearest = exact.first ?? nearestName(to: name, among: known.map(\.description).sorted())
    }

    var code: String { "model.unknown-table" }
    var problem: String { "\(model) reads '\(name)', which is no table of this lake." }
    var remedy: String {
        (nearest.map { "Did you mean '\($0)'? " } ?? "")
            + "Tables are bronze_<source>.<table>, silver.<table> or gold.<table>; see them with: tarn assets"
    }
}

/// A table that is deliberately not in the lake.
struct ExcludedTable: Diagnostic {
    let name: String
    let exclusion: Exclusion
    let place: Place?

    var code: String { "model.excluded-table" }
    var problem: String { "'\(name)' is excluded from this lake: \(exclusion.reason)" }
    var remedy: String { "Read something else, or take the exclusion out (\(exclusion.place))." }
}

/// A table of a layer that reads a table of a later one.
struct LayerMistake: Diagnostic {
    let input: AssetKey
    let model: AssetKey
    let place: Place?

    var code: String { "model.layer" }
    var problem: String { "\(model) reads \(input): rows flow from bronze to silver to gold, never back." }
    var remedy: String {
        "Move this model to models/\(input.layer.rawValue)/, or read what \(input) is made from."
    }
}

/// A model whose rows would depend on more than the lake's tables.
struct ImpureModel: Diagnostic {
    let function: String
    let reason: Impurity
    let model: AssetKey
    let place: Place?

    var code: String { "model.impure" }
    var problem: String {
        switch reason {
        case .readsOutside: "\(model) calls \(function)(), which reads from outside of the lake's tables."
        case .changesByItself: "\(model) calls \(function)(), whose value is another one at every run."
        }
    }
    var remedy: String {
        switch reason {
        case .readsOutside:
            "A model is a function of the lake's tables only: extract what you need as a source first."
        case .changesByItself:
            "A model gives the same rows for the same inputs. Take dates from the data, for example max(invoice_date)."
        }
    }
}
