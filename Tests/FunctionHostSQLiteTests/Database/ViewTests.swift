// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

/// What a person sees with the `sqlite3` shell.
@Suite struct ViewTests {
    let directory = TemporaryDirectory()

    @Test("Ids, times and payloads are text, and everything is in its view")
    func views() async throws {
        let store = try SQLiteStore(path: directory.file())
        let large = #"{"text":""# + String(repeating: "é", count: 1_000) + #""}"#
        try await store.append(
            .event(1, payload: #"{"to":"Ada"}"#), .event(2, payload: large, due: 1.5) { $0.priority = .high },
            .event(3) { $0.orderingKey = "k" }, .event(4) { $0.orderingKey = "k" })
        let leases = try await store.lease(2).leases
        try await store.settle(leases[1], .dead(.retriesExhausted, isKept: true), at: 2)
        let shell = RawConnection(directory.file())
        #expect(
            shell.rows("SELECT id, state, priority, due FROM waiting") == [
                ["\(InvocationID.number(2))", "delayed", "1", "2027-01-15 08:00:01.500"],
                ["\(InvocationID.number(4))", "ready", "0", "2027-01-15 08:00:00.000"],
            ])
        #expect(shell.rows("SELECT payload FROM waiting WHERE state = 'delayed'") == [[large]])
        #expect(
            shell.rows("SELECT id, attempts, lease_until, payload ->> '$.to' FROM leased") == [
                ["\(InvocationID.number(1))", "1", "2027-01-15 08:00:06.000", "Ada"]
            ])
        #expect(
            shell.rows("SELECT id, function, cause, died_at FROM dead_letters") == [
                ["\(InvocationID.number(3))", "send", "RetriesExhausted", "2027-01-15 08:00:02.000"]
            ])
        #expect(shell.rows("SELECT count(*) FROM all_events") == [["4"]])
    }

    @Test("Each table's columns are explained where they are declared")
    func comments() async throws {
        let store = try SQLiteStore(path: directory.file())
        let schema = RawConnection(directory.file()).rows("SELECT sql FROM sqlite_schema WHERE name = 'events'")
        #expect(schema.first?.first?.contains("-- in the order of acceptance") == true)
        await store.close()
    }
}
