import LakeModel
import LakeStore
import Metadata
import Orchestrator
import Testing

@Suite struct `A reconciliation` {
    private func verdicts(_ little: LittleLake) async throws -> [String] {
        try await Reconciler(little.open()).run(Selection([])).map {
            "\($0.asset) \($0.verdict.rawValue) \($0.source ?? -1) \($0.lake ?? -1)"
        }
    }

    @Test
    func `finds what was never extracted, then that everything is there, also by keys that are not unique`()
        async throws
    {
        let little = try LittleLake()
        #expect(
            try await verdicts(little) == [
                "bronze_app.customer unknown -1 -1", "bronze_shop.invoice unknown -1 -1",
                "bronze_shop.item unknown -1 -1",
            ])
        try await little.run("layer:bronze")
        // Of three items there are two different keys.
        #expect(
            try await verdicts(little) == [
                "bronze_app.customer passed 2 2", "bronze_shop.invoice passed 2 2",
                "bronze_shop.item passed 2 2",
            ])
    }

    @Test func `finds rows that the source has and bronze has not, and the other way round`() async throws {
        let little = try LittleLake()
        try await little.run("layer:bronze")
        try little.execute("INSERT INTO customer VALUES (3, 'Cid')", in: "app")
        try little.execute("DELETE FROM invoice WHERE id = 2", in: "shop")
        #expect(
            try await verdicts(little) == [
                "bronze_app.customer failed 3 2", "bronze_shop.invoice failed 1 2",
                "bronze_shop.item passed 2 2",
            ])
    }

    @Test func `does not know when source or bronze cannot be read, and still judges the others`()
        async throws
    {
        let little = try LittleLake()
        try await little.run("layer:bronze")
        try little.remove("app.db")
        let lake = try await little.open()
        let files = try await lake.store.list(under: LakeLayout.folder(of: key("bronze_shop.item")))
        let file = try #require(files.first { $0.path.text.hasSuffix(".parquet") })
        try little.remove("store/\(file.path.text)")
        let records = try await Reconciler(lake).run(Selection([]))
        #expect(records.map(\.verdict) == [.unknown, .passed, .unknown])
        #expect(records[0].detail.contains("app.db"))
    }

    @Test func `is kept in the lake and in the metadata`() async throws {
        let little = try LittleLake()
        try await little.run("layer:bronze")
        let lake = try await little.open()
        _ = try await Reconciler(lake).run(Selection(["bronze_app.customer", "silver.dim_customer"]))
        let newest = try await lake.metadata.latestReconciliations()
        #expect(newest.map(\.asset.description) == ["bronze_app.customer"])
        let kept = try await lake.store.list(under: LakeLayout.system.appending("reconciliation"))
        #expect(kept.map(\.path.text) == ["_tarn/reconciliation/app/customer/\(lake.store.today()).json"])
    }
}
