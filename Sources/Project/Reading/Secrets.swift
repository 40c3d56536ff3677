internal import LakeModel
internal import Yams

extension ValueShape where Value == Secret {
    /// Text that comes from a variable; neither its value nor what was written instead is ever repeated.
    ///
    /// - Parameters:
    ///   - noun: What it is, with its article: `a password`.
    ///   - key: The key that it stands under, which has a partner with `_file` at its end.
    static func secret(_ noun: String, key: String) -> ValueShape {
        ValueShape(schema: [
            "type": ["string", "null"], "pattern": "^(\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-)?\\})?$",
        ]) {
            node, document in
            if node.isNothing { return Secret("") }
            guard case .scalar(let scalar) = node, YAMLDocument.holdsNoLiteral(scalar.string) else {
                document.report(
                    .secretInFile, node, "\(noun) stands in the file.",
                    remedy:
                        "Write '\(key): ${VARIABLE}' or '\(key)_file: path', and change that secret: "
                        + "whoever can read this file or its history knows it.")
                return nil
            }
            return document.text(of: scalar).map { Secret($0) }
        }
    }
}

extension MappingReader {
    /// A secret that stands under `key` as a variable or is in the file of its partner; `nil` if neither is
    /// there, or it cannot be had, which has been reported.
    ///
    /// - Parameter noun: What it is, without an article: `password`.
    func secret(_ key: Key<Secret>, orFile fileKey: Key<String>, _ noun: String, _ folder: LakeFolder)
        -> Secret?
    {
        if has(key.name) { return self[key] }
        guard has(fileKey.name), let path = self[fileKey], let node = value(of: fileKey.name) else {
            return nil
        }
        if document.ignoresUnsetVariables { return Secret("") }
        switch folder.read(folder.absolute(path)) {
        case .text(let text):
            var secret = Substring(text)
            while let last = secret.last, last.isNewline { secret.removeLast() }
            return Secret(String(secret))
        case .missing, .failed, .notUTF8:
            document.reportValue(
                node, "the \(noun) file \(node.inWords) cannot be read as text.",
                remedy: "Create it, readable for this user only, with the \(noun) as its one line.")
            return nil
        }
    }

    /// Reports each pair of which both keys are there.
    func reportBoth(of pairs: [(String, String)]) {
        for (one, other) in pairs where has(one) && has(other) {
            document.report(
                .conflict, node(of: other), "'\(other)' and '\(one)' cannot both be given.",
                remedy: "Remove one of the two.")
        }
    }
}
