// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

extension StoreConformance.Check {
    static let appending: [Self] = [
        Self("A lease lends what was accepted, with everything that it has") { bench in
            let event = Bench.event(1, of: "beta", "{\"a\":1}", at: 1, dueAt: 2, expiresAt: 900) { details in
                details.kind = .failureDelivery
                details.priority = .high
                details.idempotencyKey = "key"
                details.deduplication = .within(.seconds(90))
                details.orderingKey = "order"
                details.tags = ["tenant": "åäö 7", "empty": ""]
                details.traceHeader = "Root=1"
                details.lineage = ["beta": 3, "alpha": 1]
                details.origin = Bench.id(99)
                details.redriveCount = 2
            }
            try await bench.append(event, at: 1)
            let lease = try await bench.leaseOne(1, at: 2)
            try bench.equal(lease.event.functionName, "beta", "the function")
            try bench.equal(lease.event.payload.bytes, event.payload.bytes, "the payload")
            try bench.equal(lease.event.enqueuedAt, event.enqueuedAt, "enqueuedAt")
            try bench.equal(lease.event.dueAt, event.dueAt, "dueAt")
            try bench.equal(lease.event.expiresAt, event.expiresAt, "expiresAt")
            try bench.equal(lease.event.details, event.details, "the details")
            try bench.equal(lease.deaths, 0, "deaths")
            try bench.expect(lease.history.isEmpty, "there is a history before the first attempt")
        },
        Self("Times are kept to the nanosecond") { bench in
            var event = Bench.event(1)
            event.enqueuedAt.nanoseconds += 123_456_789
            event.dueAt.nanoseconds += 123_456_791
            event.expiresAt.nanoseconds += 123_456_797
            try await bench.append(event, at: 1)
            let lease = try await bench.leaseOne(1, at: 1)
            try bench.equal(lease.event.enqueuedAt, event.enqueuedAt, "enqueuedAt")
            try bench.equal(lease.event.dueAt, event.dueAt, "dueAt")
            try bench.equal(lease.event.expiresAt, event.expiresAt, "expiresAt")
        },
        Self("A payload may have any bytes, and none") { bench in
            let payload = EventPayload.bytes((0...255).map { UInt8($0) })
            var event = Bench.event(1)
            event.payload = payload
            try await bench.append(event, Bench.event(2))
            let leases = try await bench.lease([1, 2])
            try bench.equal(leases[0].event.payload.bytes, payload.bytes, "all bytes")
            try bench.equal(leases[1].event.payload.bytes, [], "no bytes")
        },
        Self("Events of one function are leased in the order in which they were accepted") { bench in
            try await bench.append(Bench.event(3), Bench.event(1), Bench.event(2))
            try await bench.append([9, 4, 7])
            try await bench.lease([3, 1, 2, 9, 4, 7])
        },
        Self("Each event of a call is answered for, in order") { bench in
            let key: (inout EventDetails) -> Void = { $0.idempotencyKey = "k" }
            let answers = try await bench.append(
                Bench.event(1, "", key), Bench.event(2), Bench.event(3, "", key), Bench.event(2))
            try bench.equal(answers, [.accepted, .accepted, .duplicate(of: Bench.id(1)), .accepted], "the answers")
            try bench.equal(try await bench.append(), [], "the answer to nothing")
        },
        Self("There may be as many events as there is room for, and no more") { bench in
            let room = QueueRoom(events: 3, bytes: 1_000)
            try await bench.append(Bench.event(1), Bench.event(2), room: room)
            try bench.expect(
                try await bench.isFull(Bench.event(3), Bench.event(4), room: room), "two more were accepted in three")
            try await bench.append(Bench.event(3), room: room)
            try bench.expect(try await bench.isFull(Bench.event(4), room: room), "a fourth was accepted in three")
        },
        Self("There may be as many bytes of payload as there is room for, and no more") { bench in
            let room = QueueRoom(events: 100, bytes: 10)
            try await bench.append(Bench.event(1, "1234567"), room: room)
            try bench.expect(try await bench.isFull(Bench.event(2, "1234"), room: room), "11 bytes were accepted in 10")
            try await bench.append(Bench.event(2, "123"), Bench.event(3, ""), room: room)
            try bench.expect(try await bench.isFull(Bench.event(4, "1"), room: room), "an 11th byte was accepted")
        },
        Self("Without room for all events of a call none is appended") { bench in
            let room = QueueRoom(events: 2, bytes: 100)
            let isFull = try await bench.isFull(Bench.event(1), Bench.event(2), Bench.event(3), room: room)
            try bench.expect(isFull, "three were accepted in two")
            try bench.equal(try await bench.figures().total, 0, "how many were appended all the same")
            try await bench.lease([])
            let isTooLong = try await bench.isFull(
                Bench.event(4) { $0.idempotencyKey = "k" }, Bench.event(5, String(repeating: "x", count: 101)),
                room: room)
            try bench.expect(isTooLong, "101 bytes were accepted in 100")
            let answers = try await bench.append(Bench.event(6) { $0.idempotencyKey = "k" }, room: room)
            try bench.equal(answers, [.accepted], "an idempotency key that nobody came to hold")
        },
        Self("Leased events take room") { bench in
            let room = QueueRoom(events: 1, bytes: 100)
            try await bench.append(Bench.event(1), room: room)
            try await bench.lease([1])
            try bench.expect(try await bench.isFull(Bench.event(2), room: room), "a second was accepted in one")
        },
        Self("Dead letters take room, until they are purged") { bench in
            let room = QueueRoom(events: 1, bytes: 10)
            try await bench.append(Bench.event(1, "12345"), room: room)
            try await bench.kill([1])
            try bench.expect(try await bench.isFull(Bench.event(2), room: room), "a second was accepted in one")
            let isTooLong = try await bench.isFull(Bench.event(2, "123456"), room: QueueRoom(events: 9, bytes: 10))
            try bench.expect(isTooLong, "11 bytes were accepted in 10")
            _ = try await bench.store.purge([Bench.id(1)])
            try await bench.append(Bench.event(2, "1234567890"), room: room)
        },
        Self("What has ended takes no room") { bench in
            let room = QueueRoom(events: 1, bytes: 5)
            for (number, end) in [Settlement.End.completed, .cancelled, .dead(.functionRemoved, isKept: false)]
                .enumerated()
            {
                try await bench.append(Bench.event(number, "12345"), room: room)
                try await bench.settle(try await bench.leaseOne(number), end)
            }
            try await bench.append(Bench.event(7, "12345"), room: room)
            try bench.equal(
                try await bench.store.cancel(Bench.id(7), now: Bench.time(0)), .removed, "cancelling what waits")
            try await bench.append(Bench.event(8, "12345"), room: room)
        },
        Self("Room that has become less than there is refuses what is new and touches nothing else") { bench in
            try await bench.append([1, 2, 3])
            let room = QueueRoom(events: 1, bytes: 0)
            try bench.expect(try await bench.isFull(Bench.event(4), room: room), "a fourth was accepted in one")
            try bench.equal(try await bench.append(Bench.event(2), room: room), [.accepted], "what is there already")
            try await bench.lease([1, 2, 3], count: 9)
        },
        Self("A store keeps values as they are, or says that it needs bytes") { bench in
            let payload = EventPayload.holding([1, 2, 3])
            var event = Bench.event(1)
            event.payload = payload
            guard bench.store.traits.keepsValues else {
                do {
                    try await bench.append(event)
                    throw StoreFault(reason: "a store that keeps bytes only accepted a value")
                } catch let error as StoreError {
                    try bench.equal(error.code, .needsBytes, "the error")
                }
                return try bench.equal(try await bench.figures().total, 0, "how many were appended")
            }
            try await bench.append(event)
            let lease = try await bench.leaseOne(1)
            guard case .value(let value) = payload, case .value(let other) = lease.event.payload, value === other
            else { throw StoreFault(reason: "what came back is not the value that went in") }
        },
        Self("It says how long a lease should be, and how often to look") { bench in
            let traits = bench.store.traits
            try bench.expect(traits.leaseDuration > .zero, "a lease of \(traits.leaseDuration)")
            try bench.expect(traits.pollInterval.map { $0 > .zero } ?? true, "a poll interval that is not positive")
        },
    ]

