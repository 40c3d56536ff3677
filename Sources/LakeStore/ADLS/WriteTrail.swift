/// Which writes an object went through, newest first, kept in its metadata: by this, whoever lost the answer
/// to a conditional write finds out whether it was done, even if others have replaced the object since.
struct WriteTrail: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        /// `-` of a version that no trail tells of.
        let id: String
        /// The version that this write made; `nil` of the newest, whose version its own metadata cannot hold.
        let etag: ETag?
    }

    enum Verdict: Hashable, Sendable {
        case written(ETag)
        case notWritten
        case unknown
    }

    /// Metadata of an object has eight kilobytes at most, and all of it travels with each answer.
    static let entriesMax = 40
    /// Its name has no hyphen: services and clients disagree about how to sort those when they sign.
    static let header = "x-ms-meta-tarnwrites"

    private(set) var entries: [Entry]
    /// Whether the oldest entry created the object where there was none.
    private(set) var isWhole: Bool

    /// Of a write that knows nothing of what it replaces.
    init(_ id: String, isWhole: Bool) {
        entries = [Entry(id: id, etag: nil)]
        self.isWhole = isWhole
    }

    /// `nil` of what is no trail.
    init?(text: String) {
        let words = text.split(separator: " ")
        guard words.count > 1, words[0] == "whole" || words[0] == "part" else { return nil }
        isWhole = words[0] == "whole"
        entries = words.dropFirst().map { word in
            let sides = word.split(separator: "@", maxSplits: 1)
            return Entry(id: String(sides[0]), etag: sides.count > 1 ? ETag(String(sides[1])) : nil)
        }
    }

    var text: String {
        let words = entries.map { $0.etag == nil ? $0.id : "\($0.id)@\($0.etag?.text ?? "")" }
        return ([isWhole ? "whole" : "part"] + words).joined(separator: " ")
    }

    /// The trail of a write that replaces the version `etag`, whose own trail is `before`.
    static func following(_ before: WriteTrail?, at etag: ETag, by id: String) -> WriteTrail {
        var trail = before ?? WriteTrail("-", isWhole: false)
        trail.entries[0] = Entry(id: trail.entries[0].id, etag: etag)
        trail.entries.insert(Entry(id: id, etag: nil), at: 0)
        if trail.entries.count > entriesMax {
            trail.entries.removeLast(trail.entries.count - entriesMax)
            trail.isWhole = false
        }
        return trail
    }

    /// Whether the write `id` was done, as this trail of the version `current` tells.
    func verdict(on id: String, _ condition: WriteCondition, current: ETag) -> Verdict {
        if let index = entries.firstIndex(where: { $0.id == id }) {
            return .written(index == 0 ? current : entries[index].etag ?? current)
        }
        switch condition {
        case .unconditionally: return .unknown
        case .ifAbsent: return isWhole ? .notWritten : .unknown
        case .ifMatches(let etag):
            // Another write replaced that version, or none has.
            return current == etag || entries.contains { $0.etag == etag } ? .notWritten : .unknown
        }
    }
}
