// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// Receives messages of a queue and runs a function with them.
///
/// One task receives and gathers; batches run in children of it, and another child keeps messages invisible meanwhile.
final class QueuePoller: Sendable {
    /// Messages that are being gathered into a batch.
    private struct Gathering {
        var messages: [QueueMessage] = []
        var bytes = 0
        var end = Timestamp(nanoseconds: .max)
    }

    /// Batches that run, and when their messages are to be kept invisible again.
    private struct Flights {
        var receipts: [Int: [Receipt]] = [:]
        /// What is in hand and in no batch yet.
        var gathered: [Receipt] = []
        /// Those of them that wait to be tried again.
        var waiting: [Int: OneShot<Bool>] = [:]
        var count = 0
        /// When what is in hand is kept invisible again.
        var nextBeat: Timestamp?
        /// Whether nothing comes into hand any more.
        var isOver = false
    }

    private let name: String
    private let source: any QueueSource
    private let runner: BatchRunner<QueueBatch>
    private let configuration: QueueMappingConfiguration
    private let filter: (@Sendable (QueueMessage) -> Bool)?
    private let flights = Mutex(Flights())
    /// Wakes what keeps messages invisible.
    private let pulse = Wakeup()
    private let stopping = Atomic(false)

    init(
        _ name: String, _ source: any QueueSource, _ runner: BatchRunner<QueueBatch>,
        _ configuration: QueueMappingConfiguration, _ filter: (@Sendable (QueueMessage) -> Bool)?
    ) {
        self.name = name
        self.source = source
        self.runner = runner
        self.configuration = configuration
        self.filter = filter
    }

    private var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

    private var isQuiet: Bool { flights.withLock { $0.receipts.isEmpty } }

