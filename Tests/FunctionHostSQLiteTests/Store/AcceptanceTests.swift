// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

@Suite struct AcceptanceTests {
    let directory = TemporaryDirectory()

    private func append(
        _ store: SQLiteStore, _ events: [QueuedEvent], room: QueueRoom, at second: Double = 0
    ) async throws -> [Acceptance]? {
        do {
            return try await store.append(events, room: room, now: .second(second))
        } catch let error as StoreError where error.code == .full {
            return nil
        }
    }

    @Test("There is room for as many events and bytes as there may be, and for none more; leased and dead ones count")
    func room() async throws {
        let store = try SQLiteStore(path: directory.file())
        let room = QueueRoom(events: 3, bytes: 20)
        #expect(try await append(store, [.event(1, payload: "12345678")], room: room) != nil)
        #expect(try await append(store, [.event(2, payload: "1234567890123")], room: room) == nil)
        #expect(try await append(store, [.event(2, payload: "123456789012")], room: room) != nil)
        #expect(try await append(store, [.event(3, payload: "1")], room: room) == nil)
        for lease in try await store.lease(2).leases {
            try await store.settle(lease, .dead(.retriesExhausted, isKept: true))
        }
        #expect(try await append(store, [.event(3, payload: "")], room: room) != nil)
        #expect(try await append(store, [.event(4, payload: "")], room: room) == nil)
        #expect(try await store.purge([.number(1)]) == 1)
        #expect(try await append(store, [.event(4, payload: "")], room: room) != nil)
        #expect(try await store.figures(now: .second(0)).bytes == 12)
    }

    @Test("Events come together or not at all")
    func allOrNone() async throws {
        let store = try SQLiteStore(path: directory.file())
        let room = QueueRoom(events: 3, bytes: .max)
        #expect(try await append(store, (0..<4).map { .event($0) }, room: room) == nil)
        #expect(try await store.figures(now: .second(0)).total == 0)
        #expect(try await append(store, (0..<3).map { .event($0) }, room: room)?.count == 3)
        #expect(try await append(store, [], room: room) == [])
    }

