// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// One shard's records on their way through a function: what to read, which batches to run, and how far everything is done.
///
/// ```
/// add ──▶ pending ──▶ batch ──▶ runs ──▶ done
///           (of a lane, by      │  ▲
///            partition key)     ▼  │ retry, half of it, what is left of it
///                            waiting ──▶ discarded: too old, or tried too often
/// ```
///
/// Records of one partition key go through one lane, which runs one batch at a time: their order is kept. Nothing that was read
/// is forgotten before it is done or discarded, and the checkpoint never passes it.
///
/// Times are the host's; records' ages are by the calendar.
struct ShardStateMachine: Sendable {
    /// What is to be done outside.
    enum Action: Sendable {
        case invoke(RecordBatch)
        case discard(DiscardedBatch)
    }

    private struct Untold: Sendable {
        /// The first of the records; nil if it is the end of a window.
        var first: SequenceNumber?
    }

    private struct Lane: Sendable {
        /// In no batch yet.
        var pending: [StreamRecord] = []
        var pendingBytes = 0
        /// When the first of those came.
        var pendingSince = Timestamp(nanoseconds: .min)
        /// Halves whose turn comes next, the last one first.
        var halves: [RecordBatch] = []
        /// What runs or is to run again.
        var current: RecordBatch?
        var isRunning = false
        var retryAt: Timestamp?
        /// What was given up and nobody has been told of yet; nothing else runs meanwhile.
        var untold: Untold?
        /// How often in a row the current batch could not be brought to an end.
        var failures = 0
        var windowStart: Timestamp

        /// The first record that is not done.
        var first: SequenceNumber? {
            untold?.first ?? (current?.records.first ?? halves.last?.records.first ?? pending.first)?.sequenceNumber
        }

        var isEmpty: Bool { untold == nil && current == nil && halves.isEmpty && pending.isEmpty }
        var isFree: Bool { untold == nil && !isRunning }
    }

    private let rules: ShardRules
    /// Of the first lane, which is the only one where there are windows.
    private var windows: WindowStateMachine
    private var lanes: [Lane]
    /// Where to read on; nil once the shard has been read to its end.
    private var position: StreamPosition?
    /// Where to begin again when everything that was read is done.
    private var end: StreamPosition?
    private(set) var isReading = false
    private var batchCount = 0
    private var buffered = 0
    private var bufferedBytes = 0

    init(_ rules: ShardRules, from position: StreamPosition, in window: OpenWindow? = nil, now: Timestamp) {
        self.rules = rules
        windows = WindowStateMachine(length: rules.tumblingWindow, open: window)
        self.position = position
        end = position
        lanes = Array(repeating: Lane(windowStart: now), count: rules.parallelizationFactor)
    }

    // MARK: - Reading

    /// Where and how much to read now; nil if there is no room, or nothing to come.
    mutating func startReading(wall: Timestamp) -> (position: StreamPosition, limit: Int)? {
        let room = rules.batchSize * (rules.parallelizationFactor + 1) - buffered
        guard let position, !isReading, room > 0,
            bufferedBytes < rules.batchBytes * (rules.parallelizationFactor + 1)
        else { return nil }
        isReading = true
        windows.readingStarted(wall: wall)
        return (position, min(room, rules.batchSize))
    }

    /// Takes what was read; what is not wanted of it is done at once.
    ///
    /// - Parameter wanted: What the filter lets through, in order; all of it unless given.
    mutating func add(_ page: StreamPage, wanted: [StreamRecord]? = nil, now: Timestamp) {
        isReading = false
        windows.readingEnded(foundNothing: page.records.isEmpty && page.behindLatest <= .zero)
        position = page.next
        end = page.next ?? page.records.last.map { .after($0.sequenceNumber) } ?? end
        let records = wanted ?? page.records
        guard !records.isEmpty else { return }
        buffered += records.count
        if lanes.count == 1 {
            put(records, rules.bytes(of: records), lane: 0, now)
        } else {
            for record in records { put([record], rules.bytes(of: record), lane: lane(of: record), now) }
        }
    }

    /// Nothing could be read.
    mutating func readingFailed() {
        isReading = false
        windows.readingEnded(foundNothing: false)
    }

    private mutating func put(_ records: [StreamRecord], _ bytes: Int, lane: Int, _ now: Timestamp) {
        bufferedBytes += bytes
        lanes[lane].pendingBytes += bytes
        if lanes[lane].pending.isEmpty {
            lanes[lane].pendingSince = now
            // The page as it is, which nothing has to be copied for.
            lanes[lane].pending = records
        } else {
            lanes[lane].pending.append(contentsOf: records)
        }
    }

