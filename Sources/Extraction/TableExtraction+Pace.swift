internal import Blocking
package import LakeModel
internal import Project

/// Why an extraction stopped before everything was read, which is nobody's fault.
package struct ExtractionPause: Hashable, Sendable {
    package let hours: Pace.Hours
    /// When the source may be read again, as the lake's clock shows it then.
    package let goesOnAt: LocalTime

    /// `outside of its hours (22:00–06:00); goes on at 2026-11-23 22:00`.
    package var inWords: String {
        "outside of its hours (\(hours)); goes on at \(goesOnAt.description.dropLast(3))"
    }
}

extension TableExtraction {
    /// Waits before a piece until the source is not too busy; nothing is open there meanwhile but, now and
    /// then, the connection that asks.
    ///
    /// - Returns: Why the piece may not begin at all; `nil` if it may.
    func hold(_ governor: Governor, _ progress: ExtractionProgress) async throws -> ExtractionPause? {
        defer { progress.wait(for: nil) }
        while true {
            if let pause { return pause }
            guard governor.pace.dependsOnLoad, let reason = try await objection(governor) else { return nil }
            progress.wait(for: reason)
            try await Task.sleep(for: Governor.interval)
        }
    }

    /// `nil` while the source may be read.
    private var pause: ExtractionPause? {
        guard let hours = source.pace.hours else { return nil }
        let now = now()
        guard !hours.contains(zone.localTime(at: now)) else { return nil }
        return ExtractionPause(
            hours: hours, goesOnAt: zone.localTime(at: hours.next(after: now, in: zone)))
    }

    private func objection(_ governor: Governor) async throws -> String? {
        let taken = await slots.take(upTo: 1)
        defer { slots.giveBack(taken) }
        let cancellation = CancelOnce()
        return try await BlockingPool.shared.run(onCancel: { cancellation.cancel() }) {
            try cancellation.check()
            let session = try SourceConnector(source).connect()
            defer { session.close() }
            cancellation.arm(session.cancel)
            defer { cancellation.disarm() }
            do {
                return try governor.objection(of: session)
            } catch {
                try cancellation.check()
                throw error
            }
        }
    }
}
