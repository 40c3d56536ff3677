/// Which assets a command means, in the notation that users of dbt and Dagster know.
///
/// | text | means |
/// |---|---|
/// | `silver.fact_invoice` | one asset; also by the table's name alone, if it is the only one of that name |
/// | `silver.dim_*` | all that match |
/// | `+gold.revenue_by_month` | it and everything that it is made from; `2+x`: two steps up |
/// | `bronze_v3_order.*+` | they and everything made from them; `x+1`: one step down |
/// | `layer:silver`, `source:v3_*`, `tag:finance` | all of a kind |
/// | `a,b` | what is in both; several arguments: what is in any |
package struct Selection: Hashable, Sendable, CustomStringConvertible {
    /// Any of these; all assets if there is none.
    package let alternatives: [[Term]]
    /// None of these.
    package let exclusions: [[Term]]
    /// As they were written.
    package let included: [String]
    package let excluded: [String]

    package struct Term: Hashable, Sendable {
        package let method: Method
        package let pattern: Glob
        /// `nil` no upstream; `.max` all.
        package let upstream: Int?
        package let downstream: Int?
        let text: String
    }

    package enum Method: String, Hashable, Sendable, CaseIterable {
        case name, layer, source, tag
    }

    /// - Throws: ``SelectionMistake`` if one of the texts cannot be read.
    package init(_ include: [String], excluding exclude: [String] = []) throws(SelectionMistake) {
        alternatives = try Selection.parse(include)
        exclusions = try Selection.parse(exclude)
        included = include
        excluded = exclude
    }

    /// As it was written; `all assets` if nothing was.
    package var description: String {
        let text = (included + excluded.map { "--exclude \($0)" }).joined(separator: " ")
        return text.isEmpty ? "all assets" : text
    }

    /// The selected assets of `graph`.
    /// - Throws: ``SelectionMistake`` if a term matches nothing, with the nearest name.
    package func resolve(in graph: AssetGraph) throws(SelectionMistake) -> Set<AssetKey> {
        var selected = alternatives.isEmpty ? Set(graph.order) : []
        for alternative in alternatives { selected.formUnion(try Selection.resolve(alternative, in: graph)) }
        for exclusion in exclusions { selected.subtract(try Selection.resolve(exclusion, in: graph)) }
        return selected
    }

    private static func parse(_ texts: [String]) throws(SelectionMistake) -> [[Term]] {
        var alternatives: [[Term]] = []
        for text in texts.flatMap({ $0.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" }) }) {
            var terms: [Term] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                terms.append(try term(String(part)))
            }
            alternatives.append(terms)
        }
        return alternatives
    }

    private static func term(_ text: String) throws(SelectionMistake) -> Term {
        var rest = Substring(text)
        var upstream: Int?
        var downstream: Int?
        let leading = rest.prefix { $0.isASCII && $0.isNumber }
        if rest.dropFirst(leading.count).first == "+" {
            upstream = leading.isEmpty ? .max : Int(leading) ?? .max
            rest = rest.dropFirst(leading.count + 1)
        }
        if let plus = rest.lastIndex(of: "+") {
            let steps = rest[rest.index(after: plus)...]
            guard steps.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                throw SelectionMistake(term: text, kind: .misplacedPlus)
            }
            downstream = steps.isEmpty ? .max : Int(steps) ?? .max
            rest = rest[..<plus]
        }
        var method = Method.name
        if let colon = rest.firstIndex(of: ":") {
            guard let named = Method(rawValue: String(rest[..<colon])) else {
                throw SelectionMistake(term: text, kind: .unknownMethod(String(rest[..<colon])))
            }
            method = named
            rest = rest[rest.index(after: colon)...]
        }
        guard !rest.isEmpty else { throw SelectionMistake(term: text, kind: .empty) }
        return Term(
            method: method, pattern: Glob(String(rest)), upstream: upstream, downstream: downstream,
            text: text)
    }

    private static func resolve(
        _ terms: [Term], in graph: AssetGraph
    ) throws(SelectionMistake) -> Set<AssetKey> {
        var selected: Set<AssetKey>?
        for term in terms {
            let direct = term.direct(in: graph)
            guard !direct.isEmpty else { throw SelectionMistake(term: term, in: graph) }
            var reached = direct
            if let depth = term.upstream { reached.formUnion(graph.upstream(of: direct, depth: depth)) }
            if let depth = term.downstream { reached.formUnion(graph.downstream(of: direct, depth: depth)) }
            selected = selected.map { $0.intersection(reached) } ?? reached
        }
        return selected ?? []
    }
}

extension Selection.Term {
    /// What it matches, without what is up or down from there.
    func direct(in graph: AssetGraph) -> Set<AssetKey> {
        // A plain word need not be compared with those of all assets.
        if pattern.isLiteral {
            switch method {
            case .name: return graph.named(pattern.pattern)
            case .source: return graph.tables(of: pattern.pattern)
            case .tag: return graph.tagged(pattern.pattern)
            case .layer: break
            }
        }
        return Set(graph.order.filter { matches($0, in: graph) })
    }

    func matches(_ key: AssetKey, in graph: AssetGraph) -> Bool {
        switch method {
        case .name: pattern.matches(key.description) || pattern.matches(key.table.text)
        case .layer: pattern.matches(key.layer.rawValue)
        case .source: key.source.map { pattern.matches($0.text) } ?? false
        case .tag: graph.node(key)?.tags.contains { pattern.matches($0) } ?? false
        }
    }
}

/// A selection that cannot be read or that matches nothing.
package struct SelectionMistake: Diagnostic {
    package let term: String
    package let kind: Kind

    package enum Kind: Hashable, Sendable {
        case misplacedPlus, empty
        case unknownMethod(String)
        case nothingMatches(nearest: String?)
    }

    package init(term: String, kind: Kind) {
        self.term = term
        self.kind = kind
    }

    init(term: Selection.Term, in graph: AssetGraph) {
        let candidates: [String] =
            switch term.method {
            case .name: graph.order.map(\.description) + graph.order.map(\.table.text)
            case .layer: Layer.allCases.map(\.rawValue)
            case .source: graph.order.compactMap(\.source?.text)
            case .tag: graph.order.flatMap { graph.node($0)?.tags.sorted() ?? [] }
            }
        self.init(
            term: term.text,
            kind: .nothingMatches(nearest: nearestName(to: term.pattern.pattern, among: candidates)))
    }

    package var code: String { "selection.mistake" }
    package var problem: String {
        switch kind {
        case .misplacedPlus: "'\(term)' has a + in the middle."
        case .empty: "'\(term)' names nothing."
        case .unknownMethod(let name):
            "'\(term)' begins with '\(name):', which is not a way to select assets."
        case .nothingMatches: "'\(term)' matches no asset of this lake."
        }
    }
    package var remedy: String {
        switch kind {
        case .misplacedPlus: "Write +name for what it is made from and name+ for what is made from it."
        case .empty: "Write a name or a pattern, for example silver.dim_* (see: tarn assets)."
        case .unknownMethod:
            "Use one of \(Selection.Method.allCases.map { "\($0.rawValue):" }.joined(separator: ", ")) or a name."
        case .nothingMatches(let nearest?): "Did you mean '\(nearest)'? All names: tarn assets"
        case .nothingMatches(nil): "See the names with: tarn assets"
        }
    }
}
