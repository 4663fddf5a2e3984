// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// What a shard's poller has of its mapping.
struct ShardWork: Sendable {
    let mappingName: String
    let source: any StreamSource
    let runner: BatchRunner<StreamBatch>
    let rules: ShardRules
    let filter: (@Sendable (StreamRecord) -> Bool)?
    let onFailure: (any Destination)?
    let checkpoints: any CheckpointStore
}

/// Reads one shard and runs a function with what it reads, until the shard has ended or the poller is stopped.
///
/// One task reads, decides and keeps the checkpoint; batches run in children of it, or, where there is one lane, in itself.
final class ShardPoller: Sendable {
    /// What it reads.
    let shard: ShardID
    private let work: ShardWork
    private let machine: Mutex<ShardStateMachine>
    private let wakeup = Wakeup()
    private let stopping = Atomic(false)
    private let isForgotten = Atomic(false)

    init(_ work: ShardWork, shard: ShardID, from start: ShardStart, now: Timestamp) {
        self.work = work
        self.shard = shard
        machine = Mutex(ShardStateMachine(work.rules, from: start.position, in: start.window, now: now))
    }

    /// Begins no batch any more; those that run are waited for.
    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wakeup.call()
    }

    /// The source does not list the shard any more: its end is where there is nothing to be read.
    func sourceForgot() {
        isForgotten.store(true, ordering: .sequentiallyConsistent)
        wakeup.call()
    }

    private var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

    /// Works until the shard has been read to its end (true), or it is stopped (false).
    func run(on host: FunctionHost) async -> Bool {
        let subscription = work.source.subscribe(to: shard) { [wakeup] in wakeup.call() }
        defer { subscription.cancel() }
        return await withDiscardingTaskGroup(returning: Bool.self) { group in
            var saved: ShardCheckpoint?
            while true {
                let mayBeMore = await advance(host, &group)
                await save(&saved, host)
                if machine.withLock({ $0.isFinished }) {
                    // Its children may not begin before it is known for good that they come next.
                    if saved == .finished { return true }
                    if await !host.sleepUnlessShutDown(for: .seconds(1)) || isStopping { return false }
                    continue
                }
                if mayBeMore { continue }
                let isRunning = machine.withLock { $0.isRunning }
                if isStopping {
                    if !isRunning { return false }
                    await wakeup.waitInShutdown(on: host)
                    continue
                }
                // Before the read: what the calendar says afterwards may be behind the end of a window that was not over
                // yet for what was read, and then nobody would come back to it.
                let (now, wall) = (host.now, host.wallTime)
                if let isNew = await read(host, wall), isNew { continue }
                let deadline = machine.withLock { $0.nextTime(now: now, wall: wall) }
                if let deadline, deadline <= host.now { continue }
                let poll = work.source.pollInterval.map { host.now.advanced(by: $0) }
                if await !wakeup.wait(on: host, until: [deadline, poll].compactMap { $0 }.min()) { stop() }
            }
        }
    }

    // MARK: - Running

    /// Begins what is to begin.
    ///
    /// - Returns: Whether there may be more to begin: something has ended meanwhile.
    private func advance(_ host: FunctionHost, _ group: inout DiscardingTaskGroup) async -> Bool {
        if isStopping { return false }
        let (now, wall) = (host.now, host.wallTime)
        var mayBeMore = false
        for action in machine.withLock({ $0.next(now: now, wall: wall) }) {
            switch action {
            case .discard(let batch):
                await discard(batch, host)
                mayBeMore = true
            case .invoke(let batch) where work.rules.parallelizationFactor == 1:
                // Nothing else is to be done meanwhile: what comes waits in the source.
                await run(batch, host)
                mayBeMore = true
            case .invoke(let batch):
                group.addTask {
                    await self.run(batch, host)
                    self.wakeup.call()
                }
            }
        }
        return mayBeMore
    }

    private func run(_ batch: RecordBatch, _ host: FunctionHost) async {
        let (outcome, state) = isStopping ? (.interrupted, nil) : await invoke(batch, host)
        // First, or it would be run again at once.
        if case .interrupted = outcome { stop() }
        let (now, wall) = (host.now, host.wallTime)
        let discarded = machine.withLock { $0.ended(batch, outcome, state: state, now: now, wall: wall) }
        let age = batch.records.last.map { max(.zero, $0.arrivedAt.duration(to: wall)) } ?? .zero
        tell(.batchEnded(records: batch.records.count, result: outcome.result(in: batch), iteratorAge: age), host)
        if let discarded { await discard(discarded, host) }
    }

    private func invoke(_ batch: RecordBatch, _ host: FunctionHost) async -> (BatchOutcome, state: [UInt8]?) {
        do {
            let given = StreamBatch(records: batch.records, shard: shard, turn: batch.window)
            let reply = try await work.runner.run(host, given, work.rules.reportsFailures)
            return (BatchOutcome(reply.answer, batch), reply.state)
        } catch {
            return (work.runner.outcome(error, on: host), nil)
        }
    }

    private func tell(_ kind: MappingEvent.Kind, _ host: FunctionHost) {
        host.tell(MappingEvent(serviceName: work.mappingName, shard: shard, kind: kind))
    }

    // MARK: - Giving up

    /// Tells the destination of records that are not tried again; until then they are not done.
    private func discard(_ batch: DiscardedBatch, _ host: FunctionHost) async {
        guard await deliver(batch, host) else { return stop() }
        machine.withLock { $0.told(of: batch) }
        tell(.discarded(records: batch.records.count, condition: batch.condition.rawValue), host)
    }

    /// - Returns: false if the shard is to stop first: whoever goes on is to try them again.
    private func deliver(_ batch: DiscardedBatch, _ host: FunctionHost) async -> Bool {
        guard let destination = work.onFailure else { return true }
        let id = host.nextID()
        let record = batch.json(
            id: id, functionName: work.runner.functionName, shard: shard, source: work.source, at: host.wallTime)
        for attempt in 1... {
            do {
                try await destination.deliver(
                    Delivery(
                        functionName: work.runner.functionName, invocationID: id, isSuccess: false, attempt: attempt,
                        record: record))
                return true
            } catch {
                tell(.destinationFailed(records: batch.records.count, reason: "\(type(of: error))"), host)
                let pause = work.rules.retryDelay.after(attempt)
                if await !host.sleepUnlessShutDown(for: pause) || isStopping { return false }
            }
        }
        return false
    }

    // MARK: - Reading

    /// Reads what there is room for; nil if there is none, or nothing to be read.
    ///
    /// - Parameter wall: What the calendar says as the read begins.
    /// - Returns: Whether anything came.
    private func read(_ host: FunctionHost, _ wall: Timestamp) async -> Bool? {
        guard let (position, limit) = machine.withLock({ $0.startReading(wall: wall) }) else { return nil }
        let isForgotten = isForgotten.load(ordering: .sequentiallyConsistent)
        do {
            var page = try await work.source.read(shard, from: position, limit: limit)
            if isForgotten, page.records.isEmpty { page.next = nil }
            let now = host.now
            // Somebody else's code, which nobody is to wait for.
            let wanted = work.filter.map { page.records.filter($0) }
            machine.withLock { [page] in $0.add(page, wanted: wanted, now: now) }
            return !page.records.isEmpty || page.next == nil || page.next != position
        } catch let error as SourceError where isForgotten && error.code == .shardNotFound {
            let now = host.now
            machine.withLock { $0.add(StreamPage(records: [], next: nil), now: now) }
            return true
        } catch {
            machine.withLock { $0.readingFailed() }
            if isStopping || Task.isCancelled { return nil }
            tell(.sourceFailed(reason: "\(error)"), host)
            // Batches that end meanwhile are seen to afterwards.
            if await !host.sleepUnlessShutDown(for: .seconds(1)) { stop() }
            return true
        }
    }

    // MARK: - The checkpoint

    /// Keeps how far it has come, from its starting position on: without one it would be taken for a shard that came later.
    private func save(_ saved: inout ShardCheckpoint?, _ host: FunctionHost) async {
        let checkpoint = machine.withLock { $0.saved }
        guard checkpoint != saved else { return }
        do {
            try await work.checkpoints.save(checkpoint, of: work.mappingName, shard: shard)
            saved = checkpoint
        } catch {
            tell(.checkpointFailed(reason: "\(error)"), host)
        }
    }
}

extension BatchOutcome {
    fileprivate func result(in batch: RecordBatch) -> MappingEvent.BatchResult {
        switch self {
        case .succeeded: .succeeded
        case .failed(let place):
            place == nil || place == batch.records.first?.sequenceNumber ? .failed : .partlyFailed
        case .notRun: .notRun
        case .interrupted: .interrupted
        }
    }
}
