internal import DuckDB
internal import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Project

extension ModelBuild {
    /// Audits what the SELECT gives now, and makes it the table.
    func publishView(
        _ step: Step, _ confirmLease: () async throws -> Void
    ) async throws -> TableManifest {
        let began = ContinuousClock.now
        let sql = model.definition.sql
        let published = try await model.published(in: store)
        let audited: (schema: [ColumnSchema], checks: [CheckResult]) = try await withConnection {
            connection in
            step.watch(connection.interrupter)
            try session.define(inputs, on: connection)
            let schema = try model.requireDeclaredColumns(on: connection).select.columns
            return (schema, try step.audit(connection, AuditScope(select: "\n\(sql)\n")))
        }
        let breaking = try model.keepContract(with: published, columns: audited.schema, by: step.run)
        let table = staged(
            step, rows: 0, version: version, schema: audited.schema, checks: audited.checks, began: began,
            breaking: breaking)
        return try await TablePublish(store, now: now).publish(
            view: sql, table, confirmLease: confirmLease)
    }
}
