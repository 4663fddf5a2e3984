// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

@Suite struct DeliveryTests {
    let directory = TemporaryDirectory()

    @Test("An event is appended, leased, settled and gone")
    func life() async throws {
        let store = try SQLiteStore(path: directory.file())
        #expect(try await store.append(.event(1, payload: #"{"to":"Ada"}"#)) == [.accepted])
        let answer = try await store.lease(at: 1)
        let lease = try #require(answer.leases.first)
        #expect(lease.event.id == .number(1))
        #expect(lease.event.functionName == "send")
        #expect(lease.event.payload.text == #"{"to":"Ada"}"#)
        #expect(lease.event.dueAt == .second(0))
        #expect(lease.attempt == 1)
        #expect(!answer.hasMore)
        #expect(try await store.status(of: .number(1))?.state == .leased(until: .second(7)))
        #expect(try await store.settle(lease, .completed, at: 2))
        #expect(try await store.status(of: .number(1)) == nil)
        #expect(try await store.figures(now: .second(2)) == QueueFigures())
        await store.close()
    }

    @Test("A lease that is over makes the event wait again, and refuses who held it")
    func rescue() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1))
        let first = try #require(try await store.lease().leases.first)
        #expect(try await store.rescue(now: .second(5.9)) == RescueAnswer(rescued: 0, nextEnd: .second(6)))
        #expect(try await store.rescue(now: .second(6)) == RescueAnswer(rescued: 1))
        #expect(try await store.settle(first, .completed, at: 6) == false)
        let second = try #require(try await store.lease(at: 7).leases.first)
        #expect(second.attempt == 2)
        #expect(second.deaths == 1)
        #expect(second.token.fence > first.token.fence)
        #expect(try await store.settle(first, .completed, at: 7) == false)
        #expect(try await store.settle(second, .completed, at: 7))
    }

    @Test("What was acknowledged is there after the file is opened again")
    func reopened() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1), .event(2, payload: String(repeating: "x", count: 5_000)))
        await store.close()
        let again = try SQLiteStore(path: directory.file())
        let leases = try await again.lease(5).leases
        #expect(leases.map(\.event.id) == [.number(1), .number(2)])
        #expect(leases.last?.event.payload.text?.count == 5_000)
    }
}
