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
        var queue = EventCounts()
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
            queue.add(other.queue)
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

    mutating func enqueued(_ identity: FunctionIdentity, _ count: Int) {
        series[series.place(of: identity)].queue.received += count
    }

    mutating func queueChanged(_ event: QueueEvent) {
        switch event {
        case .enqueued(let name, _): queue(of: name) { $0.received += 1 }
        case .retried(let name, _, _, _): queue(of: name) { $0.retried += 1 }
        case .died(let report):
            queue(of: report.functionName) {
                $0.dead += 1
                if report.cause == .recursionLimit { $0.recursions += 1 }
            }
        case .condemned(let name, let count): queue(of: name) { $0.dead += count }
        case .deliveryFailed(let name, _): queue(of: name) { $0.undelivered += 1 }
        case .rescued, .redriven, .storeFailed: break
        }
    }

    private mutating func queue(of name: String, _ change: (inout EventCounts) -> Void) {
        change(&series[series.place(of: SeriesTable<Series>.Key(name: name, version: .latest))].queue)
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

    func snapshot() -> MetricsSnapshot {
        let functions = series.sorted
            .map { metrics(of: $0.series, name: $0.key.name, version: $0.key.version) }
            .filter {
                $0.invocations + $0.throttles + $0.concurrentExecutions + $0.waitDuration.count + $0.eventsReceived
                    + $0.eventsDead > 0
            }
        var sum = Series()
        for one in series.series { sum.add(one) }
        sum.running = running
        sum.mostRunning = mostRunning
        return MetricsSnapshot(functions: functions, total: metrics(of: sum, name: "", version: .latest))
    }

    private func metrics(of one: Series, name: String, version: Qualifier) -> FunctionMetrics {
        FunctionMetrics(
            functionName: name, version: version, invocations: one.invocations, errors: one.errors,
            throttles: one.throttles, timeouts: one.timeouts, cancellations: one.cancellations,
            interruptions: one.interruptions, coldStarts: one.coldStarts, overdue: one.overdue,
            concurrentExecutions: one.running, maximumConcurrentExecutions: one.mostRunning,
            eventsReceived: one.queue.received, eventsRetried: one.queue.retried, eventsDead: one.queue.dead,
            deliveryFailures: one.queue.undelivered, recursionsStopped: one.queue.recursions,
            waitDuration: one.waitDuration.summary, duration: one.duration.summary,
            initDuration: one.initDuration.summary)
    }
}

/// What is counted of a function's events.
struct EventCounts: Sendable {
    var received = 0
    var retried = 0
    var dead = 0
    var undelivered = 0
    var recursions = 0

    mutating func add(_ other: Self) {
        received += other.received
        retried += other.retried
        dead += other.dead
        undelivered += other.undelivered
        recursions += other.recursions
    }
}
