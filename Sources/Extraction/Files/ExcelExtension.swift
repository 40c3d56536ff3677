internal import DuckDB
internal import LakeModel
internal import Project

/// DuckDB's extension that reads workbooks.
enum ExcelExtension {
    static func load(on connection: Connection, _ files: FilesTable) throws {
        do {
            try connection.load(extensionNamed: "excel")
        } catch {
            throw FilesMistake.noExcel(
                looked: ExtensionFile.besideLibrary("excel"), files.table, of: files.source)
        }
    }
}
