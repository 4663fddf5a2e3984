// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

/// Two stores on one file, as two processes have them.
@Suite struct SharingTests {
    let directory = TemporaryDirectory()

    private func two() throws -> (SQLiteStore, SQLiteStore) {
        (
            try SQLiteStore(path: directory.file(), configuration: .patient),
            try SQLiteStore(path: directory.file(), configuration: .patient)
        )
    }

    @Test("What one appends the other leases, and no event is lent twice")
    func interleaved() async throws {
        let (one, other) = try two()
        let count = 400
        let leased = try await withThrowingTaskGroup(of: [InvocationID].self) { group in
            group.addTask {
                for number in 0..<count { try await (number % 2 == 0 ? one : other).append(.event(number)) }
                return []
            }
            for store in [one, other, one, other] {
                group.addTask {
                    var mine: [InvocationID] = []
                    var done = 0
                    while done < count {
                        try Task.checkCancellation()
                        for lease in try await store.lease(7).leases {
                            mine.append(lease.event.id)
                            #expect(try await store.settle(lease, .dead(.retriesExhausted, isKept: true)))
                        }
                        done = try await store.figures(now: .second(0)).dead
                    }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(leased.count == count)
        #expect(Set(leased).count == count)
        #expect(try await one.integrityCheck() == [])
    }

    @Test("The leases of a process that is gone are rescued by another, and its tokens are worth nothing")
    func rescued() async throws {
        let (one, other) = try two()
        try await one.append(.event(1), .event(2))
        let lost = try await one.lease(2).leases
        await one.close()
        #expect(try await other.lease(2, at: 3).leases.isEmpty)
        #expect(try await other.rescue(now: .second(6)).rescued == 2)
        let found = try await other.lease(2, at: 7).leases
        #expect(found.map(\.attempt) == [2, 2])
        for (old, new) in zip(lost, found) { #expect(new.token.fence > old.token.fence) }
        #expect(try await other.settle(lost[0], .completed, at: 7) == false)
        #expect(try await other.settle(found[0], .completed, at: 7))
    }

    @Test("Fencing numbers rise from store to store, for an id that comes again too")
    func fences() async throws {
        let (one, other) = try two()
        var last: UInt64 = 0
        for round in 0..<6 {
            let store = round % 2 == 0 ? one : other
            try await store.append(.event(1))
            let lease = try #require(try await store.lease().leases.first)
            #expect(lease.token.fence > last)
            last = lease.token.fence
            #expect(try await store.settle(lease, .completed))
        }
    }

    @Test("Room is counted over both")
    func room() async throws {
        let (one, other) = try two()
        let room = QueueRoom(events: 5, bytes: .max)
        for number in 0..<5 {
            _ = try await (number % 2 == 0 ? one : other).append([.event(number)], room: room, now: .second(0))
        }
        for store in [one, other] {
            let error = await #expect(throws: StoreError.self) {
                try await store.append([.event(9)], room: room, now: .second(0))
            }
            #expect(error?.code == .full)
        }
    }

    @Test("Functions that one has met are known to the other")
    func functions() async throws {
        let (one, other) = try two()
        try await one.append(.event(1, of: "a"), .event(2, of: "b"))
        #expect(try await other.lease(1, of: .only("b")).leases.first?.event.functionName == "b")
        try await other.append(.event(3, of: "c"), .event(4, of: "a"))
        #expect(Set(try await one.lease(9).leases.map(\.event.functionName)) == ["a", "c"])
    }
}
