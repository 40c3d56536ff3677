internal import Glibc
internal import FoundationEssentials
internal import LakeModel
internal import Project

/// A file of tokens: in each line a role, a name and a token; `#` begins a comment.
struct TokenFile {
    struct Line {
        let role: AccessRole
        let name: String
        let token: String
        let place: Place
    }

    let lines: [Line]

    init(path: String) throws(Diagnostics) {
        var mistakes: [any Diagnostic] = []
        var lines: [Line] = []
        let text: String
        do {
            text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        } catch {
            throw Diagnostics([TokensUnreadable(path: path)])
        }
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            let place = Place(file: path, line: index + 1)
            guard words.count == 3, let role = AccessRole(rawValue: String(first)), words[1].utf8.count <= 64
            else {
                mistakes.append(TokenLine(place: place))
                continue
            }
            lines.append(Line(role: role, name: String(words[1]), token: String(words[2]), place: place))
        }
        if !mistakes.isEmpty { throw Diagnostics(mistakes) }
        self.lines = lines
    }
}
