internal import DuckDB
internal import Glibc
internal import LakeModel
internal import Project

/// DuckDB's extension that reads workbooks, which is a file of its own.
enum ExcelExtension {
    static func load(on connection: Connection, _ files: FilesTable) throws {
        let path = besideLibrary()
        do {
            if let path, access(path, R_OK) == 0 {
                try connection.load(extensionAt: path)
            } else {
                // One that was installed into DuckDB's own folder.
                try connection.execute("LOAD excel")
            }
        } catch {
            throw FilesMistake.noExcel(looked: path, files.table, of: files.source)
        }
    }

    /// `extensions/excel.duckdb_extension` beside the library's folder, where scripts/setup puts it.
    private static func besideLibrary() -> String? {
        // The system tells which files the program has loaded.
        guard let maps = try? TextFile("/proc/self/maps", encoding: .utf8) else { return nil }
        while !maps.isAtEnd { guard (try? maps.extend()) != nil else { return nil } }
        let lines = String(decoding: maps.text, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.contains("/libduckdb") }),
            let start = line.firstIndex(of: "/")
        else { return nil }
        let folder = line[start...].split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(folder)/extensions/excel.duckdb_extension"
    }
}
