internal import LakeModel
internal import Yams

extension YAMLDocument {
    /// The text of a scalar with `${NAME}` and `${NAME:-default}` replaced; `$${` stands for `${`.
    ///
    /// `nil` if a variable is not set or not closed, which has then been reported.
    func text(of scalar: Node.Scalar) -> String? {
        guard scalar.string.utf8.contains(UInt8(ascii: "$")) else { return scalar.string }
        var result = ""
        var rest = Substring(scalar.string)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    report(
                        .variableSyntax, .scalar(scalar), "'${' is not closed by '}'.",
                        remedy: "Write ${NAME} or ${NAME:-default}; for the characters themselves write $${.")
                    return nil
                }
                guard let value = value(ofReference: rest.dropFirst(2)[..<end], in: scalar) else {
                    return nil
                }
                result += value
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    /// The value of what stands between `${` and `}`.
    private func value(ofReference reference: Substring, in scalar: Node.Scalar) -> String? {
        let (name, fallback) = Self.parts(ofReference: reference)
        guard Self.isVariableName(name) else {
            report(
                .variableSyntax, .scalar(scalar), "'${\(name)}' is not the name of an environment variable.",
                remedy: "Write ${NAME} or ${NAME:-default}; for the characters themselves write $${.")
            return nil
        }
        // As in a shell, `:-` also stands in for a variable that is set to nothing.
        if let value = variables[name], !(value.isEmpty && fallback != nil) { return value }
        if let fallback { return fallback }
        if !ignoresUnsetVariables {
            report(
                .variableUnset, .scalar(scalar), "the environment variable \(name) is not set.",
                remedy: "Set \(name) for this process, or give it a default: ${\(name):-default}.")
        }
        return nil
    }

    private static func parts(ofReference reference: Substring) -> (name: String, fallback: String?) {
        guard let colon = reference.firstIndex(of: ":"), reference[colon...].hasPrefix(":-") else {
            return (String(reference), nil)
        }
        return (String(reference[..<colon]), String(reference[colon...].dropFirst(2)))
    }

    private static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// Whether `text` is one reference without a default of its own, or nothing.
    static func holdsNoLiteral(_ text: String) -> Bool {
        if text.isEmpty { return true }
        guard text.hasPrefix("${"), text.firstIndex(of: "}") == text.indices.last else { return false }
        let (name, fallback) = parts(ofReference: text.dropFirst(2).dropLast())
        return isVariableName(name) && (fallback ?? "").isEmpty
    }
}