    /// Begins no batch any more, those included that wait to be tried again.
    private func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        for ticket in flights.withLock({ Array($0.waiting.values) }) { ticket.give(false) }
    }

    /// How often messages in hand are kept invisible: long before anybody else would see them.
    private var heartbeat: Duration { max(.milliseconds(100), source.visibilityTimeout / 3) }

    /// Works until `isWanted` says no (true) or the host shuts down (false); batches that run are waited for.
    func run(on host: FunctionHost, _ wakeup: Wakeup, while isWanted: @Sendable () -> Bool) async -> Bool {
        let subscription = source.subscribe { wakeup.call() }
        defer { subscription.cancel() }
        return await withDiscardingTaskGroup(returning: Bool.self) { group in
            // However long a receive takes, and however much comes: what runs meanwhile is not to be seen again.
            group.addTask { await self.keepInvisible(host) }
            defer { endKeeping() }
            var gathering = Gathering()
            var isShutDown = false
            while true {
                // Looked at first: what is cut off is visible again at once, and would be received for ever.
                isShutDown = isShutDown || host.isShuttingDown || Task.isCancelled
                if isShutDown || !isWanted() { stop() }
                if isStopping {
                    hold([], host)
                    await give(back: gathering.messages.map(\.receipt), host)
                    gathering = Gathering()
                    if isQuiet { return !isShutDown }
                } else {
                    let isMore = await receive(&gathering, host)
                    dispatch(&gathering, host, wakeup, &group)
                    if isMore { continue }
                }
                // Whoever is stopping waits for batches alone; their messages are kept invisible until they end.
                if isShutDown {
                    await wakeup.waitInShutdown(on: host)
                } else {
                    let poll = isStopping ? nil : source.pollInterval.map { host.now.advanced(by: $0) }
                    let end = gathering.messages.isEmpty ? nil : gathering.end
                    isShutDown = await !wakeup.wait(on: host, until: [end, poll].compactMap { $0 }.min())
                }
            }
        }
    }

    // MARK: - Receiving

    /// Receives as much as there is room for.
    ///
    /// - Returns: Whether there may be more: anything came, or it could not be told.
    private func receive(_ gathering: inout Gathering, _ host: FunctionHost) async -> Bool {
        let running = flights.withLock { $0.receipts.count }
        let room = configuration.batchSize - gathering.messages.count
        guard running < configuration.maximumConcurrency, room > 0, gathering.bytes < host.configuration.payloadLimit
        else { return false }
        do {
            let received = try await source.receive(room, visibility: source.visibilityTimeout)
            let wanted = filter.map { received.filter($0) } ?? received
            if gathering.messages.isEmpty, !wanted.isEmpty {
                gathering.end = host.now.advanced(by: configuration.batchingWindow)
            }
            gathering.messages += wanted
            hold(gathering.messages.map(\.receipt), host)
            for message in wanted { gathering.bytes += message.body.utf8.count * 2 + 1_024 }
            if wanted.count < received.count {
                // Filtered out is done with.
                let kept = Set(wanted.map(\.receipt))
                await settle(received.map(\.receipt).filter { !kept.contains($0) }, [], after: .zero, host)
            }
            return !received.isEmpty
        } catch {
            if isStopping || Task.isCancelled { return false }
            tell(.sourceFailed(reason: "\(error)"), host)
            if await !host.sleepUnlessShutDown(for: .seconds(1)) { stop() }
            // What was there then nobody will tell of again.
            return true
        }
    }

    /// Runs what has been gathered, if it is full or its window is over.
    private func dispatch(
        _ gathering: inout Gathering, _ host: FunctionHost, _ wakeup: Wakeup, _ group: inout DiscardingTaskGroup
    ) {
        let isFull =
            gathering.messages.count >= configuration.batchSize || gathering.bytes >= host.configuration.payloadLimit
        guard !gathering.messages.isEmpty, isFull || gathering.end <= host.now else { return }
        let batch = QueueBatch(messages: gathering.messages)
        gathering = Gathering()
        let number = flights.withLock { flights in
            flights.count += 1
            flights.receipts[flights.count] = batch.messages.map(\.receipt)
            flights.gathered = []
            return flights.count
        }
        group.addTask {
            await self.run(batch, number, host)
            wakeup.call()
        }
    }

    // MARK: - Keeping invisible

    /// Keeps what has been gathered invisible from now on, as well as what runs.
    private func hold(_ gathered: [Receipt], _ host: FunctionHost) {
        let next = host.now.advanced(by: heartbeat)
        let isFirst = flights.withLock { flights in
            flights.gathered = gathered
            guard !gathered.isEmpty, flights.nextBeat == nil else { return false }
            flights.nextBeat = next
            return true
        }
        if isFirst { pulse.call() }
    }

    private func endKeeping() {
        flights.withLock { $0.isOver = true }
        pulse.call()
    }

    /// Keeps everything in hand invisible for another while, whenever that is due.
    private func keepInvisible(_ host: FunctionHost) async {
        while true {
            let now = host.now
            let (due, next, isOver) = flights.withLock { flights in
                var due: [Receipt] = []
                if let beat = flights.nextBeat, beat <= now {
                    due = flights.gathered + flights.receipts.values.flatMap { $0 }
                    flights.nextBeat = due.isEmpty ? nil : now.advanced(by: heartbeat)
                }
                return (due, flights.nextBeat, flights.isOver)
            }
            if isOver { return }
            if !due.isEmpty {
                do {
                    _ = try await source.changeVisibility(of: due, to: source.visibilityTimeout)
                } catch {
                    tell(.sourceFailed(reason: "\(error)"), host)
                }
            }
            await pulse.waitInShutdown(on: host, until: next)
        }
    }

    // MARK: - Running

    private func run(_ batch: QueueBatch, _ number: Int, _ host: FunctionHost) async {
        let began = host.now
        for attempt in 1... {
            let verdict = await invoke(batch, host)
            tell(result(of: batch, verdict, host), host)
            var rest = Duration.zero
            if case .notRun = verdict {
                // Kept and tried again: given back, it would be received once more for nothing.
                let pause = min(Duration.seconds(30), .seconds(1) * (1 << min(5, attempt - 1)))
                let isInTime = began.duration(to: host.now) + pause <= source.visibilityTimeout
                if isInTime, await wait(number, for: pause, host) { continue }
                // Not at once, or it would be received and turned away without a pause.
                if !isStopping { rest = pause }
            }
            // Out of hand first: nobody is to keep invisible what is to be seen again.
            flights.withLock { $0.receipts[number] = nil }
            if case .done(let done, let left) = verdict {
                return await settle(done, left, after: began.duration(to: host.now), host)
            }
            return await give(back: batch.messages.map(\.receipt), after: rest, host)
        }
    }

    /// - Returns: Whether the batch is to be tried again.
    private func wait(_ number: Int, for pause: Duration, _ host: FunctionHost) async -> Bool {
        let ticket = OneShot<Bool>()
        flights.withLock { $0.waiting[number] = ticket }
        defer { flights.withLock { $0.waiting[number] = nil } }
        // Whoever stops from now on finds the ticket.
        if isStopping { return false }
        return await host.waitUnlessShutDown(ticket, until: host.now.advanced(by: pause)) && !isStopping
    }

    private func invoke(_ batch: QueueBatch, _ host: FunctionHost) async -> QueueVerdict {
        do {
            return QueueVerdict(
                try await runner.run(host, batch, configuration.reportsBatchItemFailures).answer, batch)
        } catch {
            return switch runner.outcome(error, on: host) {
            case .succeeded, .failed: QueueVerdict(nil, batch)
            case .notRun: .notRun
            case .interrupted: .interrupted
            }
        }
    }

    /// Deletes what is done, and lets the rest be seen again when its visibility timeout is over.
    private func settle(_ done: [Receipt], _ left: [Receipt], after elapsed: Duration, _ host: FunctionHost) async {
        do {
            if !done.isEmpty { _ = try await source.delete(done) }
            if !left.isEmpty {
                let rest = max(.zero, source.visibilityTimeout - elapsed)
                _ = try await source.changeVisibility(of: left, to: rest)
            }
        } catch {
            // They are visible again by themselves, and are received once more.
            tell(.sourceFailed(reason: "\(error)"), host)
        }
    }

    /// Makes messages visible again, at once unless something else is said.
    private func give(back receipts: [Receipt], after pause: Duration = .zero, _ host: FunctionHost) async {
        guard !receipts.isEmpty else { return }
        do {
            _ = try await source.changeVisibility(of: receipts, to: pause)
        } catch {
            tell(.sourceFailed(reason: "\(error)"), host)
        }
    }

    private func result(of batch: QueueBatch, _ verdict: QueueVerdict, _ host: FunctionHost) -> MappingEvent.Kind {
        let result: MappingEvent.BatchResult =
            switch verdict {
            case .done(_, left: []): .succeeded
            case .done([], left: _): .failed
            case .done: .partlyFailed
            case .notRun: .notRun
            case .interrupted: .interrupted
            }
        let wall = host.wallTime
        let age = batch.messages.map { $0.sentAt.duration(to: wall) }.max() ?? .zero
        return .batchEnded(records: batch.messages.count, result: result, iteratorAge: max(.zero, age))
    }

    private func tell(_ kind: MappingEvent.Kind, _ host: FunctionHost) {
        host.tell(MappingEvent(serviceName: name, shard: nil, kind: kind))
    }
}