    @Test("What is there already is accepted and not appended, even where there is no room")
    func repeated() async throws {
        let store = try SQLiteStore(path: directory.file())
        let room = QueueRoom(events: 2, bytes: .max)
        let events: [QueuedEvent] = [.event(1), .event(1), .event(2) { $0.idempotencyKey = "k" }]
        #expect(try await append(store, events, room: room) == [.accepted, .accepted, .accepted])
        #expect(try await append(store, events, room: room) == [.accepted, .accepted, .accepted])
        #expect(
            try await append(store, [.event(9) { $0.idempotencyKey = "k" }], room: room) == [.duplicate(of: .number(2))]
        )
        #expect(try await store.figures(now: .second(0)).total == 2)
    }

    @Test("A key is held within its function while its event is active")
    func whileActive() async throws {
        let store = try SQLiteStore(path: directory.file())
        let keyed: @Sendable (inout EventDetails) -> Void = { $0.idempotencyKey = "k" }
        #expect(
            try await store.append(.event(1, keyed), .event(2, keyed), .event(3, of: "other", keyed))
                == [.accepted, .duplicate(of: .number(1)), .accepted])
        let lease = try #require(try await store.lease(1, of: .only("send")).leases.first)
        #expect(try await store.append(.event(4, keyed)) == [.duplicate(of: .number(1))])
        try await store.settle(lease, .retry(at: .second(0)))
        #expect(try await store.append(.event(4, keyed)) == [.duplicate(of: .number(1))])
        let again = try #require(try await store.lease(1, of: .only("send")).leases.first)
        try await store.settle(again, .dead(.retriesExhausted, isKept: true))
        #expect(try await store.append(.event(4, keyed)) == [.accepted])
        // It is sent again without its key, which another has now.
        #expect(try await store.redrive([.number(1)], now: .second(1)) == [.number(1)])
        #expect(try await store.append(.event(5, keyed)) == [.duplicate(of: .number(4))])
        #expect(try await store.cancel(.number(4), now: .second(1)) == .removed)
        #expect(try await store.append(.event(5, keyed)) == [.accepted])
    }

    @Test("A key that is held while its event is queued is free when the first attempt begins")
    func whileQueued() async throws {
        let store = try SQLiteStore(path: directory.file())
        let keyed: @Sendable (inout EventDetails) -> Void = {
            $0.idempotencyKey = "k"
            $0.deduplication = .whileQueued
        }
        try await store.append(.event(1, keyed))
        #expect(try await store.append(.event(2, keyed)) == [.duplicate(of: .number(1))])
        #expect(try await store.lease().leases.first?.event.details.deduplication == .whileQueued)
        #expect(try await store.append(.event(2, keyed)) == [.accepted])
    }

    @Test("A key that is held for a time is held for that long, whether its event has ended or not")
    func within() async throws {
        let store = try SQLiteStore(path: directory.file())
        let keyed: @Sendable (inout EventDetails) -> Void = {
            $0.idempotencyKey = "k"
            $0.deduplication = .within(.seconds(10))
        }
        try await store.append(.event(1, keyed))
        let lease = try #require(try await store.lease().leases.first)
        #expect(lease.event.details.deduplication == .within(.seconds(10)))
        try await store.settle(lease, .completed, at: 1)
        #expect(try await store.append(.event(2, at: 9.999, keyed), at: 9.999) == [.duplicate(of: .number(1))])
        #expect(try await store.append(.event(2, at: 10, keyed), at: 10) == [.accepted])
        #expect(RawConnection(directory.file()).rows("SELECT count(*) FROM keys") == [["1"]])
    }

    @Test("Keys whose time is over do not pile up")
    func forgottenKeys() async throws {
        let store = try SQLiteStore(path: directory.file())
        for number in 0..<40 {
            try await store.append(
                .event(number, at: Double(number)) {
                    $0.idempotencyKey = "k\(number)"
                    $0.deduplication = .within(.seconds(3))
                }, at: Double(number))
        }
        let keys = RawConnection(directory.file()).rows("SELECT count(*) FROM keys")
        #expect(keys == [["3"]])
    }

    @Test("An event comes back as it went in, with everything there is to it")
    func details() async throws {
        let store = try SQLiteStore(path: directory.file())
        var event = QueuedEvent.event(1, payload: "", at: 3, due: 4, expires: 77)
        event.details.kind = .failureDelivery
        event.details.priority = .highest
        event.details.orderingKey = ""
        event.details.idempotencyKey = "naïve \"key\"\n"
        event.details.tags = ["customer": "Ada \"L\"\\", "": "\u{1F680}\u{0}\u{7F}", "x": ""]
        event.details.traceHeader = "Root=1-2-3"
        event.details.lineage = ["a": 1, "b": 16]
        event.details.origin = .number(99)
        event.details.redriveCount = 3
        try await store.append(event, at: 5)
        await store.close()
        let again = try SQLiteStore(path: directory.file())
        let found = try #require(try await again.lease(at: 5).leases.first).event
        #expect(found.details == event.details)
        #expect(found.payload.text == "")
        #expect(found.enqueuedAt == .second(3) && found.dueAt == .second(4) && found.expiresAt == .second(80))
    }

    @Test("Times at the ends of what can be told are kept", arguments: [Int64.min, 0, Int64.max])
    func extremes(nanoseconds: Int64) async throws {
        let store = try SQLiteStore(path: directory.file())
        let time = Timestamp(nanoseconds: nanoseconds)
        let event = QueuedEvent(
            id: .number(1), functionName: "send", payload: .bytes([0, 255]), enqueuedAt: time, dueAt: time,
            expiresAt: time)
        try await store.append(event)
        let lease = try await store.lease(
            LeaseRequest(end: .distantFuture, onlyExpired: false), now: .distantFuture
        ).leases.first
        #expect(lease?.event.dueAt == time && lease?.event.expiresAt == time)
    }

    @Test("A value is refused: the file holds bytes")
    func value() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1))
        #expect(try await store.replacePayload(ofDeadLetter: .number(1), with: .bytes([])) == false)
    }
}
