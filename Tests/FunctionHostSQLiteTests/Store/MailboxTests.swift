// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

@Suite struct MailboxTests {
    let directory = TemporaryDirectory()

    /// A store whose thread is stuck with event 1, and with event 2 in its mailbox, where there is no room for more.
    private func withStuckStore(
        waiting: Int = 100, pendingBytes: Int = 1 << 20,
        _ body: (SQLiteStore, inout ThrowingDiscardingTaskGroup<any Error>) async throws -> Void
    ) async throws -> SQLiteStore {
        var configuration = SQLiteStore.Configuration.patient
        configuration.maximumPendingEvents = 1
        configuration.maximumPendingBytes = pendingBytes
        configuration.maximumWaitingCallers = waiting
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        let lock = RawConnection(directory.file())
        try await withThrowingDiscardingTaskGroup { group in
            lock.run("BEGIN IMMEDIATE")
            defer { lock.run("ROLLBACK") }
            group.addTask { try await store.append(.event(1)) }
            try await until { store.statistics.takenCalls >= 1 }
            group.addTask { try await store.append(.event(2)) }
            try await until { store.statistics.pendingCalls >= 1 }
            try await body(store, &group)
        }
        return store
    }

    @Test("Callers for whom there is no room come in later, in the order in which they came")
    func order() async throws {
        let store = try await withStuckStore { store, group in
            for number in 3..<20 {
                group.addTask { try await store.append(.event(number)) }
                try await until { store.statistics.waitingCalls >= number - 2 }
            }
            #expect(store.statistics.pendingCalls == 1)
        }
        #expect(try await store.lease(30).leases.map(\.event.id) == (1..<20).map { .number($0) })
    }

    @Test("When as many wait as may, the next one is refused for now")
    func overloaded() async throws {
        _ = try await withStuckStore(waiting: 2) { store, group in
            for number in 3..<5 { group.addTask { try await store.append(.event(number)) } }
            try await until { store.statistics.waitingCalls >= 2 }
            let error = await #expect(throws: StoreError.self) { try await store.append(.event(5)) }
            #expect(error?.code == .overloaded)
            #expect(error?.isPassing == true)
        }
    }

    @Test("Who is cancelled while waiting for room leaves, and the others come in")
    func cancelledWaiter() async throws {
        let store = try await withStuckStore { store, group in
            try await withThrowingTaskGroup(of: Void.self) { waiters in
                waiters.addTask { try await store.append(.event(3)) }
                try await until { store.statistics.waitingCalls >= 1 }
                group.addTask { try await store.append(.event(4)) }
                try await until { store.statistics.waitingCalls >= 2 }
                waiters.cancelAll()
                await #expect(throws: CancellationError.self) { try await waiters.next() }
            }
            #expect(store.statistics.waitingCalls == 1)
        }
        #expect(try await store.lease(9).leases.map(\.event.id) == [.number(1), .number(2), .number(4)])
    }

    @Test("Who comes cancelled to a full mailbox does not wait, and is served by one with room")
    func cancelledBefore() async throws {
        let store = try await withStuckStore { store, _ in
            await withTaskGroup(of: Void.self) { tasks in
                tasks.cancelAll()
                tasks.addTask {
                    await #expect(throws: CancellationError.self) { try await store.append(.event(3)) }
                }
            }
        }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.cancelAll()
            tasks.addTask { await #expect(throws: Never.self) { try await store.append(.event(4)) } }
        }
        #expect(try await store.figures(now: .second(0)).ready == 3)
    }

    @Test("What has been handed in is done although its caller is cancelled")
    func cancelledAfter() async throws {
        let store = try await withStuckStore { store, group in group.cancelAll() }
        #expect(try await store.figures(now: .second(0)).ready == 2)
    }

    @Test("Closing does what was handed in, refuses who waits and who comes later")
    func close() async throws {
        let store = try await withStuckStore { store, group in
            group.addTask {
                let error = await #expect(throws: StoreError.self) { try await store.append(.event(3)) }
                #expect(error?.code == .closed)
            }
            try await until { store.statistics.waitingCalls >= 1 }
            group.addTask { await store.close() }
            try await until { store.statistics.waitingCalls <= 0 }
        }
        let error = await #expect(throws: StoreError.self) { try await store.append(.event(4)) }
        #expect(error?.code == .closed)
        #expect(error?.isPassing == false)
        await store.close()
        let again = try SQLiteStore(path: directory.file())
        #expect(try await again.lease(9).leases.map(\.event.id) == [.number(1), .number(2)])
    }

    @Test("One event of any size is let in where nothing else is")
    func largeEvent() async throws {
        var configuration = SQLiteStore.Configuration()
        configuration.maximumPendingBytes = 10
        configuration.maximumBatchBytes = 10
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        let payload = String(repeating: "x", count: 100_000)
        for number in 0..<3 { try await store.append(.event(number, payload: payload)) }
        // And lent one at a time.
        #expect(try await store.lease(3).leases.count == 1)
        #expect(try await store.lease(3).leases.first?.event.payload.text == payload)
    }

    @Test("A store that nobody holds any more lets go of its file")
    func letGo() async throws {
        do { try await SQLiteStore(path: directory.file()).append(.event(1)) }
        let other = RawConnection(directory.file())
        // Only who is alone with a file can take it out of this mode.
        try await until { other.rows("PRAGMA journal_mode = DELETE") == [["delete"]] }
        #expect(other.rows("SELECT count(*) FROM events") == [["1"]])
    }
}
