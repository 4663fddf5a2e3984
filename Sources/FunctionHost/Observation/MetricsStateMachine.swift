// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The counters behind ``Metrics``.
struct MetricsStateMachine: Sendable {
    private struct Series: Sendable {
        var invocations = 0
        var errors = 0
        var throttles = 0
        var timeouts = 0
        var cancellations = 0
        var interruptions = 0
        var coldStarts = 0
        var overdue = 0
        var running = 0
        var mostRunning = 0
        var duration = DurationHistogram()
        var initDuration = DurationHistogram()
        var waitDuration = DurationHistogram()

        mutating func start() {
            running += 1
            mostRunning = max(mostRunning, running)
        }

        mutating func finish(_ end: CountedEnd) {
            invocations += 1
            if end.hasStarted {
                duration.record(end.nanoseconds)
                if !end.isRunningOn { running -= 1 }
            }
            if end.isColdStart { coldStarts += 1 }
            if let nanoseconds = end.initNanoseconds { initDuration.record(nanoseconds) }
            switch end.outcome {
            case .succeeded: break
            case .failed, .initFailed: errors += 1
            case .timedOut:
                errors += 1
                timeouts += 1
            case .cancelled: cancellations += 1
            case .interrupted: interruptions += 1
            }
        }

        mutating func add(_ other: Self) {
            invocations += other.invocations
            errors += other.errors
            throttles += other.throttles
            timeouts += other.timeouts
            cancellations += other.cancellations
            interruptions += other.interruptions
            coldStarts += other.coldStarts
            overdue += other.overdue
            duration.merge(other.duration)
            initDuration.merge(other.initDuration)
            waitDuration.merge(other.waitDuration)
        }
    }

    private var series = SeriesTable(empty: Series())
    private var running = 0
    private var mostRunning = 0

    mutating func started(_ identity: FunctionIdentity) {
        series[series.place(of: identity)].start()
        running += 1
        mostRunning = max(mostRunning, running)
    }

    mutating func finished(_ identity: FunctionIdentity, _ end: CountedEnd) {
        series[series.place(of: identity)].finish(end)
        if end.hasStarted, !end.isRunningOn { running -= 1 }
    }

    /// A handler that went on after its deadline has ended.
    mutating func ranOn(_ identity: FunctionIdentity) {
        series[series.place(of: identity)].running -= 1
        running -= 1
    }

    mutating func overdue(_ identity: FunctionIdentity) { series[series.place(of: identity)].overdue += 1 }

    mutating func throttled(name: String, version: Qualifier) {
        let place = series.place(of: SeriesTable<Series>.Key(name: name, version: version))
        series[place].throttles += 1
    }

    mutating func waited(name: String, version: Qualifier, _ nanoseconds: Int64) {
        let place = series.place(of: SeriesTable<Series>.Key(name: name, version: version))
        series[place].waitDuration.record(nanoseconds)
    }

    mutating func reset() {
        series.reset { old in
            var fresh = Series()
            fresh.running = old.running
            fresh.mostRunning = old.running
            return fresh
        }
        mostRunning = running
    }

    /// - Parameter queue: What was counted of the functions' events.
    func snapshot(_ queue: QueueMetricsStateMachine) -> MetricsSnapshot {
        var all: [SeriesTable<Series>.Key: (Series, EventCounts)] = [:]
        for (key, one) in series.sorted { all[key] = (one, EventCounts()) }
        var events = EventCounts()
        for (name, version, counts) in queue.all {
            all[SeriesTable<Series>.Key(name: name, version: version), default: (Series(), EventCounts())].1 = counts
            events.add(counts)
        }
        let functions = all.map { metrics(of: $1.0, $1.1, name: $0.name, version: $0.version) }
            .filter(\.isOfInterest)
            .sorted { ($0.functionName, $0.version.description) < ($1.functionName, $1.version.description) }
        var sum = Series()
        for one in series.series { sum.add(one) }
        sum.running = running
        sum.mostRunning = mostRunning
        return MetricsSnapshot(functions: functions, total: metrics(of: sum, events, name: "", version: .latest))
    }

    private func metrics(
        of one: Series, _ events: EventCounts, name: String, version: Qualifier
    ) -> FunctionMetrics {
        FunctionMetrics(
            functionName: name, version: version, invocations: one.invocations, errors: one.errors,
            throttles: one.throttles, timeouts: one.timeouts, cancellations: one.cancellations,
            interruptions: one.interruptions, coldStarts: one.coldStarts, overdue: one.overdue,
            concurrentExecutions: one.running, maximumConcurrentExecutions: one.mostRunning,
            eventsReceived: events.received, eventsRetried: events.retried, eventsDead: events.dead,
            deliveryFailures: events.undelivered, recursionsStopped: events.recursions,
            waitDuration: one.waitDuration.summary, duration: one.duration.summary,
            initDuration: one.initDuration.summary)
    }
}

extension FunctionMetrics {
    /// Whether anything was counted.
    fileprivate var isOfInterest: Bool {
        invocations + throttles + concurrentExecutions + waitDuration.count + eventsReceived + eventsDead > 0
    }
}
