internal import FoundationEssentials
internal import HTTPTypes
internal import LakeModel
internal import NIOCore

/// Reads parameters or members of a body by name, and collects what is wrong with them.
///
/// Whoever has read all that is known calls ``finish()``, which refuses what is not.
struct Inputs {
    private let values: [String: [JSON]]
    private let noun: String
    private var known: Set<String> = []
    private var fields: [Problem.Field] = []

    /// The parameters of an address.
    init(query: [(name: String, value: String)]) {
        var values: [String: [JSON]] = [:]
        for (name, value) in query { values[name, default: []].append(.text(value)) }
        self.values = values
        noun = "parameter"
    }

    /// The members of a JSON object.
    /// - Throws: ``Refusal`` if it is none.
    init(body: ByteBuffer, mayBeEmpty: Bool) throws(Refusal) {
        noun = "member"
        let bytes = Data(body.readableBytesView)
        if bytes.isEmpty, mayBeEmpty {
            values = [:]
            return
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Self.malformed("it is not UTF-8")
        }
        guard let json = try? JSONDecoder().decode(JSON.self, from: bytes) else {
            throw Self.malformed("it is not JSON")
        }
        guard case .object(let members) = json else {
            throw Self.malformed("expected an object, found \(json.inWords)")
        }
        values = members.mapValues { [$0] }
    }

    private static func malformed(_ why: String) -> Refusal {
        Refusal(
            .badRequest, code: "gateway.bad-body", "The body of the request cannot be read: \(why).",
            remedy: "Send one JSON object; GET /api/v1/openapi.json says which members it has.")
    }

    mutating func wrong(_ name: String, _ problem: String) {
        fields.append(Problem.Field(name: name, problem: problem))
    }

    private mutating func value(_ name: String) -> JSON? {
        known.insert(name)
        guard let values = values[name] else { return nil }
        if values.count > 1 { wrong(name, "it is there \(values.count) times; once is enough.") }
        if case .null = values[0] { return nil }
        return values[0]
    }

    private mutating func expected(_ what: String, _ name: String, _ found: JSON) {
        wrong(name, "expected \(what), found \(found.inWords).")
    }

    mutating func text(_ name: String, bytesMax: Int = 1_000) -> String? {
        guard let value = value(name) else { return nil }
        guard case .text(let text) = value, !text.isEmpty, text.utf8.count <= bytesMax else {
            expected("text of 1 to \(bytesMax) bytes", name, value)
            return nil
        }
        return text
    }

    /// One text, or a list of texts.
    mutating func texts(_ name: String, countMax: Int, bytesMax: Int = 1_000) -> [String]? {
        guard let value = value(name) else { return nil }
        var elements = [value]
        if case .list(let list) = value { elements = list }
        var texts: [String] = []
        for element in elements {
            guard case .text(let text) = element, !text.isEmpty, text.utf8.count <= bytesMax else {
                expected("text, or a list of texts, of 1 to \(bytesMax) bytes", name, element)
                return nil
            }
            texts.append(text)
        }
        guard texts.count <= countMax else {
            wrong(name, "expected at most \(countMax), found \(texts.count).")
            return nil
        }
        return texts
    }

    mutating func integer(_ name: String, in bounds: ClosedRange<Int64>) -> Int64? {
        guard let value = value(name) else { return nil }
        let number: Int64? =
            switch value {
            case .integer(let number): number
            // A parameter has no type of its own.
            case .text(let text) where noun == "parameter": Int64(text)
            default: nil
            }
        guard let number, bounds.contains(number) else {
            expected("a whole number from \(bounds.lowerBound) to \(bounds.upperBound)", name, value)
            return nil
        }
        return number
    }

    mutating func bool(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        switch value {
        case .bool(let truth): return truth
        case .text("true") where noun == "parameter": return true
        case .text("false") where noun == "parameter": return false
        default:
            expected("true or false", name, value)
            return nil
        }
    }

    mutating func choice<T: CaseIterable & RawRepresentable>(_ name: String, of type: T.Type) -> T?
    where T.RawValue == String {
        guard let text = text(name) else { return nil }
        guard let choice = T(rawValue: text) else {
            wrong(name, Self.unknown(text, among: T.allCases.map(\.rawValue)))
            return nil
        }
        return choice
    }

    /// Several of a kind with commas in between, or given several times.
    mutating func choices<T: CaseIterable & RawRepresentable>(_ name: String, of type: T.Type) -> [T]
    where T.RawValue == String {
        known.insert(name)
        return (values[name] ?? []).flatMap { value -> [Substring] in
            if case .text(let text) = value { text.split(separator: ",") } else { [] }
        }.compactMap { text in
            let choice = T(rawValue: String(text))
            if choice == nil { wrong(name, Self.unknown(String(text), among: T.allCases.map(\.rawValue))) }
            return choice
        }
    }

    mutating func instant(_ name: String) -> Timestamp? {
        guard let text = text(name) else { return nil }
        let instant = Timestamp(text) ?? Day(text).flatMap { Timestamp("\($0)T00:00:00Z") }
        if instant == nil { wrong(name, "expected an instant such as 2026-11-22T23:04:05Z, or a day.") }
        return instant
    }

    mutating func asset(_ name: String) -> AssetKey? {
        guard let text = text(name) else { return nil }
        let asset = AssetKey(text)
        if asset == nil { wrong(name, "expected an asset's name such as silver.fact_invoice.") }
        return asset
    }

    private static func unknown(_ text: String, among known: [String]) -> String {
        "\(JSON.text(text).inWords) is none of \(known.joined(separator: ", "))."
    }

    /// - Throws: ``Problem`` with everything that is wrong.
    mutating func finish() throws(Problem) {
        for name in values.keys.sorted() where !known.contains(name) {
            let meant = nearestName(to: name, among: known).map { " Did you mean '\($0)'?" } ?? ""
            wrong(name, "There is no such \(noun).\(meant)")
        }
        guard let first = fields.first else { return }
        let code = noun == "member" ? "gateway.bad-member" : "gateway.bad-parameter"
        let status: HTTPResponse.Status = noun == "member" ? .unprocessableContent : .badRequest
        let shown = JSON.text(first.name).inWords
        throw Problem(
            Refusal(
                status, code: code,
                "The \(noun) \(shown) is wrong: \(first.problem)",
                remedy: known.isEmpty
                    ? "There are no \(noun)s here."
                    : "The \(noun)s here: \(known.sorted().joined(separator: ", "))."), fields: fields)
    }
}
