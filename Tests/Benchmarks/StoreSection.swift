// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The cost of an event's way through the store in memory, from append to settle, while so many others are in it.
func measureStore(_ arguments: Arguments) async throws -> Bool {
    for kind in Backlog.Kind.allCases {
        let few = try await Backlog(kind, count: 1_000)
        let some = try await Backlog(kind, count: 100_000)
        let many = try await Backlog(kind, count: 1_000_000)
        try await Comparison(
            baseline: few.cycle(goal: nil), operations: [some.cycle(goal: 1.25), many.cycle(goal: 1.25)]
        ).report("store: append, lease and settle one event, \(kind.rawValue)", arguments)
    }
    return true
}

/// A store with events in it.
private final class Backlog: Sendable {
    enum Kind: String, CaseIterable {
        case ready = "others ready"
        case prioritised = "others ready, of five priorities"
        case delayed = "others due in order"
        case scattered = "others due at random within an hour"
        case functions = "others of a hundred functions"
    }

    private static let room = QueueRoom(events: .max, bytes: .max)
    private static let start = Timestamp(nanoseconds: 1_767_225_600_000_000_000)
    private static let hour: Int64 = 3_600_000_000_000

    private let kind: Kind
    private let count: Int
    private let store = InMemoryStore()
    private let names: [String]

    init(_ kind: Kind, count: Int) async throws {
        self.kind = kind
        self.count = count
        names = kind == .functions ? (0..<100).map { "function-\($0)" } : ["function"]
        for number in 0..<count {
            _ = try await store.append([event(number, at: Self.start)], room: Self.room, now: Self.start)
        }
    }

    private func event(_ number: Int, at now: Timestamp) -> QueuedEvent {
        let bits = UInt64(truncatingIfNeeded: number)
        var event = QueuedEvent(
            id: InvocationID(number: bits, seed: 1),
            functionName: names[number % names.count], payload: .bytes([]), enqueuedAt: now, dueAt: now,
            expiresAt: now.advanced(by: .seconds(21_600)))
        switch kind {
        case .ready, .functions: break
        case .prioritised:
            event.details.priority = EventPriority(clamping: Int(SplitMix64.mix(bits &+ 7) % 5) - 2)
        // Times from the number alone: each event that is added is due when the whole backlog before it has gone.
        case .delayed: event.dueAt = Self.start.advanced(by: .nanoseconds(tick * Int64(number)))
        case .scattered:
            let random = Int64(SplitMix64.mix(bits &+ 7) % UInt64(2 * count))
            event.dueAt = Self.start.advanced(
                by: .nanoseconds(tick * (Int64(number) / Int64(count) * Int64(count) + random)))
        }
        return event
    }

    private var tick: Int64 { Self.hour / Int64(count) }

    func cycle(goal: Double?) -> Operation {
        let next = Next()
        next.number = count
        return Operation("\(count) others", goal: goal) { [self] value in
            let number = next.number
            next.number += 1
            let now = Self.start.advanced(by: .nanoseconds(tick * Int64(number - count + 1)))
            let new = event(number, at: now)
            _ = try await store.append([new], room: Self.room, now: now)
            let answer = try await store.lease(LeaseRequest(end: now.advanced(by: .seconds(60))), now: now)
            for lease in answer.leases { _ = try await store.settle(Settlement(lease.token, .completed), now: now) }
            return value &+ answer.leases.count
        }
    }

    /// `@unchecked Sendable`: one caller at a time.
    private final class Next: @unchecked Sendable {
        var number = 0
    }
}