    static let appendingAgain: [Self] = [
        Self("An event whose id is there already is accepted and not appended again") { bench in
            try await bench.append(Bench.event(1, "first"))
            try bench.equal(try await bench.append(Bench.event(1, "second")), [.accepted], "the answer")
            try bench.equal(try await bench.figures().total, 1, "how many there are")
            let lease = try await bench.leaseOne(1)
            try bench.equal(lease.event.payload.bytes, Array("first".utf8), "the payload")
            try await bench.lease([])
        },
        Self("An id is there while its event is leased, and when it is dead") { bench in
            try await bench.append(Bench.event(1))
            let lease = try await bench.leaseOne(1)
            try bench.equal(try await bench.append(Bench.event(1)), [.accepted], "the answer while it is leased")
            try await bench.lease([])
            try await bench.settle(lease, .dead(.retriesExhausted, isKept: true))
            try bench.equal(try await bench.append(Bench.event(1)), [.accepted], "the answer when it is dead")
            try await bench.lease([])
            try bench.equal(try await bench.figures().total, 1, "how many there are")
        },
        Self("One that comes twice in a call is appended once") { bench in
            try bench.equal(
                try await bench.append(Bench.event(1), Bench.event(2), Bench.event(1)),
                [.accepted, .accepted, .accepted], "the answers")
            try await bench.lease([1, 2], count: 9)
        },
        Self("What is not appended needs no room") { bench in
            let room = QueueRoom(events: 2, bytes: 4)
            try await bench.append(Bench.event(1, "12") { $0.idempotencyKey = "k" }, room: room)
            let answers = try await bench.append(
                Bench.event(1, "12"), Bench.event(2, "34"), Bench.event(3, "56") { $0.idempotencyKey = "k" },
                Bench.event(2, "78"), room: room)
            try bench.equal(
                answers, [.accepted, .accepted, .duplicate(of: Bench.id(1)), .accepted], "the answers")
            try bench.equal(try await bench.append(Bench.event(2, "12345"), room: room), [.accepted], "when it is full")
        },
    ]
}

extension EventPayload {
    /// The bytes; nil if it is a value.
    var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }
}
