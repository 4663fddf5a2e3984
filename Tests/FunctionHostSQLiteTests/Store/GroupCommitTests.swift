// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

/// While somebody else has the file locked, calls pile up: what becomes of them is no matter of luck.
@Suite struct GroupCommitTests {
    let directory = TemporaryDirectory()

    @Test("Calls that come while the disk is busy share one transaction")
    func shared() async throws {
        let store = try SQLiteStore(path: directory.file(), configuration: .patient)
        let other = RawConnection(directory.file())
        try await withThrowingDiscardingTaskGroup { group in
            other.run("BEGIN IMMEDIATE")
            defer { other.run("ROLLBACK") }
            group.addTask { try await store.append(.event(0)) }
            try await until { store.statistics.takenCalls >= 1 }
            for number in 1..<100 { group.addTask { try await store.append(.event(number)) } }
            try await until { store.statistics.pendingCalls >= 99 }
        }
        #expect(try await store.figures(now: .second(0)).ready == 100)
        #expect(store.statistics.commits <= 2)
        #expect(store.statistics.operations >= 100)
    }

    @Test("Callers that lease together get different events, in the order in which they came")
    func leases() async throws {
        let store = try SQLiteStore(path: directory.file(), configuration: .patient)
        for number in 0..<20 { try await store.append(.event(number)) }
        let before = store.statistics
        let other = RawConnection(directory.file())
        let leased = try await withThrowingTaskGroup(of: [Lease].self) { group in
            do {
                other.run("BEGIN IMMEDIATE")
                defer { other.run("ROLLBACK") }
                for _ in 0..<30 { group.addTask { try await store.lease().leases } }
                try await until {
                    store.statistics.takenCalls + store.statistics.pendingCalls >= before.takenCalls + 30
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(leased.map(\.event.id)) == Set((0..<20).map { .number($0) }))
        #expect(leased.count == 20)
        #expect(store.statistics.commits - before.commits <= 2)
    }

    @Test("A worker's turn from one event to the next takes one transaction")
    func turn() async throws {
        let store = try SQLiteStore(path: directory.file())
        for number in 0..<2 { try await store.append(.event(number)) }
        let lease = try #require(try await store.lease().leases.first)
        let before = store.statistics.commits
        let request = LeaseRequest(functions: .allBut([]), end: .second(60))
        let (isSettled, answer) = try await store.settle(
            Settlement(lease.token, .completed), leasing: request, now: .second(0))
        #expect(isSettled)
        #expect(answer.leases.map(\.event.id) == [.number(1)])
        #expect(store.statistics.commits == before + 1)
    }

    @Test("Of calls in one transaction only the one that finds no room is refused")
    func oneRefused() async throws {
        let store = try SQLiteStore(path: directory.file(), configuration: .patient)
        let other = RawConnection(directory.file())
        let room = QueueRoom(events: 3, bytes: 1_000)
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            do {
                other.run("BEGIN IMMEDIATE")
                defer { other.run("ROLLBACK") }
                for number in 0..<5 {
                    group.addTask {
                        do {
                            _ = try await store.append([.event(number)], room: room, now: .second(0))
                            return true
                        } catch let error as StoreError where error.code == .full {
                            return false
                        }
                    }
                }
                try await until { store.statistics.takenCalls + store.statistics.pendingCalls >= 5 }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 }.count == 3)
        #expect(try await store.figures(now: .second(0)).total == 3)
    }

    @Test("A file that stays locked fails every call that shares the transaction, and nothing of it is there later")
    func locked() async throws {
        var configuration = SQLiteStore.Configuration()
        configuration.busyTimeout = .milliseconds(1)
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        let other = RawConnection(directory.file())
        other.run("BEGIN IMMEDIATE")
        await withDiscardingTaskGroup { group in
            for number in 0..<10 {
                group.addTask {
                    let error = await #expect(throws: StoreError.self) { try await store.append(.event(number)) }
                    #expect(error?.code == .locked)
                    #expect(error?.isPassing == true)
                }
            }
        }
        other.run("ROLLBACK")
        #expect(try await store.figures(now: .second(0)).total == 0)
        try await store.append(.event(1))
        #expect(try await store.figures(now: .second(0)).total == 1)
    }

    @Test("Calls that only read wait for nobody who writes")
    func reading() async throws {
        var configuration = SQLiteStore.Configuration()
        configuration.busyTimeout = .zero
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        try await store.append(.event(1))
        let other = RawConnection(directory.file())
        other.run("BEGIN IMMEDIATE; DELETE FROM events")
        #expect(try await store.status(of: .number(1))?.state == .waiting(dueAt: .second(0)))
        #expect(try await store.figures(now: .second(0)).ready == 1)
    }
}
