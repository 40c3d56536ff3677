/// Something outside of the clock that starts a part of the lake.
package struct SensorDefinition: Hashable, Sendable {
    package let name: TriggerName
    package let description: String?
    package let watch: Watch
    package let work: TriggeredWork
    /// The time from one look to the next, and so the least time between two runs.
    package let interval: Duration
    package let isPaused: Bool
    package let place: Place

    package init(
        name: TriggerName, description: String? = nil, watch: Watch, work: TriggeredWork, interval: Duration,
        isPaused: Bool = false, place: Place
    ) {
        self.name = name
        self.description = description
        self.watch = watch
        self.work = work
        self.interval = interval
        self.isPaused = isPaused
        self.place = place
    }

    package enum Watch: Hashable, Sendable {
        /// New and changed files of these bronze tables.
        case files(Set<AssetKey>)
        /// New rows of these tables: of any of them, or of all since the last run.
        case materialized(Selection, all: Bool)
        case http(HTTPProbe)
    }
}

/// A page that is asked again and again.
package struct HTTPProbe: Hashable, Sendable {
    package let url: String
    /// Any other answer is no observation.
    package let expectedStatus: Int
    package let timeout: Duration

    /// `nil` unless `url` is `http://` or `https://` with a host, and without a user or password.
    package init?(url: String, expectedStatus: Int = 200, timeout: Duration = .seconds(10)) {
        let rest: Substring
        if url.hasPrefix("https://") {
            rest = url.dropFirst(8)
        } else if url.hasPrefix("http://") {
            rest = url.dropFirst(7)
        } else {
            return nil
        }
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !host.isEmpty, !host.hasPrefix(":"), !host.contains("@"),
            url.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
        else { return nil }
        self.url = url
        self.expectedStatus = expectedStatus
        self.timeout = timeout
    }

    /// The address without its query, which may hold a key.
    package var shownURL: String {
        guard let query = url.firstIndex(where: { $0 == "?" || $0 == "#" }) else { return url }
        return "\(url[..<query])?…"
    }
}

extension SensorDefinition.Watch: CustomStringConvertible {
    package var description: String {
        switch self {
        case .files(let tables): "files of \(tables.sorted().map(\.description).joined(separator: ", "))"
        case .materialized(let selection, let all): "\(all ? "all" : "any") of \(selection)"
        case .http(let probe): probe.shownURL
        }
    }
}
