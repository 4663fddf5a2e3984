// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

/// Random calls to a store in a file and to one in memory, which must answer alike.
@Suite struct TwinTests {
    let directory = TemporaryDirectory()

    @Test("A store in a file answers as one in memory does", arguments: 0..<24)
    func random(seed: Int) async throws {
        var configuration = SQLiteStore.Configuration()
        configuration.durability = .losesLastEventsOnPowerCut
        var twins = Twins(
            file: try SQLiteStore(path: directory.file(), configuration: configuration), seed: UInt64(seed))
        for step in 0..<400 {
            let what = try await twins.step()
            let (left, right) = twins.answers
            try #require(left == right, "seed \(seed), step \(step): \(what)")
            if step % 50 == 49 {
                try #require(try await twins.compareAll(), "seed \(seed), step \(step): the contents")
            }
        }
        #expect(try await twins.file.integrityCheck() == [])
    }
}

/// The two stores, and what is known of both.
private struct Twins {
    let file: SQLiteStore
    let memory = InMemoryStore()
    /// What both have said last, as text.
    var answers = ("", "")

    private var random: SplitMix64
    private var time: Double = 0
    private var last = 0
    private var leases: [(file: Lease, memory: Lease)] = []

    init(file: SQLiteStore, seed: UInt64) {
        self.file = file
        random = SplitMix64(seed: seed)
    }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    private mutating func ask(_ body: (any InvocationStore) async throws -> String) async rethrows {
        answers = (try await body(file), try await body(memory))
    }

    /// One call; returns what it was.
    mutating func step() async throws -> String {
        time += Double(below(30)) / 10
        let now = Timestamp.second(time)
        switch below(20) {
        case 0..<6: return try await append(now)
        case 6..<10: return try await lease(now)
        case 10..<15: return try await settle(now)
        case 15:
            try await ask { "\(try await $0.rescue(now: now))" }
            return "rescue"
        case 16:
            let id = InvocationID.number(below(last + 1))
            try await ask { "\(try await $0.cancel(id, now: now)) \(String(describing: try await $0.status(of: id)))" }
            return "cancel"
        case 17: return try await letters(now)
        case 18:
            if below(8) == 0 {
                let name = "f\(below(2))"
                try await ask {
                    "\(try await $0.condemn(functionName: name, cause: .functionRemoved, now: now))"
                }
                return "condemn"
            }
            return try await extend(now)
        default:
            try await ask { "\(try await $0.figures(now: now))" }
            return "figures"
        }
    }

    private mutating func append(_ now: Timestamp) async throws -> String {
        var events: [QueuedEvent] = []
        for _ in 0...below(3) {
            last += 1
            // Sometimes one that is there already.
            let number = below(12) == 0 ? below(last) : last
            var details = EventDetails()
            if below(3) == 0 { details.priority = EventPriority(clamping: below(5) - 2) }
            if below(4) == 0 { details.orderingKey = "o\(below(3))" }
            if below(4) == 0 {
                details.idempotencyKey = "k\(below(6))"
                details.deduplication = [.whileActive, .whileQueued, .within(.seconds(20))][below(3)]
            }
            let due = below(4) == 0 ? Double(below(40)) : 0
            let expires = below(5) == 0 ? Double(below(60)) : 120
            events.append(
                .event(
                    number, of: "f\(below(2))", payload: String(repeating: "p", count: below(20)), at: time,
                    due: time + due, expires: expires
                ) { $0 = details })
        }
        let room = QueueRoom(events: 40 + below(60), bytes: 1_500)
        try await ask { store in
            do {
                return "\(try await store.append(events, room: room, now: now))"
            } catch let error as StoreError {
                return "\(error.code)"
            }
        }
        return "append \(events.count)"
    }

