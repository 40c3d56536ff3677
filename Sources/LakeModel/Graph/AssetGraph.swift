/// All assets of a lake and what each reads directly.
package struct AssetGraph: Sendable {
    /// What an asset is known by when assets are selected.
    package struct Node: Hashable, Sendable {
        package let key: AssetKey
        package let tags: Set<String>
        /// What it reads directly.
        package let inputs: Set<AssetKey>

        package init(key: AssetKey, tags: Set<String> = [], inputs: Set<AssetKey> = []) {
            self.key = key
            self.tags = tags
            self.inputs = inputs
        }
    }

    /// In building order: every asset after all that it reads; else bronze, silver, gold, by name.
    package let order: [AssetKey]
    private let nodes: [AssetKey: Node]
    private let readers: [AssetKey: Set<AssetKey>]
    private let byTable: [String: [AssetKey]]
    private let bySource: [String: [AssetKey]]
    private let byTag: [String: [AssetKey]]

    /// - Throws: ``AssetCycle`` if assets read each other in a circle. Inputs that are no asset are left out:
    ///   who reads the SQL reports them, with their place.
    package init(_ all: [Node]) throws(AssetCycle) {
        var nodes: [AssetKey: Node] = [:]
        for node in all { nodes[node.key] = node }
        var readers: [AssetKey: Set<AssetKey>] = [:]
        var missing: [AssetKey: Int] = [:]
        for node in nodes.values {
            let known = node.inputs.filter { nodes[$0] != nil }
            missing[node.key] = known.count
            for input in known { readers[input, default: []].insert(node.key) }
        }
        var order: [AssetKey] = []
        var ready = nodes.keys.filter { missing[$0] == 0 }.sorted()
        while !ready.isEmpty {
            order.append(contentsOf: ready)
            var next: [AssetKey] = []
            for key in ready {
                for reader in readers[key] ?? [] {
                    let left = (missing[reader] ?? 0) - 1
                    missing[reader] = left
                    if left == 0 { next.append(reader) }
                }
            }
            ready = next.sorted()
        }
        guard order.count == nodes.count else {
            throw AssetCycle(path: AssetGraph.cycle(in: nodes, without: Set(order)))
        }
        self.order = order
        self.nodes = nodes
        self.readers = readers
        byTable = Dictionary(grouping: order, by: \.table.text)
        var bySource: [String: [AssetKey]] = [:]
        var byTag: [String: [AssetKey]] = [:]
        for key in order {
            if let source = key.source { bySource[source.text, default: []].append(key) }
            for tag in nodes[key]?.tags ?? [] { byTag[tag, default: []].append(key) }
        }
        self.bySource = bySource
        self.byTag = byTag
    }

    package func node(_ key: AssetKey) -> Node? { nodes[key] }
    /// Those that are called so, or whose table is.
    func named(_ name: String) -> Set<AssetKey> {
        var found = Set(byTable[name] ?? [])
        if let key = AssetKey(name), nodes[key] != nil { found.insert(key) }
        return found
    }

    func tagged(_ tag: String) -> Set<AssetKey> { Set(byTag[tag] ?? []) }
    func tables(of source: String) -> Set<AssetKey> { Set(bySource[source] ?? []) }

    package func contains(_ key: AssetKey) -> Bool { nodes[key] != nil }
    package func inputs(of key: AssetKey) -> Set<AssetKey> { nodes[key]?.inputs ?? [] }
    package func readers(of key: AssetKey) -> Set<AssetKey> { readers[key] ?? [] }

    /// `keys` and everything that they are made from, at most `depth` steps away (`nil`: all).
    package func upstream(of keys: Set<AssetKey>, depth: Int? = nil) -> Set<AssetKey> {
        closure(of: keys, depth: depth) { nodes[$0]?.inputs.filter { nodes[$0] != nil } ?? [] }
    }

    /// `keys` and everything that is made from them, at most `depth` steps away (`nil`: all).
    package func downstream(of keys: Set<AssetKey>, depth: Int? = nil) -> Set<AssetKey> {
        closure(of: keys, depth: depth) { readers[$0] ?? [] }
    }

    private func closure(
        of keys: Set<AssetKey>, depth: Int?, next: (AssetKey) -> Set<AssetKey>
    ) -> Set<AssetKey> {
        var reached = keys
        var border = keys
        var steps = 0
        while !border.isEmpty, steps < depth ?? .max {
            border = border.reduce(into: Set<AssetKey>()) { $0.formUnion(next($1)) }.subtracting(reached)
            reached.formUnion(border)
            steps += 1
        }
        return reached
    }

    /// One circle among the assets that could not be ordered, begun at its smallest key.
    private static func cycle(in nodes: [AssetKey: Node], without ordered: Set<AssetKey>) -> [AssetKey] {
        func stuckInput(of key: AssetKey) -> AssetKey? {
            nodes[key]?.inputs.filter { nodes[$0] != nil && !ordered.contains($0) }.min()
        }
        guard var key = nodes.keys.filter({ !ordered.contains($0) }).min() else { return [] }
        var walk: [AssetKey] = []
        while !walk.contains(key) {
            walk.append(key)
            guard let next = stuckInput(of: key) else { return walk }
            key = next
        }
        var circle = Array(walk[(walk.firstIndex(of: key) ?? 0)...])
        if let smallest = circle.min(), let start = circle.firstIndex(of: smallest) {
            circle = Array(circle[start...] + circle[..<start])
        }
        return circle
    }
}

/// Assets that read each other in a circle, so that none of them can be built first.
package struct AssetCycle: Diagnostic {
    /// Every asset reads the next one; the last reads the first.
    package let path: [AssetKey]
    package var place: Place?

    package init(path: [AssetKey], place: Place? = nil) {
        self.path = path
        self.place = place
    }

    package var code: String { "project.cycle" }
    package var problem: String {
        "These assets read each other in a circle: \((path + path.prefix(1)).map(\.description).joined(separator: " -> "))."
    }
    package var remedy: String { "Take one of these references out of the SQL of its model." }
}
