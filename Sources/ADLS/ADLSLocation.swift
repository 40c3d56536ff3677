internal import LakeModel

/// A folder in a filesystem of an account: `adls://container@account/path`.
package struct ADLSLocation: Hashable, Sendable, CustomStringConvertible {
    package let filesystem: String
    package let account: String
    /// What is said of the endpoint, such as `core.windows.net`; `nil` if nothing is.
    package let suffix: String?
    /// Without slashes at its ends; empty is the filesystem's root.
    package let path: String

    package init(filesystem: String, account: String, suffix: String? = nil, path: String = "") {
        self.filesystem = filesystem
        self.account = account
        self.suffix = suffix
        self.path = path
    }

    /// `adls://container@account/path`, or as Hadoop writes it,
    /// `abfss://container@account.dfs.core.windows.net/path`.
    /// - Throws: ``ADLSLocationMistake``.
    package init(_ text: String) throws(ADLSLocationMistake) {
        guard let mark = text.firstRange(of: "://"),
            ["adls", "abfss", "abfs"].contains(text[..<mark.lowerBound].lowercased())
        else { throw ADLSLocationMistake(text, "it begins with neither adls:// nor abfss://") }
        let rest = text[mark.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        let sides = authority.split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2 else { throw ADLSLocationMistake(text, "there is no container@account in it") }
        guard let filesystem = try? StorageAddress.filesystem(String(sides[0])) else {
            throw ADLSLocationMistake(
                text, "a container's name has 3 to 63 lower-case letters, digits and single hyphens")
        }
        let labels = sides[1].split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        let name = labels.first ?? ""
        guard (3...24).contains(name.utf8.count),
            name.utf8.allSatisfy({
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
            })
        else {
            throw ADLSLocationMistake(text, "an account's name has 3 to 24 lower-case letters and digits")
        }
        guard labels.count == 1 || labels.count == 3 && (labels[1] == "dfs" || labels[1] == "blob") else {
            throw ADLSLocationMistake(
                text, "after the account's name there is nothing, or .dfs. and a domain")
        }
        guard let path = try? StorageAddress.path(String(rest.dropFirst(authority.count))) else {
            throw ADLSLocationMistake(text, "a part of its path cannot be a name")
        }
        self.init(
            filesystem: filesystem, account: String(name),
            suffix: labels.count == 3 ? String(labels[2]) : nil,
            path: path)
    }

    package var description: String {
        "adls://\(filesystem)@\(account)\(suffix.map { ".dfs.\($0)" } ?? "")\(path.isEmpty ? "" : "/\(path)")"
    }

    /// As Hadoop, Spark and DuckDB write it.
    package var abfss: String {
        "abfss://\(filesystem)@\(account).dfs.\(suffix ?? "core.windows.net")\(path.isEmpty ? "" : "/\(path)")"
    }
}

/// An address of a store that cannot be read.
package struct ADLSLocationMistake: Diagnostic {
    let text: String
    let why: String

    init(_ text: String, _ why: String) {
        self.text = text
        self.why = why
    }

    package var code: String { "store.bad-address" }
    package var problem: String { "'\(text)' is no address of a store in ADLS: \(why)." }
    package var remedy: String {
        "Write adls://container@account/path, or abfss://container@account.dfs.core.windows.net/path."
    }
}
