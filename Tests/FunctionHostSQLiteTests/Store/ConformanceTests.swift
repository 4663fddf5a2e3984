// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTesting
import Testing

@Suite struct ConformanceTests {
    let directory = TemporaryDirectory()

    private func open() throws -> SQLiteStore {
        var configuration = SQLiteStore.Configuration()
        // Nobody cuts the power here, and a check takes many transactions.
        configuration.durability = .losesLastEventsOnPowerCut
        return try SQLiteStore(path: directory.file(), configuration: configuration)
    }

    @Test("The store keeps every rule", arguments: StoreConformance.Check.allCases)
    func rule(_ check: StoreConformance.Check) async throws {
        try await check.run(on: { try open() }, closing: { try? await expectSound($0) })
    }

    @Test("The store keeps every rule about opening again", arguments: StoreConformance.Check.durable)
    func durable(_ check: StoreConformance.Check) async throws {
        try await check.run(
            on: { try open() },
            reopening: { store in
                await store.close()
                return try open()
            }, closing: { try? await expectSound($0) })
    }

    /// Nothing is damaged or miscounted in the end.
    private func expectSound(_ store: SQLiteStore) async throws {
        #expect(try await store.integrityCheck() == [])
        await store.close()
    }
}
