package import LakeModel
package import Logging
internal import Metadata
internal import Project

/// Starts what schedules, sensors and freshness make due. Of all processes of a lake one does so at a time:
/// it holds an office, and what it starts is stored only while it does.
package actor Scheduler {
    package static let office = "scheduler"
    /// How long the office is held without a sign of life; another process has it within 15 seconds.
    private static let heldFor = Duration.seconds(12)
    /// Two signs of life may be lost.
    private static let renewEvery = Duration.seconds(4)

    private let host: LakeHost
    private let id: WorkerID
    let log: Logger
    private let bell = Bell()
    private var epoch: LeaseEpoch?
    /// When the office is asked for again. Every call of somebody else is answered without: a sign of life
    /// is a change of the metadata, which would call again.
    private var renewsAt = Timestamp(microseconds: 0)
    private var generation = 0
    private var records: [TriggerID: TriggerRecord] = [:]
    private var pauses: [TriggerID: Bool] = [:]
    private var watched: [TriggerID: Watched] = [:]
    private var jobs: [Job] = []
    /// Keys of chores that are being done.
    private var chores: Set<String> = []
    private var isEnding = false
    private var lineage = LineagePace()

    /// Something that is looked at again and again.
    private struct Watched {
        let subject: Subject
        var looksAt: Timestamp
    }

    private enum Subject {
        case schedule(ScheduleDefinition)
        case sensor(SensorDefinition)
        case freshness(AssetKey, FreshnessPolicy)
    }

    /// Something that takes time, and is done beside everything else.
    private enum Job: Sendable {
        case look(SensorDefinition, SensorCursor?)
        case chores([TriggeredWork.Chore], ScheduledFiring)
        case lineage(OpenLineageFeed)
    }

    /// When run events are sent again.
    private struct LineagePace {
        var isSending = false
        var sendsAt = Timestamp(microseconds: 0)
        var failures = 0
    }

    package init(_ host: LakeHost, id: WorkerID, log: Logger) {
        self.host = host
        self.id = id
        self.log = log
    }

    /// Whether this process is the one that starts things.
    package var isLeading: Bool { epoch != nil }

    /// Somebody says that something may have changed.
    package nonisolated func wake() { bell.ring() }

    /// Starts nothing more, so that another process can have the office at once.
    package func end() {
        isEnding = true
        bell.ring()
    }

    /// Works until ``end()`` or until the task is cancelled, then gives the office up.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled, !isEnding {
                let wakes = await turn()
                for job in jobs { group.addTask { await self.carryOut(job) } }
                jobs = []
                await bell.wait(atMost: wakes - Lake.now())
            }
            group.cancelAll()
        }
        if epoch != nil { try? await host.lake.metadata.resign(Scheduler.office, as: id) }
        epoch = nil
    }

    /// - Returns: When the next turn is, unless somebody calls before.
    private func turn() async -> Timestamp {
        let now = Lake.now()
        do {
            let lake = host.lake
            guard let held = try await office(of: lake, at: now) else {
                if epoch != nil { log.notice("another process is the scheduler now") }
                epoch = nil
                return now + Scheduler.renewEvery
            }
            if held != epoch {
                log.notice("this process is the scheduler now", metadata: ["epoch": "\(held.number)"])
                records = Dictionary(
                    uniqueKeysWithValues: try await lake.metadata.triggers().map { ($0.trigger, $0) })
                epoch = held
                generation = 0
            }
            if generation != host.generation {
                generation = host.generation
                watch(lake, now: now)
            }
            try await readPauses(lake, now: now)
            try await look(lake, at: now)
            let backfills = try await advanceBackfills(of: lake, at: now)
            sendLineage(of: lake, at: now)
            let looks = watched.values.map(\.looksAt).min()
            return [looks, backfills, renewsAt].compactMap { $0 }.min() ?? now
        } catch is CancellationError {
            return now
        } catch {
            log.warning("the scheduler could not work", metadata: ["error": "\(error)"])
            // Nothing was stored, so everything is looked at again.
            renewsAt = now
            for key in watched.keys { watched[key]?.looksAt = now }
            return now + .seconds(2)
        }
    }

    /// The epoch under which this process starts things; `nil` if another one does.
    private func office(of lake: Lake, at now: Timestamp) async throws -> LeaseEpoch? {
        if let epoch, now < renewsAt { return epoch }
        let held = try await lake.metadata.lead(
            Scheduler.office, as: id, for: Scheduler.heldFor, at: now)
        renewsAt = now + Scheduler.renewEvery
        return held
    }

    /// - Returns: When the next of them can be brought forward by time alone.
    private func advanceBackfills(of lake: Lake, at now: Timestamp) async throws -> Timestamp? {
        do {
            let advance = try await Backfills(lake).advance(at: now)
            for run in advance.started {
                log.info("a run begins", metadata: ["trigger": "backfill", "run": "\(run)"])
            }
            return advance.wakesAt.map { max($0, now + .milliseconds(200)) }
        } catch let mistake as any Diagnostic where !mistake.isTransient {
            // One that cannot go on keeps nothing else from it.
            log.error(
                "a backfill cannot go on", metadata: ["code": "\(mistake.code)", "error": "\(mistake)"])
            return now + .seconds(60)
        }
    }

    private func watch(_ lake: Lake, now: Timestamp) {
        watched = [:]
        for schedule in lake.definition.schedules {
            watched[TriggerID(.schedule, schedule.name.text)] = Watched(
                subject: .schedule(schedule), looksAt: now)
        }
        for sensor in lake.definition.sensors {
            watched[TriggerID(.sensor, sensor.name.text)] = Watched(subject: .sensor(sensor), looksAt: now)
        }
        for (asset, policy) in lake.definition.freshness {
            watched[TriggerID(.freshness, asset.description)] = Watched(
                subject: .freshness(asset, policy), looksAt: now)
        }
    }

    private func readPauses(_ lake: Lake, now: Timestamp) async throws {
        let found = Dictionary(
            uniqueKeysWithValues: try await lake.metadata.pauses().map { ($0.trigger, $0.isPaused) })
        guard found != pauses else { return }
        for key in Set(found.keys).union(pauses.keys) where found[key] != pauses[key] {
            watched[key]?.looksAt = now
        }
        pauses = found
    }

    private func look(_ lake: Lake, at now: Timestamp) async throws {
        let due = watched.filter { $0.value.looksAt <= now }.sorted { $0.key < $1.key }
        var freshness: FreshnessWatch?
        for (trigger, one) in due {
            switch one.subject {
            case .schedule(let schedule): try await look(at: schedule, trigger, lake, now: now)
            case .sensor(let sensor):
                jobs.append(.look(sensor, records[trigger]?.cursor))
                // Until it has answered.
                watched[trigger]?.looksAt = now + sensor.interval + .seconds(60)
            case .freshness(let asset, let policy):
                let facts: FreshnessWatch
                if let freshness { facts = freshness } else { facts = try await FreshnessWatch(lake) }
                freshness = facts
                try await look(at: asset, policy, trigger, facts, lake, now: now)
            }
        }
    }

    // MARK: Schedules

    private func look(
        at schedule: ScheduleDefinition, _ trigger: TriggerID, _ lake: Lake, now: Timestamp
    ) async throws {
        let known = records[trigger]
        let tick = schedule.tick(known?.memory, isPaused: pauses[trigger], now: now)
        var record = known ?? TriggerRecord(trigger)
        record.timing = tick.memory.timing
        record.evaluatedThrough = tick.memory.evaluatedThrough
        record.pending = tick.memory.pending
        var runs: [MetadataChange] = []
        if let last = tick.skipped.last {
            record.remark = "\(last)"
            for one in tick.skipped { log.info("firings skipped", metadata: ["what": "\(one)"]) }
        }
        for firing in tick.starts {
            switch schedule.work.action {
            case .chores(let names):
                record.pending.append(firing.nominal)
                if chores.insert(firing.key).inserted { jobs.append(.chores(names, firing)) }
            case .run:
                guard let scope = RunScope(schedule.work, trigger: .schedule, idempotencyKey: firing.key)
                else { continue }
                record.lastFiredAt = firing.nominal
                runs += try await begin(scope, for: &record, lake, now: now)
            }
        }
        record.pending.sort()
        // A look at which nothing happened need not be stored: the next one finds the same.
        if runs.isEmpty, let known, known.isLike(record) {
            records[trigger] = record
        } else {
            try await store(runs, record, in: lake)
        }
        watched[trigger]?.looksAt = tick.looksAgainAt ?? now + .seconds(86_400)
    }

    // MARK: Freshness

    private func look(
        at asset: AssetKey, _ policy: FreshnessPolicy, _ trigger: TriggerID, _ watch: FreshnessWatch,
        _ lake: Lake, now: Timestamp
    ) async throws {
        let known = records[trigger]
        var record = known ?? TriggerRecord(trigger)
        let since = record.evaluatedThrough ?? now
        record.evaluatedThrough = since
        let facts = try await watch.facts(of: asset, watchedSince: since, attemptedAt: record.lastFiredAt)
        let verdict = policy.verdict(on: asset, facts, now: now)
        var runs: [MetadataChange] = []
        if let due = verdict.due, pauses[trigger] != true {
            let scope = RunScope(
                try Selection(["+\(due.asset)"]), trigger: .freshness, idempotencyKey: due.key)
            record.lastFiredAt = now
            record.remark = due.reason
            runs = try await begin(scope, for: &record, lake, now: now)
        }
        if verdict.breachedSince != record.breachedSince {
            record.breachedSince = verdict.breachedSince
            if let since = verdict.breachedSince {
                log.warning(
                    "a table is too old",
                    metadata: ["asset": "\(asset)", "policy": "\(policy)", "since": "\(since)"])
            }
        }
        if !runs.isEmpty || known != record { try await store(runs, record, in: lake) }
        // A run that somebody else starts changes the answer as well.
        watched[trigger]?.looksAt = min(verdict.looksAgainAt, now + .seconds(300))
    }

    // MARK: Starting

    /// The run of a scope, to be stored; nothing if the lake does not have what it selects.
    private func begin(
        _ scope: RunScope, for record: inout TriggerRecord, _ lake: Lake, now: Timestamp
    ) async throws -> [MetadataChange] {
        do {
            let request = try await RunRequest(scope, in: lake, at: now)
            let id = RunID(at: now, random: .random(in: 0...UInt32.max))
            record.lastRun = id
            log.info(
                "a run begins",
                metadata: [
                    "trigger": "\(record.trigger)", "run": "\(id)", "steps": "\(request.steps.count)",
                ])
            return [.runCreated(request.newRun(id, at: now), steps: request.steps(of: id))]
        } catch let mistake as any Diagnostic where !mistake.isTransient {
            record.remark = mistake.problem
            log.error(
                "a run cannot begin",
                metadata: ["trigger": "\(record.trigger)", "code": "\(mistake.code)", "error": "\(mistake)"])
            return []
        }
    }

    private func store(_ runs: [MetadataChange], _ record: TriggerRecord, in lake: Lake) async throws {
        guard let epoch else { return }
        try await lake.metadata.commit(
            [.officeHeld(Scheduler.office, epoch)] + runs + [.triggersRemembered([record])])
        records[record.trigger] = record
    }

    // MARK: Lineage

    private func sendLineage(of lake: Lake, at now: Timestamp) {
        guard !lineage.isSending, now >= lineage.sendsAt, let feed = OpenLineageFeed(lake) else { return }
        lineage.isSending = true
        jobs.append(.lineage(feed))
    }

    private func send(_ feed: OpenLineageFeed) async {
        do {
            let count = try await feed.send(as: id)
            if lineage.failures > 0 {
                log.notice("run events are sent again", metadata: ["sent": "\(count)"])
            }
            lineage = LineagePace(sendsAt: Lake.now())
        } catch {
            // It is said once; after that the wait is doubled, up to five minutes.
            if lineage.failures == 0 {
                log.warning("run events cannot be sent; they are kept", metadata: ["error": "\(error)"])
            }
            let wait = Duration.seconds(min(300, 2 << min(lineage.failures, 8)))
            lineage = LineagePace(sendsAt: Lake.now() + wait, failures: lineage.failures + 1)
        }
    }

    // MARK: What takes time

    private func carryOut(_ job: Job) async {
        switch job {
        case .look(let sensor, let cursor):
            let observation = await SensorLook(lake: host.lake, sensor: sensor, cursor: cursor).look()
            await conclude(sensor, observation)
        case .chores(let names, let firing):
            let remark = await Chores(host.lake, log: log).carryOut(names)
            await conclude(firing, remark)
        case .lineage(let feed):
            await send(feed)
            return
        }
        bell.ring()
    }

    private func conclude(_ sensor: SensorDefinition, _ observation: SensorObservation) async {
        let trigger = TriggerID(.sensor, sensor.name.text)
        let (now, lake) = (Lake.now(), host.lake)
        // It may have been changed or removed meanwhile.
        guard case .sensor(sensor)? = watched[trigger]?.subject, !Task.isCancelled else { return }
        let known = records[trigger]
        let definition = pauses[trigger].map(sensor.pausing) ?? sensor
        let verdict = definition.evaluate(observation, cursor: known?.cursor, now: now)
        var record = known ?? TriggerRecord(trigger)
        record.cursor = verdict.cursor
        record.remark = verdict.firing?.reason ?? verdict.remark
        do {
            var runs: [MetadataChange] = []
            if let firing = verdict.firing {
                record.lastFiredAt = now
                if let scope = RunScope(sensor.work, trigger: .sensor, idempotencyKey: firing.key) {
                    runs = try await begin(scope, for: &record, lake, now: now)
                } else if case .chores(let names) = sensor.work.action {
                    _ = await Chores(lake, log: log).carryOut(names)
                }
            }
            if !runs.isEmpty || known != record { try await store(runs, record, in: lake) }
            watched[trigger]?.looksAt = verdict.looksAgainAt
        } catch {
            log.warning(
                "a sensor could not be looked at",
                metadata: ["sensor": "\(sensor.name)", "error": "\(error)"])
            watched[trigger]?.looksAt = now + .seconds(5)
        }
    }

    private func conclude(_ firing: ScheduledFiring, _ remark: String) async {
        let trigger = TriggerID(.schedule, firing.schedule.text)
        chores.remove(firing.key)
        // Whoever comes after a process that was told to end does them again.
        guard var record = records[trigger], !Task.isCancelled else { return }
        record.pending.removeAll { $0 == firing.nominal }
        record.lastFiredAt = firing.nominal
        record.remark = remark
        do {
            try await store([], record, in: host.lake)
        } catch {
            log.warning("chores could not be recorded", metadata: ["error": "\(error)"])
        }
    }
}

extension TriggerRecord {
    /// What a schedule remembers; `nil` before its first look.
    fileprivate var memory: ScheduleMemory? {
        guard let timing, let evaluatedThrough else { return nil }
        return ScheduleMemory(timing: timing, evaluatedThrough: evaluatedThrough, pending: pending)
    }

    /// Whether they differ in nothing but the time of the look.
    fileprivate func isLike(_ other: TriggerRecord) -> Bool {
        var same = other
        same.evaluatedThrough = evaluatedThrough
        return same == self
    }
}

extension SensorDefinition {
    fileprivate func pausing(_ isPaused: Bool) -> SensorDefinition {
        SensorDefinition(
            name: name, description: description, watch: watch, work: work, interval: interval,
            isPaused: isPaused, place: place)
    }
}
