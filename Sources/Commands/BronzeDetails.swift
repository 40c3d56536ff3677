internal import LakeModel
internal import LakeStore
internal import Terminal

/// How a bronze table was read, in `tarn assets show`.
struct BronzeDetailsJSON: Encodable {
    let mode: String
    let key: [String]
    let cursor: String?
    /// Every row before it has been read; only of an incremental table.
    let watermark: String?
    /// What the newest run read of the cursor.
    let range: Range?
    let origin: Origin
    let schemaChanges: [Change]
    /// Newest first; only with `--history`.
    let history: [Run]?

    struct Range: Encodable {
        /// Left out where it began at the beginning.
        let lower: String?
        let upper: String
    }

    struct Origin: Encodable {
        let system: String
        let readAt: String
        /// What the source counted in the very snapshot.
        let rows: Int64?
        let checksums: [Checksum]?
        let remarks: [String]
    }

    struct Checksum: Encodable {
        let column: String
        let values: Int64
        let sum: String?
    }

    struct Change: Encodable {
        let change: String
        let column: String
        let before: String?
        let now: String?
    }

    struct Run: Encodable {
        let run: String
        let ingestionDate: String
        let rows: Int64
        let bytes: Int64
        let files: Int
        let range: Range?
        let conversions: [ConversionJSON]
    }

    /// - Parameter manifests: Of all days, the oldest first; `nil` leaves the history out.
    init(_ current: CurrentBronze, manifests: [BronzeManifest]?) {
        let newest = current.newest
        mode = newest.mode.rawValue
        key = newest.key
        cursor = newest.cursor
        let words = CursorWords(newest)
        let reached = current.files.compactMap { file in
            file.file.range.flatMap { $0.cursor == newest.cursor ? $0.upper : nil }
        }
        watermark = newest.mode == .incremental ? reached.max().map(words.text) : nil
        range = words.range(of: newest.files.filter { $0.run == newest.run })
        origin = Origin(
            system: newest.origin.system, readAt: newest.origin.readAt.description, rows: newest.origin.rows,
            checksums: newest.origin.checksums?.map {
                Checksum(column: $0.column, values: $0.values, sum: $0.sum)
            }, remarks: newest.origin.remarks ?? [])
        schemaChanges = (newest.schemaChanges ?? []).map {
            Change(change: $0.kind.rawValue, column: $0.column, before: $0.before, now: $0.now)
        }
        history = manifests.map { $0.reversed().flatMap(BronzeDetailsJSON.runs) }
    }

    /// What was changed on the way in by the newest run, all of its files together.
    static func conversions(of newest: BronzeManifest) -> [Conversion] {
        let files = newest.files.filter { $0.run == newest.run }.compactMap(\.conversions)
        // Manifests of the first release have one ledger of the day.
        return files.isEmpty ? newest.conversions : Conversion.merged(files)
    }

    /// The runs of one day, the newest first.
    private static func runs(of manifest: BronzeManifest) -> [Run] {
        let words = CursorWords(manifest)
        var order: [RunID] = []
        for file in manifest.files where !order.contains(file.run) { order.append(file.run) }
        return order.reversed().map { run in
            let files = manifest.files.filter { $0.run == run }
            let ledgers = files.compactMap(\.conversions)
            let conversions =
                ledgers.isEmpty && run == manifest.run
                ? manifest.conversions : Conversion.merged(ledgers)
            return Run(
                run: run.text, ingestionDate: manifest.ingestionDate.description,
                rows: files.reduce(0) { $0 + $1.rows }, bytes: files.reduce(0) { $0 + $1.bytes.bytes },
                files: files.count, range: words.range(of: files),
                conversions: conversions.map(ConversionJSON.init))
        }
    }

    // MARK: Text

    /// Lines as `rows      1,200`.
    var facts: [String] {
        var lines = [
            "mode      \(mode)" + (key.isEmpty ? ", no key" : ", key \(key.joined(separator: ", "))")
        ]
        if let cursor {
            lines.append("cursor    \(cursor)" + (watermark.map { ", read up to \($0)" } ?? ""))
        }
        if let range {
            lines.append(
                "range     \(range.lower.map { "from \($0)" } ?? "from the beginning") to \(range.upper)")
        }
        let count =
            origin.rows.map { "; the source counted \(countText($0, "row", "rows")) in the snapshot" } ?? ""
        lines.append("source    \(origin.system) at \(origin.readAt)\(count)")
        for change in schemaChanges {
            let types = [change.before, change.now].compactMap { $0 }.joined(separator: " to ")
            lines.append("schema    \(change.column) \(change.change)\(types.isEmpty ? "" : ": \(types)")")
        }
        for remark in origin.remarks { lines.append("remark    \(remark)") }
        return lines
    }

    var tables: [String] {
        var tables: [String] = []
        if let checksums = origin.checksums, !checksums.isEmpty {
            var table = TextTable(columns: [
                .init("checksum of"), .init("values", alignment: .right), .init("sum", alignment: .right),
            ])
            for checksum in checksums {
                table.append([checksum.column, countText(checksum.values), checksum.sum])
            }
            tables.append(table.plain(style: Output.style))
        }
        if let history {
            var table = TextTable(columns: [
                .init("run"), .init("day"), .init("rows", alignment: .right),
                .init("size", alignment: .right),
                .init("cursor up to"), .init("changed on the way in"),
            ])
            for run in history {
                table.append([
                    run.run, run.ingestionDate, countText(run.rows), bytesText(run.bytes),
                    run.range?.upper ?? "-",
                    run.conversions.map { "\($0.column): \(countText($0.values)) × \($0.reason)" }
                        .joined(separator: ", "),
                ])
            }
            tables.append(table.plain(widthMax: Output.width, style: Output.style))
        }
        return tables
    }
}

/// How the values of a table's cursor are written.
private struct CursorWords {
    private let isInstant: Bool

    init(_ manifest: BronzeManifest) {
        let leading = manifest.cursor?.split(separator: ",").first.map(String.init)
        let type = manifest.schema.first { $0.name == leading }?.type
        isInstant = type == "TIMESTAMP WITH TIME ZONE"
    }

    func text(_ value: CursorValue) -> String {
        switch value {
        case .integer(.min): return "nothing yet"
        case .time(let microseconds):
            // Before every time stamp of a source: a table without a row of a cursor value.
            if microseconds <= -62_135_596_800_000_000 { return "nothing yet" }
            let text = value.description
            // A local time has no zone.
            return isInstant ? text : String(text.map { $0 == "T" ? " " : $0 }.dropLast())
        case .tuple(let values): return values.map(self.text).joined(separator: ", ")
        default: return value.description
        }
    }

    func range(of files: [DataFile]) -> BronzeDetailsJSON.Range? {
        let ranges = files.compactMap(\.range)
        guard let upper = ranges.map(\.upper).max() else { return nil }
        let isFromBeginning = ranges.contains { $0.lower == nil }
        return BronzeDetailsJSON.Range(
            lower: isFromBeginning ? nil : ranges.compactMap(\.lower).min().map(text), upper: text(upper))
    }
}
