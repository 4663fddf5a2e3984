// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct QueueRandomTests {
    /// What a random sequence is made of: how likely, in a hundred, an event has what.
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var functions = 3
        var ordered = 0
        var keyed = 0
        var prioritised = 0
        var delayed = 20
        var leasing = 35
        var reach: Int64 = 5_000_000_000
        var room = QueueRoom(events: 1_000, bytes: 1_000_000)
    }

    static let shapes = [
        Shape(testDescription: "one function, first come first served", functions: 1, delayed: 0),
        Shape(testDescription: "functions that take turns", functions: 5),
        Shape(testDescription: "priorities", prioritised: 70, reach: 200_000_000_000),
        Shape(testDescription: "ordering keys", ordered: 70),
        Shape(testDescription: "idempotency keys", keyed: 70),
        Shape(testDescription: "delays within a millisecond", delayed: 70, reach: 3_000_000),
        Shape(testDescription: "delays of days", delayed: 70, leasing: 20, reach: 500_000_000_000_000),
        Shape(testDescription: "little room", keyed: 20, room: QueueRoom(events: 12, bytes: 60)),
        Shape(testDescription: "everything", ordered: 30, keyed: 30, prioritised: 30, delayed: 40),
        Shape(
            testDescription: "everything, and hardly ever leased", ordered: 30, keyed: 30, prioritised: 30,
            delayed: 50, leasing: 12),
    ]

    @Test("Every answer is that of a plain array", arguments: shapes, 0..<4 as Range<UInt64>)
    func sequence(_ shape: Shape, seed: UInt64) {
        var run = QueueRandomRun(shape, seed: seed)
        for step in 0..<300 {
            if let fault = run.step() {
                Issue.record("seed \(seed), step \(step) of “\(shape.testDescription)”: \(fault)")
                return
            }
        }
        #expect(run.leaseCount > 30, "seed \(seed): too little was leased to show anything")
    }
}

/// A machine and the model, which are told the same.
struct QueueRandomRun {
    private(set) var leaseCount = 0
    private let shape: QueueRandomTests.Shape
    private var machine = QueueStateMachine()
    private var model: QueueModel
    private var random: SplitMix64
    private var now = Timestamp(nanoseconds: 1_000_000_000_000)
    private var ids: [InvocationID] = []
    private var tokens: [LeaseToken] = []

    init(_ shape: QueueRandomTests.Shape, seed: UInt64) {
        self.shape = shape
        random = SplitMix64(seed: seed)
        let names = (0..<shape.functions).map { "f\($0)" }
        model = QueueModel(names: names)
        // Both number the functions in the order in which they hear of them.
        let first = names.map { event(of: $0, mayBeOld: false) }
        _ = try? machine.append(first, room: QueueRoom(events: .max, bytes: .max), now: now)
        _ = model.append(first, room: QueueRoom(events: .max, bytes: .max), now: now)
    }

    /// Does one thing at random; says what was wrong about it.
    mutating func step() -> String? {
        if random.chance(60) { now = now.advanced(by: .nanoseconds(Int64(random.below(Int(shape.reach / 20))))) }
        if random.chance(2) { now = now.advanced(by: .nanoseconds(shape.reach)) }
        let fault =
            if random.chance(shape.leasing) {
                lease()
            } else if random.chance(40) {
                settle()
            } else if random.chance(60) {
                append()
            } else {
                something()
            }
        return fault ?? look()
    }

    private mutating func something() -> String? {
        switch random.below(7) {
        case 0:
            let tokens = (0..<3).compactMap { _ in self.tokens.randomElement(using: &random) }
            let end = soon()
            return compare("extend", machine.extend(tokens, until: end), model.extend(tokens, until: end))
        case 1: return compare("rescue", machine.rescue(now: now), model.rescue(now: now))
        case 2:
            guard let id = ids.randomElement(using: &random) else { return nil }
            return compare("cancel", machine.cancel(id, now: now).answer, model.cancel(id, now: now))
        case 3 where random.chance(20):
            let name = "f\(random.below(shape.functions + 1))"
            return compare(
                "condemn", machine.condemn(functionName: name, cause: .functionRemoved, now: now),
                model.condemn(functionName: name, cause: .functionRemoved, now: now))
        case 4:
            let ids = someDead()
            return compare("redrive", machine.redrive(ids, now: now), model.redrive(ids, now: now))
        case 5 where random.chance(50):
            let ids = someDead()
            return compare("purge", machine.purge(ids).count, model.purge(ids))
        default:
            let payload = EventPayload.bytes([UInt8](repeating: 1, count: random.below(9)))
            guard let id = someDead().first else { return nil }
            return compare(
                "replace", machine.replacePayload(ofDeadLetter: id, with: payload) != nil,
                model.replacePayload(of: id, with: payload))
        }
    }

    private mutating func append() -> String? {
        let events = (0...random.below(4)).map { _ in
            // Now and then one that was sent already, or twice in one call.
            event(of: "f\(random.below(shape.functions))")
        }
        let all = random.chance(10) ? events + events.prefix(1) : events
        let theirs = try? machine.append(all, room: shape.room, now: now)
        return compare("append", theirs, model.append(all, room: shape.room, now: now))
    }

