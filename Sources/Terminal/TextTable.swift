/// Rows of text in columns, for people.
///
/// Cells are shown on one line with their control characters made visible; what does not fit ends in `…`.
package struct TextTable: Sendable {
    package enum Alignment: Hashable, Sendable { case left, right }

    package struct Column: Hashable, Sendable {
        package let name: String
        /// Shown below the name in a box.
        package let type: String?
        /// Of the cells; numbers stand on the right.
        package let alignment: Alignment

        package init(_ name: String, type: String? = nil, alignment: Alignment = .left) {
            self.name = name
            self.type = type
            self.alignment = alignment
        }
    }

    package let columns: [Column]
    /// As many cells as columns; `nil` is NULL.
    package private(set) var rows: [[String?]]

    package init(columns: [Column], rows: [[String?]] = []) {
        self.columns = columns
        self.rows = []
        for row in rows { append(row) }
    }

    package mutating func append(_ row: [String?]) {
        precondition(row.count == columns.count, "A row has as many cells as the table has columns.")
        rows.append(row)
    }

    /// Without borders, two spaces between columns: for lists. No spaces at the ends of lines.
    /// - Parameter widthMax: The longest line; `nil` for no limit, as for a pipe.
    package func plain(widthMax: Int? = nil, style: Style = .plain, hasHeader: Bool = true) -> String {
        guard !columns.isEmpty else { return "" }
        let cells = visibleRows(null: "-")
        let widths = fittedWidths(
            of: cells, minimum: 4, widthMax: widthMax, overhead: 2 * (columns.count - 1))
        var lines: [String] = []
        if hasHeader {
            lines.append(style.bold(plainLine(columns.map(\.name), widths)))
        }
        lines += cells.map { plainLine($0, widths) }
        return lines.map { $0 + "\n" }.joined()
    }

    private func plainLine(_ cells: [String], _ widths: [Int]) -> String {
        let line = columns.indices.map { cell(cells[$0], widths[$0], columns[$0].alignment) }
            .joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// In a box with the types below the names and the count of rows at the end, as SQL shells show a result.
    ///
    /// If not all columns fit into `widthMax`, cells are cut first; then columns in the middle are left
    /// out, and the footer says so.
    /// - Parameter rowsTotal: How many rows the result has, if `rows` are only its beginning.
    package func boxed(widthMax: Int? = nil, rowsTotal: Int64? = nil, style: Style = .plain) -> String {
        let total = rowsTotal ?? Int64(rows.count)
        guard !columns.isEmpty else { return "\(countText(total, "row", "rows"))\n" }
        let (table, isCut) = reduced(toFit: widthMax)
        let hasTypes = columns.contains { $0.type != nil }
        let hasMore = total > Int64(rows.count)
        let footer = footerTexts(
            rowsTotal: total, isCut: isCut, columnsShown: table.columns.count - (isCut ? 1 : 0))
        var cells = table.visibleRows(null: "NULL")
        if hasMore { cells.append(table.columns.map { _ in "·" }) }
        var widths = table.fittedWidths(
            of: cells, minimum: 3, widthMax: widthMax, overhead: 3 * table.columns.count + 1,
            countsTypes: true)
        // The footer stands inside the box: the last column grows until it fits.
        let inside = widths.reduce(0, +) + 3 * widths.count - 1
        let needed = footer.map { displayWidth(of: $0) + 2 }.max() ?? 0
        if needed > inside { widths[widths.count - 1] += needed - inside }

        func rule(_ left: String, _ middle: String, _ right: String) -> String {
            style.dim(
                left + widths.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle) + right)
        }
        let bar = style.dim("│")
        func line(_ texts: [String], _ mark: (String) -> String = { $0 }, centred: Bool = false) -> String {
            let padded = table.columns.indices.map { index in
                let text =
                    centred
                    ? TextTable.centred(texts[index], widths[index])
                    : cell(texts[index], widths[index], table.columns[index].alignment)
                return " \(mark(text)) "
            }
            return bar + padded.joined(separator: bar) + bar
        }
        var lines = [
            rule("┌", "┬", "┐"), line(table.columns.map { visible($0.name) }, style.bold, centred: true),
        ]
        if hasTypes { lines.append(line(table.columns.map { $0.type ?? "" }, style.dim, centred: true)) }
        lines.append(rule("├", "┼", "┤"))
        for (row, texts) in cells.enumerated() {
            if hasMore, row == cells.count - 1 {
                lines.append(line(texts, style.dim, centred: true))
            } else {
                lines.append(line(texts))
            }
        }
        let width = widths.reduce(0, +) + 3 * widths.count - 1
        lines.append(rule("├", "┴", "┤"))
        for text in footer { lines.append("\(bar) \(padded(text, to: width - 2)) \(bar)") }
        lines.append(style.dim("└" + String(repeating: "─", count: width) + "┘"))
        return lines.map { $0 + "\n" }.joined()
    }

    private func footerTexts(rowsTotal: Int64, isCut: Bool, columnsShown: Int) -> [String] {
        var texts = [countText(rowsTotal, "row", "rows")]
        if rowsTotal > Int64(rows.count) { texts[0] += " (\(countText(rows.count)) shown)" }
        if isCut {
            texts.append("\(countText(columns.count, "column", "columns")) (\(columnsShown) shown)")
        }
        return texts
    }

    /// The table without so many of its middle columns that the others fit at their least useful width; a
    /// column of `…` stands in their place.
    private func reduced(toFit widthMax: Int?) -> (table: TextTable, isCut: Bool) {
        let leastWidth = 8
        guard let widthMax else { return (self, false) }
        let least = naturalWidths(of: visibleRows(null: "NULL"), countsTypes: true).map {
            min($0, leastWidth)
        }
        var kept = Array(columns.indices)
        func width() -> Int { kept.reduce(1) { $0 + least[$1] + 3 } }
        guard width() > widthMax, columns.count > 2 else { return (self, false) }
        while kept.count > 2, width() + 4 > widthMax { kept.remove(at: kept.count / 2) }
        let left = kept.prefix((kept.count + 1) / 2)
        let right = kept.suffix(kept.count / 2)
        let picked = { (row: [String?]) in left.map { row[$0] } + ["…"] + right.map { row[$0] } }
        let columns = left.map { self.columns[$0] } + [Column("…")] + right.map { self.columns[$0] }
        return (TextTable(columns: columns, rows: rows.map(picked)), true)
    }

    private func visibleRows(null: String) -> [[String]] {
        rows.map { $0.map { $0.map(visible) ?? null } }
    }

    private func naturalWidths(of cells: [[String]], countsTypes: Bool) -> [Int] {
        columns.indices.map { index in
            let column = columns[index]
            let header = max(
                displayWidth(of: visible(column.name)), countsTypes ? displayWidth(of: column.type ?? "") : 0)
            return cells.reduce(header) { max($0, displayWidth(of: $1[index])) }
        }
    }

    /// The widths of the columns: natural, or with the widest ones cut until the line fits.
    private func fittedWidths(
        of cells: [[String]], minimum: Int, widthMax: Int?, overhead: Int, countsTypes: Bool = false
    ) -> [Int] {
        var widths = naturalWidths(of: cells, countsTypes: countsTypes)
        guard let widthMax else { return widths }
        var surplus = widths.reduce(0, +) + overhead - widthMax
        while surplus > 0, let widest = widths.max(), widest > minimum {
            let next = max(widths.filter { $0 < widest }.max() ?? minimum, minimum)
            let indices = widths.indices.filter { widths[$0] == widest }
            let step = max(1, min(widest - next, surplus / indices.count))
            for index in indices where surplus > 0 {
                widths[index] -= step
                surplus -= step
            }
        }
        return widths
    }

    private func cell(_ text: String, _ width: Int, _ alignment: Alignment) -> String {
        padded(truncated(text, to: width), to: width, alignment: alignment)
    }

    private static func centred(_ text: String, _ width: Int) -> String {
        let text = truncated(text, to: width)
        let left = (width - displayWidth(of: text)) / 2
        return padded(String(repeating: " ", count: left) + text, to: width)
    }
}
