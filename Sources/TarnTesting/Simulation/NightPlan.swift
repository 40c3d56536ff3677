internal import LakeModel
internal import Metadata

/// What goes wrong, and what is there, in one simulated night: all of it from a seed.
package struct NightPlan: Sendable {
    /// What the simulation must notice: a part of the protocol is left out.
    package enum Sabotage: Sendable, CaseIterable {
        case none
        /// Who takes a step over does not fence it.
        case noFence
        /// A manifest is replaced without a look at its ETag.
        case noCondition
        /// The metadata takes an end from whoever reports it.
        case noEpochs
        /// An expired lease is not taken away.
        case noReclaim
    }

    /// Things that go wrong.
    enum Fault {
        /// The process is gone; another one starts after so many microseconds.
        case crash(node: Int, restartAfter: Int64)
        /// It stands still, and then goes on as if nothing had been (SIGSTOP, swapping, a sleeping laptop).
        case hang(node: Int, duration: Int64)
        /// It does not reach the metadata, or its answers do not reach it.
        case cutOff(node: Int, duration: Int64)
        /// It does not reach anything.
        case clockJump(node: Int, by: Int64)
        case cancel(run: Int)
    }

    let seed: UInt64
    var lot: SeededGenerator
    let nodes: Int
    let slots: Int
    /// How far each node's clock is off, in microseconds.
    let skews: [Int64]
    let runs: [(at: Int64, new: NewRun, steps: [PlannedStep])]
    let pools: [String: Int]
    let faults: [(at: Int64, fault: Fault)]
    /// Of 1,000 messages, how many are lost, how many come twice, and how many come very late.
    let lostPerMille: Int
    let doubledPerMille: Int
    let latePerMille: Int

    static let second: Int64 = 1_000_000
    static let start = Timestamp(microseconds: 1_790_000_000_000_000)

    init(seed: UInt64) {
        var lot = SeededGenerator(seed: seed)
        self.seed = seed
        nodes = Int.random(in: 1...4, using: &lot)
        slots = Int.random(in: 1...3, using: &lot)
        let skewMax = [0, 0, 2, 12].randomElement(using: &lot) ?? 0
        skews = (0..<nodes).map { _ in
            Int64.random(in: -Int64(skewMax)...Int64(skewMax), using: &lot) * NightPlan.second
        }
        pools = Bool.random(using: &lot) ? ["p": Int.random(in: 1...2, using: &lot)] : [:]
        let graph = NightPlan.graph(&lot)
        runs = (0..<Int.random(in: 1...3, using: &lot)).map { number in
            NightPlan.run(number, of: graph, &lot)
        }
        lostPerMille = [0, 0, 20, 100].randomElement(using: &lot) ?? 0
        doubledPerMille = [0, 20, 100].randomElement(using: &lot) ?? 0
        latePerMille = [0, 5, 30].randomElement(using: &lot) ?? 0
        var faults: [(at: Int64, fault: Fault)] = []
        for _ in 0..<Int.random(in: 0...6, using: &lot) {
            let node = Int.random(in: 0..<nodes, using: &lot)
            let seconds = Int64.random(in: 1...120, using: &lot) * NightPlan.second
            let fault: Fault =
                switch Int.random(in: 0..<10, using: &lot) {
                case 0...2: .crash(node: node, restartAfter: seconds)
                case 3...5: .hang(node: node, duration: seconds)
                case 6, 7: .cutOff(node: node, duration: seconds)
                case 8:
                    .clockJump(
                        node: node, by: Int64.random(in: -15...15, using: &lot) * NightPlan.second)
                default: .cancel(run: Int.random(in: 0..<runs.count, using: &lot))
                }
            faults.append((Int64.random(in: 0...300, using: &lot) * NightPlan.second, fault))
        }
        self.faults = faults
        self.lot = lot
    }

    /// Assets in building order with what they read.
    private static func graph(_ lot: inout SeededGenerator) -> [(asset: AssetKey, inputs: [AssetKey])] {
        var graph: [(asset: AssetKey, inputs: [AssetKey])] = []
        for number in 0..<Int.random(in: 1...10, using: &lot) {
            guard let asset = AssetKey("silver.t\(number)") else { continue }
            let inputs = graph.map(\.asset).filter { _ in Int.random(in: 0..<3, using: &lot) == 0 }
            graph.append((asset, inputs))
        }
        return graph
    }

    private static func run(
        _ number: Int, of graph: [(asset: AssetKey, inputs: [AssetKey])], _ lot: inout SeededGenerator
    ) -> (at: Int64, new: NewRun, steps: [PlannedStep]) {
        let at = Int64.random(in: 0...100, using: &lot) * second
        let id = RunID(at: start + .microseconds(at), random: UInt32(number))
        let chosen = graph.filter { _ in Int.random(in: 0..<4, using: &lot) > 0 }
        let known = Set(chosen.map(\.asset))
        let steps = chosen.map { one in
            PlannedStep(
                StepID(run: id, asset: one.asset),
                after: one.inputs.filter(known.contains).map { StepKey($0) },
                pools: Bool.random(using: &lot) ? [PoolUse(pool: "p")] : [])
        }
        let new = NewRun(
            id: id, selection: "", trigger: .schedule, createdAt: start + .microseconds(at),
            priority: Int.random(in: 0...1, using: &lot), idempotencyKey: "night/\(number)")
        return (at, new, steps)
    }
}
