import Testing

@testable import Terminal

@Suite struct `A text table` {
    private static let invoices = TextTable(
        columns: [
            .init("invoice_id", type: "BIGINT", alignment: .right), .init("名前", type: "VARCHAR"),
            .init("amount", type: "DECIMAL(18,4)", alignment: .right),
        ],
        rows: [["1", "Müller", "12.5000"], ["27", "日本語", nil], ["3", "a\nb", "7.0000"]])

    @Test func `is a box with types, aligned cells and the count of rows`() {
        #expect(
            Self.invoices.boxed() == """
                ┌────────────┬─────────┬───────────────┐
                │ invoice_id │  名前   │    amount     │
                │   BIGINT   │ VARCHAR │ DECIMAL(18,4) │
                ├────────────┼─────────┼───────────────┤
                │          1 │ Müller  │       12.5000 │
                │         27 │ 日本語  │          NULL │
                │          3 │ a\\nb    │        7.0000 │
                ├────────────┴─────────┴───────────────┤
                │ 3 rows                               │
                └──────────────────────────────────────┘

                """)
    }

    @Test func `says how many rows it does not show`() {
        let text = TextTable(columns: [.init("n")], rows: [["1"]]).boxed(rowsTotal: 27_914_002)
        #expect(
            text == """
                ┌───────────────────────────┐
                │             n             │
                ├───────────────────────────┤
                │ 1                         │
                │             ·             │
                ├───────────────────────────┤
                │ 27,914,002 rows (1 shown) │
                └───────────────────────────┘

                """)
    }

    @Test(arguments: [20, 33, 40, 57, 80, 81, 120, 199, 500])
    func `has lines of one width that fit into the terminal`(widthMax: Int) {
        let columns = (0..<12).map { TextTable.Column("column_\($0)", type: "VARCHAR") }
        let cells = (0..<12).map { String(repeating: "日本", count: $0 * 3) as String? }
        let lines = TextTable(columns: columns, rows: [cells, cells]).boxed(widthMax: widthMax).split(
            separator: "\n")
        let widths = Set(lines.map { displayWidth(of: String($0)) })
        #expect(widths.count == 1)
        #expect((widths.first ?? .max) <= max(widthMax, 30))
    }

    @Test func `leaves out columns in the middle when there is no room, and says so`() {
        let columns = (0..<30).map { TextTable.Column("c\($0)") }
        let text = TextTable(columns: columns, rows: [columns.map(\.name)]).boxed(widthMax: 60)
        #expect(text.contains("c0"))
        #expect(text.contains("c29"))
        #expect(!text.contains("c15"))
        #expect(text.contains("30 columns ("))
    }

    @Test func `without borders has no spaces at the ends of its lines`() {
        #expect(
            Self.invoices.plain() == """
                invoice_id  名前     amount
                         1  Müller  12.5000
                        27  日本語        -
                         3  a\\nb     7.0000

                """)
        let narrow = Self.invoices.plain(widthMax: 22)
        #expect(narrow.split(separator: "\n").allSatisfy { displayWidth(of: String($0)) <= 22 })
    }

    @Test func `without columns or rows is still a sentence`() {
        #expect(TextTable(columns: []).boxed() == "0 rows\n")
        #expect(TextTable(columns: []).plain() == "")
        #expect(TextTable(columns: [.init("a")]).boxed().contains("0 rows"))
    }
}
