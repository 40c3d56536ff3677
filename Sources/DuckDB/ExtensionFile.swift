internal import Glibc

/// An extension of DuckDB, which is a file of its own beside the library.
package enum ExtensionFile {
    /// `extensions/NAME.duckdb_extension` beside the folder of the library that is loaded; `nil` if it cannot
    /// be told where that is.
    package static func besideLibrary(_ name: String) -> String? {
        // The system tells which files the program has loaded.
        guard let line = maps().split(separator: "\n").first(where: { $0.contains("/libduckdb") }),
            let start = line.firstIndex(of: "/")
        else { return nil }
        let folder = line[start...].split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(folder)/extensions/\(name).duckdb_extension"
    }

    private static func maps() -> String {
        let file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += chunk[..<count]
        }
    }
}

extension Connection {
    /// Loads an extension from beside the library, or one that was installed into DuckDB's own folder.
    /// - Throws: `DuckDBError` if there is none that this library takes.
    package func load(extensionNamed name: String) throws(DuckDBError) {
        if let path = ExtensionFile.besideLibrary(name), access(path, R_OK) == 0 {
            try load(extensionAt: path)
        } else {
            try execute("LOAD \(name)")
        }
    }
}
