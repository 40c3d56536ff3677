internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Project
internal import Transform

extension GatewayContext {
    /// All figures. Those of the metadata are left out while it cannot be asked; `tarn_metadata_up` says so.
    func exposition() async throws -> String {
        let now = Lake.now()
        var page = Exposition()
        let node = await host.identity
        page.add(
            "tarn_build_info", .gauge, "Which Tarn this is.",
            [([("version", node.version), ("host", node.process.host)], 1)])
        page.add(
            "tarn_start_time_seconds", .gauge, "When the service began.", node.startedAt.secondsSinceEpoch)
        if let isScheduler = node.isScheduler {
            page.add(
                "tarn_scheduler_leader", .gauge, "Whether this node starts what is scheduled.",
                isScheduler ? 1 : 0)
        }
        add(host.condition, to: &page)
        do {
            add(try await figures.load(self), at: now, to: &page)
            if let lake = host.lake {
                add(try await figures.proofs(self), of: lake, at: now, to: &page)
                add(try await figures.triggers(self), of: lake.definition, at: now, to: &page)
            }
            page.add("tarn_metadata_up", .gauge, "Whether the metadata answers.", 1)
        } catch let error where !(error is CancellationError) {
            page.add("tarn_metadata_up", .gauge, "Whether the metadata answers.", 0)
        }
        add(host.workCounts, to: &page)
        addRequests(to: &page)
        addProcess(to: &page)
        return page.text
    }

    private func add(_ condition: HostCondition, to page: inout Exposition) {
        let isReady = if case .serving = condition.phase { host.lake != nil } else { false }
        page.add("tarn_ready", .gauge, "Whether the service can be sent work.", isReady ? 1 : 0)
        page.add(
            "tarn_project_mistakes", .gauge, "Mistakes of a project that could not be loaded.",
            Double(condition.projectMistakes.count))
    }

    private func add(_ load: Workload, at now: Timestamp, to page: inout Exposition) {
        page.add(
            "tarn_runs_open", .gauge, "Runs that are not over.",
            [
                ([("state", "queued")], Double(load.queuedRuns)),
                ([("state", "running")], Double(load.runningRuns)),
            ])
        let ends: [RunState] = RunState.allCases.filter(\.isFinal)
        page.add(
            "tarn_runs_ended_last_day", .gauge, "Runs of the last 24 hours, by how they ended.",
            ends.map { ([("state", $0.rawValue)], Double(load.endedRuns[$0] ?? 0)) })
        page.add(
            "tarn_steps", .gauge,
            "Steps of open runs: running, ready, delayed by a retry, blocked by others.",
            [
                ([("state", "running")], Double(load.runningSteps)),
                ([("state", "ready")], Double(load.readySteps)),
                ([("state", "delayed")], Double(load.delayedSteps)),
                ([("state", "blocked")], Double(load.blockedSteps)),
            ])
        page.add(
            "tarn_queue_depth", .gauge, "Steps that nobody works on yet.",
            Double(load.readySteps + load.delayedSteps + load.blockedSteps))
        page.add(
            "tarn_oldest_ready_step_seconds", .gauge,
            "For how long the step that waits longest could have started.",
            load.oldestReady.map { max(0, (now - $0).seconds) } ?? 0)
    }

    private func add(
        _ proofs: [AssetKey: Timestamp], of lake: Lake, at now: Timestamp, to page: inout Exposition
    ) {
        page.add("tarn_assets", .gauge, "Assets of the lake.", Double(lake.graph.assets.order.count))
        page.add(
            "tarn_asset_age_seconds", .gauge,
            "Since when an asset was published, or found to need no building. Missing if never.",
            lake.graph.assets.order.compactMap { asset in
                proofs[asset].map { ([("asset", asset.description)], (now - $0).seconds) }
            })
        page.add(
            "tarn_asset_age_max_seconds", .gauge, "How old an asset may be, where its freshness is said.",
            lake.definition.freshness.sorted { $0.key < $1.key }.map {
                ([("asset", $0.description)], $1.ageMax.seconds)
            })
    }

    private func add(
        _ past: TriggerPast, of definition: LakeDefinition, at now: Timestamp,
        to page: inout Exposition
    ) {
        let schedules = definition.schedules
        page.add(
            "tarn_schedule_paused", .gauge, "Whether a schedule starts nothing for now.",
            schedules.map { ([("schedule", $0.name.text)], past.isPaused($0) ? 1 : 0) })
        page.add(
            "tarn_schedule_next_firing_seconds", .gauge, "When a schedule fires next, in seconds since 1970.",
            schedules.compactMap { schedule in
                guard !past.isPaused(schedule), let next = schedule.nextFiring(after: now) else { return nil }
                return ([("schedule", schedule.name.text)], next.secondsSinceEpoch)
            })
        page.add(
            "tarn_schedule_lateness_seconds", .gauge,
            "For how long a firing of a schedule has waited for somebody to act on it.",
            schedules.compactMap { schedule in
                past.lateness(of: schedule, at: now).map { ([("schedule", schedule.name.text)], $0.seconds) }
            })
    }

    private func add(_ counts: WorkCounts, to page: inout Exposition) {
        page.add("tarn_claims_total", .counter, "Steps that this node claimed.", Double(counts.claimed))
        page.add(
            "tarn_claim_requests_total", .counter, "How often this node asked for steps.",
            Double(counts.claimRequests))
        page.add(
            "tarn_renewals_total", .counter, "Leases that this node prolonged.", Double(counts.renewed))
        page.add(
            "tarn_leases_lost_total", .counter, "Leases that this node lost.", Double(counts.lost))
        page.add(
            "tarn_reclaims_total", .counter, "Steps that this node took from others that do not answer.",
            Double(counts.reclaimed))
        page.add(
            "tarn_steps_ended_total", .counter, "Attempts that this node has brought to an end.",
            Double(counts.ended))
    }

    private func addRequests(to page: inout Exposition) {
        let counts = meter.counts
        page.add(
            "tarn_http_requests_total", .counter, "Requests that were answered, by status.",
            counts.answers.sorted { $0.key < $1.key }.map { ([("status", "\($0)xx")], Double($1)) })
        page.add(
            "tarn_http_request_seconds_total", .counter, "Time that answers took.", counts.seconds)
        page.add("tarn_event_streams", .gauge, "Readers of events.", Double(feed.readers))
    }

    private func addProcess(to page: inout Exposition) {
        let process = ProcessFigures()
        page.add("process_cpu_seconds_total", .counter, "Time on processors.", process.cpuSeconds)
        page.add(
            "process_resident_memory_bytes", .gauge, "Resident memory.", Double(process.residentBytes))
        page.add("process_open_fds", .gauge, "Open files.", Double(process.openFiles))
        page.add("process_max_fds", .gauge, "How many files may be open.", Double(process.openFilesMax))
    }
}

extension Timestamp {
    var secondsSinceEpoch: Double { Double(microseconds) / 1e6 }
}
