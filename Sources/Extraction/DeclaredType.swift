/// A column's type as its source declares it: `decimal(18,4) unsigned`, `TINYINT(1)`, `varchar(40)`.
///
/// MySQL, MariaDB and SQLite schemas that were made from theirs share this notation, so that one mapping to
/// bronze types serves all of them.
package struct DeclaredType: Hashable, Sendable {
    /// In lower case, without arguments: `int`, `double precision`.
    package let name: String
    /// The numbers in parentheses.
    package let arguments: [Int]
    package let isUnsigned: Bool

    package init(_ text: String) {
        let lowercased = text.lowercased()
        let open = lowercased.firstIndex(of: "(")
        let close = lowercased.lastIndex(of: ")")
        var words = lowercased.prefix(upTo: open ?? lowercased.endIndex).split(separator: " ").map(
            String.init)
        if let open, let close, open < close {
            arguments = lowercased[lowercased.index(after: open)..<close].split(separator: ",")
                .compactMap { Int($0.filter { $0 != " " }) }
            words += lowercased[lowercased.index(after: close)...].split(separator: " ").map(String.init)
        } else {
            arguments = []
        }
        // A zerofilled number is unsigned even where the word is missing.
        isUnsigned = words.contains("unsigned") || words.contains("zerofill")
        name = words.filter { $0 != "unsigned" && $0 != "zerofill" && $0 != "signed" }.joined(separator: " ")
    }
}