    /// The same key always goes the same way.
    private func lane(of record: StreamRecord) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in record.partitionKey.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int(SplitMix64.mix(hash) % UInt64(lanes.count))
    }

    // MARK: - How far it has come

    /// Where somebody else would have to begin so that nothing is left out.
    var checkpoint: StreamPosition {
        if let first = lanes.compactMap(\.first).min() { return .from(first) }
        return end ?? .oldest
    }

    /// The window that is open where the checkpoint is.
    var window: OpenWindow? { windows.open }

    /// What whoever goes on is to know.
    var saved: ShardCheckpoint {
        if isFinished { return .finished }
        return window.map { .inWindow($0, checkpoint) } ?? .position(checkpoint)
    }

    /// Whether everything there will ever be is done.
    var isFinished: Bool { position == nil && !isReading && lanes.allSatisfy(\.isEmpty) && window == nil }

    /// Whether a batch runs.
    var isRunning: Bool { lanes.contains(where: \.isRunning) }

    /// When something is to be done that nobody will tell of.
    func nextTime(now: Timestamp, wall: Timestamp) -> Timestamp? {
        var times = lanes.compactMap { lane -> Timestamp? in
            guard lane.isFree else { return nil }
            if lane.current != nil { return lane.retryAt }
            return lane.pending.isEmpty ? nil : windowEnd(of: lane)
        }
        if lanes[0].isFree, lanes[0].current == nil, let time = windows.nextTime(now: now, wall: wall) {
            times.append(time)
        }
        return times.min()
    }

    // MARK: - Running

    /// What is to be done now.
    mutating func next(now: Timestamp, wall: Timestamp) -> [Action] {
        var actions: [Action] = []
        for lane in lanes.indices { advance(lane, now, wall, &actions) }
        return actions
    }

    private mutating func advance(_ lane: Int, _ now: Timestamp, _ wall: Timestamp, _ actions: inout [Action]) {
        while lanes[lane].isFree {
            if lanes[lane].current == nil {
                lanes[lane].current = lanes[lane].halves.popLast() ?? formBatch(lane, now, wall)
            }
            guard let retryAt = lanes[lane].retryAt ?? lanes[lane].current.map({ _ in now }), retryAt <= now,
                var batch = lanes[lane].current
            else { return }
            if let expired = expire(batch, lane, now, wall) {
                actions.append(.discard(expired))
                return
            }
            lanes[lane].isRunning = true
            lanes[lane].retryAt = nil
            if lane == 0 { batch.window = windows.turn(isFinal: batch.isFinal) }
            actions.append(.invoke(batch))
        }
    }

    private mutating func formBatch(_ lane: Int, _ now: Timestamp, _ wall: Timestamp) -> RecordBatch? {
        let pending = lanes[lane].pending
        var available = pending.count
        var isCut = false
        if lane == 0, windows.isOn {
            available = windows.endsEarly ? 0 : windows.countInWindow(pending[...])
            isCut = windows.isOver(
                next: available < pending.count ? pending[available] : nil, isAtEnd: position == nil, wall: wall)
            if available == 0, isCut {
                batchCount += 1
                return RecordBatch(number: batchCount, lane: lane, records: [], isFinal: true)
            }
        }
        guard available > 0 else { return nil }
        let isFull = available >= rules.batchSize || lanes[lane].pendingBytes >= rules.batchBytes
        guard isFull || isCut || available < pending.count || position == nil || windowEnd(of: lanes[lane]) <= now
        else { return nil }
        var count = min(available, rules.batchSize)
        if lanes[lane].pendingBytes > rules.batchBytes { count = fitting(pending, atMost: count) }
        batchCount += 1
        if lane == 0 { windows.admit(pending[0]) }
        return take(count, of: pending, lane)
    }

    private mutating func take(_ count: Int, of pending: [StreamRecord], _ lane: Int) -> RecordBatch {
        if count == pending.count {
            let bytes = lanes[lane].pendingBytes
            lanes[lane].pending = []
            lanes[lane].pendingBytes = 0
            return RecordBatch(number: batchCount, lane: lane, records: pending, bytes: bytes)
        }
        let records = Array(pending[..<count])
        let bytes = rules.bytes(of: records)
        lanes[lane].pending.removeFirst(count)
        lanes[lane].pendingBytes -= bytes
        return RecordBatch(number: batchCount, lane: lane, records: records, bytes: bytes)
    }

    /// How many of the first records fit into one event; one at least.
    private func fitting(_ records: [StreamRecord], atMost limit: Int) -> Int {
        var bytes = 0
        for (index, record) in records.prefix(limit).enumerated() {
            bytes += rules.bytes(of: record)
            if bytes > rules.batchBytes { return max(1, index) }
        }
        return limit
    }

    /// The end of the first window after something has come; windows follow each other from the end of the last batch.
    private func windowEnd(of lane: Lane) -> Timestamp {
        let window = rules.batchingWindow.wholeNanoseconds
        guard window > 0 else { return lane.pendingSince }
        let passed = max(0, lane.windowStart.nanoseconds(to: lane.pendingSince))
        return lane.windowStart.advanced(byNanoseconds: (passed / window + 1) * window)
    }

    /// Takes out what has become too old to be tried; it comes first.
    private mutating func expire(
        _ batch: RecordBatch, _ lane: Int, _ now: Timestamp, _ wall: Timestamp
    ) -> DiscardedBatch? {
        guard let age = rules.maximumRecordAge else { return nil }
        let horizon = wall.advanced(by: .zero - age)
        let count = batch.records.prefix { $0.arrivedAt <= horizon }.count
        guard count > 0 else { return nil }
        let (expired, rest) = split(batch, at: count)
        if rest.records.isEmpty {
            end(lane, now)
        } else {
            lanes[lane].current = rest
            lanes[lane].retryAt = nil
        }
        return discard(expired, .recordAgeExceeded, isByAnswer: false)
    }

    // MARK: - Afterwards

    /// Takes note of how a batch's run went; what is given up is to be told, and ``told(of:)`` called then.
    ///
    /// - Parameter state: What the function answered of its window, which is of what is done; nil if it answered nothing.
    mutating func ended(
        _ batch: RecordBatch, _ outcome: BatchOutcome, state: [UInt8]? = nil, now: Timestamp, wall: Timestamp
    ) -> DiscardedBatch? {
        let lane = batch.lane
        lanes[lane].isRunning = false
        if batch.window != nil { windows.answered(state) }
        switch outcome {
        case .succeeded:
            if batch.isFinal { windows.close() }
            forget(batch)
            end(lane, now)
            return nil
        case .failed(let place): return failed(batch, at: place, now, wall)
        case .notRun:
            lanes[lane].failures += 1
            waitToRetry(batch, now, wall)
            return nil
        case .interrupted:
            lanes[lane].current = batch
            return nil
        }
    }

    private mutating func failed(
        _ batch: RecordBatch, at place: SequenceNumber?, _ now: Timestamp, _ wall: Timestamp
    ) -> DiscardedBatch? {
        let lane = batch.lane
        var batch = batch
        let index = place.flatMap { place in batch.records.firstIndex { $0.sequenceNumber == place } }
        if let index, index > 0 {
            // What comes before the first failure is done.
            let (done, rest) = split(batch, at: index)
            forget(done)
            batch = rest
            if rules.bisects {
                // Cut there, which is no retry; what is left is another batch.
                lanes[lane].current = batch
                return nil
            }
        } else if rules.bisects, batch.records.count > 1 {
            let (first, second) = split(batch, at: batch.records.count / 2)
            lanes[lane].halves.append(second)
            lanes[lane].current = first
            return nil
        }
        batch.runs += 1
        if let limit = rules.maximumRetryAttempts, batch.runs > limit {
            let discarded = discard(batch, .retryAttemptsExhausted, isByAnswer: place != nil)
            end(lane, now)
            return discarded
        }
        lanes[lane].failures += 1
        waitToRetry(batch, now, wall)
        return nil
    }

    private mutating func waitToRetry(_ batch: RecordBatch, _ now: Timestamp, _ wall: Timestamp) {
        var delay = rules.retryDelay.after(lanes[batch.lane].failures)
        if let age = rules.maximumRecordAge, let first = batch.records.first {
            // It is told at once that it has become too old.
            delay = min(delay, max(.zero, wall.duration(to: first.arrivedAt.advanced(by: age))))
        }
        lanes[batch.lane].current = batch
        lanes[batch.lane].retryAt = now.advanced(by: delay)
    }

    /// Whoever is to hear of what was given up has heard of it: now it is done.
    mutating func told(of batch: DiscardedBatch) {
        lanes[batch.lane].untold = nil
        if batch.window?.isFinal ?? false { windows.close() }
    }

    private mutating func discard(
        _ batch: RecordBatch, _ condition: DiscardedBatch.Condition, isByAnswer: Bool
    ) -> DiscardedBatch {
        forget(batch)
        lanes[batch.lane].untold = Untold(first: batch.records.first?.sequenceNumber)
        return DiscardedBatch(
            lane: batch.lane, records: batch.records, condition: condition, invokeCount: max(1, batch.runs),
            hasRun: batch.runs > 0 && condition == .retryAttemptsExhausted, isByAnswer: isByAnswer, window: batch.window
        )
    }

    /// The lane is free for its next batch.
    private mutating func end(_ lane: Int, _ now: Timestamp) {
        lanes[lane].current = nil
        lanes[lane].retryAt = nil
        lanes[lane].failures = 0
        lanes[lane].windowStart = now
    }

    private mutating func forget(_ batch: RecordBatch) {
        buffered -= batch.records.count
        bufferedBytes -= batch.bytes
    }

    private func split(_ batch: RecordBatch, at index: Int) -> (RecordBatch, RecordBatch) {
        var (first, second) = (batch, batch)
        first.records.removeLast(batch.records.count - index)
        second.records.removeFirst(index)
        first.bytes = rules.bytes(of: first.records)
        second.bytes = batch.bytes - first.bytes
        return (first, second)
    }
}
