import LakeModel
import Testing

@Suite struct `A schedule of steps` {
    private func drain(_ schedule: inout StepSchedule) -> [String] {
        var started: [String] = []
        while let next = schedule.next() { started.append(next.description) }
        return started
    }

    @Test func `starts what waits for nothing, at most so many at once`() throws {
        let graph = try AssetGraph.little()
        var schedule = StepSchedule(Set(graph.order), in: graph, runningMax: 1)
        #expect(drain(&schedule) == ["bronze_v3.customer"])
        #expect(try schedule.finish(key("bronze_v3.customer"), isUsable: true).isEmpty)
        #expect(drain(&schedule).count == 1)
    }

    @Test func `starts a step only after all of its selected inputs`() throws {
        let graph = try AssetGraph.little()
        var schedule = StepSchedule(Set(graph.order), in: graph, runningMax: 9)
        #expect(Set(drain(&schedule)) == ["bronze_v3.customer", "bronze_v3.invoice"])
        #expect(try schedule.finish(key("bronze_v3.invoice"), isUsable: true).isEmpty)
        #expect(drain(&schedule) == [])
        #expect(try schedule.finish(key("bronze_v3.customer"), isUsable: true).isEmpty)
        #expect(drain(&schedule) == ["silver.dim_customer"])
        #expect(try schedule.finish(key("silver.dim_customer"), isUsable: true).isEmpty)
        #expect(drain(&schedule) == ["silver.fact_invoice"])
        #expect(try schedule.finish(key("silver.fact_invoice"), isUsable: true).isEmpty)
        #expect(drain(&schedule) == ["gold.revenue"])
        #expect(!schedule.isFinished)
        #expect(try schedule.finish(key("gold.revenue"), isUsable: true).isEmpty)
        #expect(schedule.isFinished)
    }

    @Test func `does not wait for inputs that are not selected`() throws {
        let graph = try AssetGraph.little()
        var schedule = StepSchedule([try key("gold.revenue")], in: graph, runningMax: 2)
        #expect(drain(&schedule) == ["gold.revenue"])
    }

    @Test func `blocks everything made from a failed step, each once, and nothing else`() throws {
        let graph = try AssetGraph.little()
        var schedule = StepSchedule(Set(graph.order), in: graph, runningMax: 9)
        _ = drain(&schedule)
        let blocked = try schedule.finish(key("bronze_v3.customer"), isUsable: false)
        #expect(blocked.map(\.description) == ["silver.dim_customer", "silver.fact_invoice", "gold.revenue"])
        #expect(try schedule.finish(key("bronze_v3.invoice"), isUsable: false).isEmpty)
        #expect(drain(&schedule) == [])
        #expect(schedule.isFinished)
    }
}