    private mutating func lease(_ now: Timestamp) async throws -> String {
        var request = LeaseRequest(count: below(5), end: now.advanced(by: .seconds(below(30))))
        // Of one function at a time: which of two goes first is no rule.
        request.functions = .only("f\(below(2))")
        request.takesSuspects = below(3) > 0
        request.onlyExpired = below(5) == 0
        let (left, right) = (try await file.lease(request, now: now), try await memory.lease(request, now: now))
        leases += zip(left.leases, right.leases).map { ($0, $1) }
        answers = (text(left), text(right))
        return "lease"
    }

    private func text(_ answer: LeaseAnswer) -> String {
        let leases = answer.leases.map { lease in
            "\(lease.event.id) \(lease.attempt) \(lease.deaths) \(lease.history.count) \(lease.event.details) "
                + "\(lease.event.dueAt.nanoseconds) \(lease.event.expiresAt.nanoseconds) \(lease.event.payload.size)"
        }
        return "\(leases) \(answer.hasMore) \(String(describing: answer.nextDue))"
    }

    private mutating func settle(_ now: Timestamp) async throws -> String {
        guard !leases.isEmpty else { return "nothing to settle" }
        let index = below(leases.count)
        let pair = leases[index]
        if below(10) > 0 { leases.remove(at: index) }
        let later = now.advanced(by: .seconds(below(20) - 5))
        let ends: [Settlement.End] = [
            .completed, .cancelled, .retry(at: later), .released(at: later), .dead(.retriesExhausted, isKept: true),
            .dead(.payloadUndecodable, isKept: false),
        ]
        let end = ends[below(ends.count)]
        let attempt = AttemptRecord(
            number: pair.file.attempt, startedAt: now, duration: .seconds(1), outcome: .failed, errorMessage: "e\(last)"
        )
        var followUps: [QueuedEvent] = []
        if below(4) == 0 {
            last += 1
            followUps = [.event(last, of: "f\(below(2))", at: time)]
        }
        let settled = try await file.settle(
            Settlement(pair.file.token, end, attempt: attempt, followUps: followUps), now: now)
        let other = try await memory.settle(
            Settlement(pair.memory.token, end, attempt: attempt, followUps: followUps), now: now)
        answers = ("\(settled)", "\(other)")
        return "settle \(end)"
    }

    private mutating func extend(_ now: Timestamp) async throws -> String {
        let end = now.advanced(by: .seconds(below(30)))
        let tokens = leases
        answers = (
            "\(try await file.extend(tokens.map(\.file.token), until: end, now: now))",
            "\(try await memory.extend(tokens.map(\.memory.token), until: end, now: now))"
        )
        return "extend"
    }

    private mutating func letters(_ now: Timestamp) async throws -> String {
        let page = try await memory.deadLetters(matching: .init(), after: nil, limit: 50)
        guard !page.letters.isEmpty else { return "no letters" }
        let ids = (0...below(3)).map { _ in page.letters[below(page.letters.count)].id }
        switch below(3) {
        case 0: try await ask { "\(try await $0.redrive(ids, now: now))" }
        case 1: try await ask { "\(try await $0.purge(ids))" }
        default:
            let payload = EventPayload.bytes([UInt8](repeating: 1, count: below(2_000)))
            try await ask { "\(try await $0.replacePayload(ofDeadLetter: ids[0], with: payload))" }
        }
        return "letters"
    }

    /// Whether both hold the same.
    func compareAll() async throws -> Bool {
        for number in 0...last {
            let id = InvocationID.number(number)
            guard try await file.status(of: id) == memory.status(of: id) else { return false }
        }
        let left = try await file.deadLetters(matching: .init(), after: nil, limit: 1_000).letters
        let right = try await memory.deadLetters(matching: .init(), after: nil, limit: 1_000).letters
        guard left.map(\.id) == right.map(\.id), left.map(\.history) == right.map(\.history) else { return false }
        return left.map(\.cause) == right.map(\.cause) && left.map(\.diedAt) == right.map(\.diedAt)
    }
}
