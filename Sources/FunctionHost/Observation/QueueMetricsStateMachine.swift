// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The counters behind ``Metrics`` that are about events in the queue.
struct QueueMetricsStateMachine: Sendable {
    private var series = SeriesTable(empty: EventCounts())

    mutating func enqueued(_ identity: FunctionIdentity, _ count: Int) {
        series[series.place(of: identity)].received += count
    }

    mutating func changed(_ event: QueueEvent) {
        switch event {
        case .enqueued(let name, _): count(name) { $0.received += 1 }
        case .retried(let name, _, _, _): count(name) { $0.retried += 1 }
        case .died(let report):
            count(report.functionName) {
                $0.dead += 1
                if report.cause == .recursionLimit { $0.recursions += 1 }
            }
        case .condemned(let name, let number): count(name) { $0.dead += number }
        case .deliveryFailed(let name, _): count(name) { $0.undelivered += 1 }
        case .rescued, .redriven, .storeFailed: break
        }
    }

    /// What was counted, for each function.
    var all: [(name: String, version: Qualifier, counts: EventCounts)] {
        series.sorted.map { ($0.key.name, $0.key.version, $0.series) }
    }

    private mutating func count(_ name: String, _ change: (inout EventCounts) -> Void) {
        change(&series[series.place(of: SeriesTable<EventCounts>.Key(name: name, version: .latest))])
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
