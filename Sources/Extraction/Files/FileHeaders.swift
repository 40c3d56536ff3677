internal import LakeModel
internal import Project

/// Which columns CSV files have, each in its own order, and how they come together.
struct FileHeaders {
    /// Of all files, in the order in which they appear.
    let columns: [FoundColumn]
    let plan: TextPlan

    init(files: FilesTable, inputs: [FoundFile], schema: FileSchema) throws {
        let style = files.files.text
        var columns: [FoundColumn] = []
        var positions: [String: Int] = [:]
        var headers: [(FoundFile, [String])] = []
        for input in inputs {
            let names = try FileHeaders.names(of: input, files, schema)
            headers.append((input, names))
            for name in names where positions[name.lowercased()] == nil {
                positions[name.lowercased()] = columns.count
                columns.append(FoundColumn(name: name, type: nil, file: input.path))
            }
        }
        let planned = headers.map { input, names in
            let own = Dictionary(
                names.enumerated().map { ($0.element.lowercased(), $0.offset) },
                uniquingKeysWith: { first, _ in first })
            return (
                input.path,
                TextPlan.File(
                    found: input, fields: columns.map { own[$0.name.lowercased()] }, width: names.count)
            )
        }
        self.columns = columns
        plan = TextPlan(
            style: style, encoding: style.encoding, columnCount: columns.count,
            files: Dictionary(planned, uniquingKeysWith: { first, _ in first }))
    }

    /// None if the file is empty.
    private static func names(
        of input: FoundFile, _ files: FilesTable, _ schema: FileSchema
    ) throws -> [String] {
        let style = files.files.text
        do {
            let scanner = try RecordScanner(input.absolutePath, encoding: style.encoding, style: style)
            for _ in 0..<style.skippedLines { try scanner.skipLine() }
            switch try scanner.next() {
            case .end: return []
            case .bad(let reason):
                throw FileFailure(reason: "line \(scanner.line) should be its header, but \(reason.rawValue)")
            case .row: break
            }
            guard style.hasHeader else { return schema.unnamed(scanner.fields.count) }
            var scratch: [UInt8] = []
            let names = scanner.fields.enumerated().map { index, field in
                let bytes = scanner.text(of: field, &scratch).map { Array($0) } ?? scratch
                let name = String(decoding: bytes, as: UTF8.self).trimmed
                return name.isEmpty ? "column\(index)" : name
            }
            var seen: Set<String> = []
            for name in names where !seen.insert(name.lowercased()).inserted {
                throw FilesMistake.columnName(
                    "there are two columns '\(name)'", in: input.path, files.table, of: files.source)
            }
            return names
        } catch let failure as FileFailure {
            throw files.unreadable(input)(failure)
        }
    }
}

extension String {
    /// Without white space around it.
    fileprivate var trimmed: String {
        var rest = Substring(self)
        while rest.first?.isWhitespace ?? false { rest.removeFirst() }
        while rest.last?.isWhitespace ?? false { rest.removeLast() }
        return String(rest)
    }
}
