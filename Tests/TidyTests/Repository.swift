import Foundation
import Testing

/// The files of this repository.
enum Repository {
    /// Found from this file, through links, so that another package may build these tests.
    static let root: String = {
        let here = realpath(#filePath, nil)
        defer { free(here) }
        let path = here.map { String(cString: $0) } ?? #filePath
        return URL(filePath: path).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }()

    /// The paths of the files below `folder` that end in `ending`, relative to the root, sorted.
    static func files(below folder: String, ending: String = "") throws -> [String] {
        let walk = try #require(
            FileManager.default.enumerator(atPath: "\(root)/\(folder)"), "there is no \(folder)")
        return walk.compactMap { $0 as? String }.filter { file in
            var isFolder: ObjCBool = false
            return file.hasSuffix(ending) && !file.split(separator: "/").contains { $0.hasPrefix(".") }
                && FileManager.default.fileExists(atPath: "\(root)/\(folder)/\(file)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.map { "\(folder)/\($0)" }.sorted()
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    /// All Swift files of the targets, by path.
    static func sources() throws -> [SourceText] {
        try files(below: "Sources", ending: ".swift").map { SourceText(path: $0, text: try text($0)) }
    }
}

/// One Swift file.
struct SourceText {
    let path: String
    let text: String

    /// `LakeStore` for `Sources/LakeStore/Commit/Staging.swift`.
    var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }

    /// Its lines with their numbers from 1.
    var lines: [(number: Int, text: String)] {
        text.components(separatedBy: "\n").enumerated().map { ($0.offset + 1, $0.element) }
    }

    /// Its lines without comments, with the insides of one-line strings left out.
    var code: [(number: Int, text: String)] {
        var isText = false
        return lines.map { number, line in
            var line = line
            let quotes = line.components(separatedBy: "\"\"\"").count - 1
            defer { if quotes % 2 == 1 { isText.toggle() } }
            if isText { return (number, "") }
            if line.contains("\"") { line.replace(/"([^"\\]|\\.)*"/, with: "\"\"") }
            if let comment = line.range(of: "//") { line = String(line[..<comment.lowerBound]) }
            return (number, line)
        }
    }
}
