/// What a sensor saw at one look.
package enum SensorObservation: Hashable, Sendable {
    /// Files that the tables would read now, and a digest of their names, sizes and times.
    case files(unread: Int, digest: String)
    /// The version that each watched table has; `nil` if it was never built.
    case versions([AssetKey: String?])
    case page(status: Int, etag: String?, bodyDigest: String?)
    /// It could not look; why, in words.
    case failed(String)
}

/// What a sensor remembers from look to look. It is stored together with the run that it starts.
package struct SensorCursor: Hashable, Sendable, Codable {
    /// How many runs it has started: the next one's number is part of its key.
    package var firings: Int64
    package var lastFiredAt: Timestamp?
    /// What it last fired for, or saw at its first look.
    package var seen: Seen

    package init(firings: Int64 = 0, lastFiredAt: Timestamp? = nil, seen: Seen) {
        self.firings = firings
        self.lastFiredAt = lastFiredAt
        self.seen = seen
    }

    package enum Seen: Hashable, Sendable, Codable {
        case files(digest: String)
        case versions([String: String])
        case page(etag: String?, bodyDigest: String?)
    }
}

/// What follows from one look.
package struct SensorVerdict: Hashable, Sendable {
    /// To be started now; `nil` if nothing is.
    package let firing: SensorFiring?
    /// To be stored, together with what was started. `nil` if it has still seen nothing.
    package let cursor: SensorCursor?
    package let looksAgainAt: Timestamp
    /// Why nothing is started, in words.
    package let remark: String?
}

package struct SensorFiring: Hashable, Sendable {
    package let sensor: TriggerName
    package let number: Int64
    /// What it saw, in words.
    package let reason: String

    /// The idempotency key of its run.
    package var key: String { "sensor/\(sensor)/\(number)" }
}

extension SensorDefinition {
    /// Decides at `now`, after a look.
    ///
    /// A change that is seen too early after a run is not lost: it is still one at the next look. At the
    /// first look a page and tables only become known; files that wait to be read are reason enough.
    package func evaluate(
        _ observation: SensorObservation, cursor: SensorCursor?, now: Timestamp
    ) -> SensorVerdict {
        let next = now + interval
        func nothing(_ remark: String, cursor: SensorCursor? = cursor, at time: Timestamp = next)
            -> SensorVerdict
        {
            SensorVerdict(firing: nil, cursor: cursor, looksAgainAt: time, remark: remark)
        }
        if isPaused { return nothing("it is paused") }
        let change: Change
        switch self.change(observation, cursor?.seen) {
        case .nothing(let remark): return nothing(remark)
        case .baseline(let seen): return nothing("this is the first look", cursor: SensorCursor(seen: seen))
        case .change(let found): change = found
        }
        if let last = cursor?.lastFiredAt, last <= now, now - last < interval {
            return nothing("the last run is less than \(spanText(interval)) ago", at: last + interval)
        }
        let number = (cursor?.firings ?? 0) + 1
        return SensorVerdict(
            firing: SensorFiring(sensor: name, number: number, reason: change.reason),
            cursor: SensorCursor(firings: number, lastFiredAt: now, seen: change.seen), looksAgainAt: next,
            remark: nil)
    }

    private struct Change {
        let seen: SensorCursor.Seen
        let reason: String
    }

    private enum Finding {
        case nothing(String)
        case baseline(SensorCursor.Seen)
        case change(Change)
    }

    /// What is new in an observation. A cursor of another kind, from before the sensor was changed, is none.
    private func change(_ observation: SensorObservation, _ seen: SensorCursor.Seen?) -> Finding {
        switch (watch, observation) {
        case (_, .failed(let why)): return .nothing(why)
        case (.files, .files(let unread, let digest)):
            if unread == 0 { return .nothing("no new file") }
            // The same files once more: their run failed or is under way, and another one would not help.
            if case .files(digest)? = seen { return .nothing("the files are those of the last run") }
            let files = unread == 1 ? "1 file" : "\(unread) files"
            return .change(Change(seen: .files(digest: digest), reason: "\(files) to be read"))
        case (.materialized(_, let all), .versions(let versions)):
            let built = versions.compactMapValues(\.self)
            let now = Dictionary(uniqueKeysWithValues: built.map { ($0.key.description, $0.value) })
            guard case .versions(let before)? = seen else { return .baseline(.versions(now)) }
            let changed = built.keys.filter { before[$0.description] != built[$0] }.sorted()
            if changed.isEmpty { return .nothing("no table has changed") }
            if all, changed.count < versions.count {
                return .nothing("\(changed.count) of \(versions.count) tables have changed")
            }
            let names = changed.prefix(3).map(\.description).joined(separator: ", ")
            let more = changed.count > 3 ? " and \(changed.count - 3) more" : ""
            return .change(Change(seen: .versions(now), reason: "\(names)\(more) changed"))
        case (.http(let probe), .page(let status, let etag, let body)):
            if status == 304 { return .nothing("the page has not changed") }
            guard status == probe.expectedStatus else {
                return .nothing("the page answers \(status) instead of \(probe.expectedStatus)")
            }
            let now = SensorCursor.Seen.page(etag: etag, bodyDigest: body)
            guard case .page(let oldTag, let oldBody)? = seen else { return .baseline(now) }
            // Servers behind one name may give one page several tags, so what is in it counts first.
            let isSame = body != nil && oldBody != nil ? body == oldBody : etag != nil && etag == oldTag
            return isSame
                ? .nothing("the page has not changed")
                : .change(Change(seen: now, reason: "the page has changed"))
        case (.files, _), (.materialized, _), (.http, _):
            return .nothing("what was observed is of another kind")
        }
    }
}