    private mutating func lease() -> String? {
        var request = LeaseRequest(end: soon())
        request.count = random.chance(70) ? 1 : random.below(5)
        request.takesSuspects = random.chance(70)
        request.onlyExpired = random.chance(15)
        if random.chance(20) { request.functions = .only("f\(random.below(shape.functions + 1))") }
        if random.chance(20) {
            request.functions = .allBut(Set((0..<random.below(shape.functions)).map { "f\($0)" }))
        }
        let (theirs, ours) = (machine.lease(request, now: now), model.lease(request, now: now))
        tokens += theirs.leases.map(\.token)
        leaseCount += theirs.leases.count
        return compare("leases \(request)", theirs.leases.map(text), ours.leases.map(text))
            ?? compare("hasMore", theirs.hasMore, ours.hasMore) ?? compare("nextDue", theirs.nextDue, ours.nextDue)
    }

    private mutating func settle() -> String? {
        guard !tokens.isEmpty else { return nil }
        // Some are settled again, which must be refused.
        let index = random.below(tokens.count)
        let token = random.chance(85) ? tokens.remove(at: index) : tokens[index]
        let ends: [Settlement.End] = [
            .completed, .completed, .completed, .cancelled, .retry(at: soon()), .retry(at: now), .released(at: now),
            .released(at: soon()), .dead(.retriesExhausted, isKept: true), .dead(.eventAgeExceeded, isKept: false),
        ]
        var settlement = Settlement(token, ends[random.below(ends.count)])
        if random.chance(50) {
            settlement.attempt = AttemptRecord(
                number: random.below(99), startedAt: now, duration: .seconds(1), outcome: .failed)
        }
        if random.chance(20) { settlement.followUps = [event(of: "f\(random.below(shape.functions))")] }
        return compare("settle", machine.settle(settlement, now: now).isSettled, model.settle(settlement, now: now))
    }

    private mutating func look() -> String? {
        let id = ids.randomElement(using: &random) ?? InvocationID(high: 0, low: 0)
        let letters = machine.deadLetters(after: 0, limit: .max)
        return compare("figures", machine.figures(now: now), model.figures(now: now))
            ?? compare("status", machine.status(of: id), model.status(of: id))
            ?? compare("letters", letters.map(\.letter).map(text), model.letters.map(text))
    }

    // MARK: - At random

    private mutating func event(of name: String, mayBeOld: Bool = true) -> QueuedEvent {
        var id = InvocationID(high: random.next(), low: random.next())
        if mayBeOld, random.chance(3), let old = ids.randomElement(using: &random) { id = old }
        ids.append(id)
        var details = EventDetails()
        if random.chance(shape.ordered) { details.orderingKey = "o\(random.below(3))" }
        if random.chance(shape.keyed) {
            details.idempotencyKey = "k\(random.below(4))"
            details.deduplication =
                [.whileQueued, .whileActive, .within(.nanoseconds(shape.reach / 3))][
                    random.below(3)]
        }
        if random.chance(shape.prioritised) { details.priority = EventPriority(clamping: random.below(5) - 2) }
        var event = QueuedEvent(
            id: id, functionName: name, payload: .bytes([UInt8](repeating: 0, count: random.below(9))),
            enqueuedAt: now, dueAt: now, expiresAt: now.advanced(by: .nanoseconds(shape.reach)), details: details)
        if random.chance(shape.delayed) { event.dueAt = soon() }
        if random.chance(20) { event.expiresAt = soon() }
        return event
    }

    /// Mostly in the reach of the sequence, often the same few times, now and then long ago or hence.
    private mutating func soon() -> Timestamp {
        let reach = Int(shape.reach)
        if random.chance(5) { return now.advanced(by: .nanoseconds(-Int64(random.below(reach)))) }
        if random.chance(3) { return now.advanced(by: .nanoseconds(Int64(reach) * 1_000)) }
        let time = now.advanced(by: .nanoseconds(Int64(random.below(reach))))
        guard random.chance(50) else { return time }
        let step = Int64(max(1, reach / 8))
        return Timestamp(nanoseconds: time.nanoseconds / step * step)
    }

    private mutating func someDead() -> [InvocationID] {
        let letters = model.letters.map(\.id)
        return (0..<1 + random.below(3)).compactMap { _ in
            random.chance(80) ? letters.randomElement(using: &random) : ids.randomElement(using: &random)
        }
    }

    private func text(_ lease: Lease) -> String {
        "\(lease.token.id) fence \(lease.token.fence) attempt \(lease.attempt) deaths \(lease.deaths) "
            + "history \(lease.history.map(\.number)) \(text(lease.event))"
    }

    private func text(_ letter: DeadLetter) -> String {
        "\(letter.cause) at \(letter.diedAt) attempts \(letter.attempts) history \(letter.history.map(\.number)) "
            + text(letter.event)
    }

    private func text(_ event: QueuedEvent) -> String {
        "\(event.id) \(event.functionName) \(event.payload.size) \(event.enqueuedAt) \(event.dueAt) \(event.expiresAt) "
            + "\(event.details)"
    }

    private func compare<Answer: Equatable>(_ what: String, _ theirs: Answer, _ ours: Answer) -> String? {
        theirs == ours ? nil : "\(what) at \(now): \(theirs), not \(ours)"
    }
}
