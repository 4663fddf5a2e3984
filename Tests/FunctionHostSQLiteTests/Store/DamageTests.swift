// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct DamageTests {
    let directory = TemporaryDirectory()

    @Test("A full disk refuses events, keeps those it had, and lets them end")
    func fullDisk() async throws {
        var configuration = SQLiteStore.Configuration()
        configuration.maximumPages = 64
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        let payload = String(repeating: "x", count: 900)
        var accepted = 0
        var refusal: StoreError?
        while refusal == nil {
            do { try await store.append(.event(accepted, payload: payload)) } catch let error as StoreError {
                refusal = error
                continue
            }
            accepted += 1
        }
        #expect(refusal?.code == .diskFull)
        #expect(refusal?.isPassing == true)
        #expect(try await store.figures(now: .second(0)).ready == accepted)
        #expect(try await store.status(of: .number(accepted)) == nil)
        let leases = try await store.lease(10).leases
        #expect(leases.count == 10)
        for lease in leases { #expect(try await store.settle(lease, .completed)) }
        try await store.append(.event(accepted, payload: payload))
        #expect(try await store.integrityCheck() == [])
    }

    @Test("Where a transaction of many finds no room, what ends goes through all the same")
    func apart() async throws {
        var configuration = SQLiteStore.Configuration.patient
        configuration.maximumPages = 64
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        try await store.append(.event(1))
        let lease = try #require(try await store.lease().leases.first)
        let before = store.statistics.takenCalls
        let other = RawConnection(directory.file())
        other.run("BEGIN IMMEDIATE")
        async let refused: Void = expectDiskFull {
            try await store.append(.event(2, payload: String(repeating: "x", count: 1 << 20)))
        }
        async let small = store.append(.event(3))
        async let settled = store.settle(lease, .completed)
        try await until { store.statistics.takenCalls + store.statistics.pendingCalls >= before + 3 }
        other.run("ROLLBACK")
        await refused
        #expect(try await small == [.accepted])
        #expect(try await settled)
        #expect(try await store.figures(now: .second(0)).total == 1)
        #expect(try await store.integrityCheck() == [])
    }

    private func expectDiskFull(_ body: () async throws -> Void) async {
        let error = await #expect(throws: StoreError.self) { try await body() }
        #expect(error?.code == .diskFull)
    }

    @Test("A damaged file is told from a sound one")
    func damaged() async throws {
        let path = directory.file()
        let store = try SQLiteStore(path: path)
        for number in 0..<200 { try await store.append(.event(number, payload: String(repeating: "x", count: 500))) }
        try await store.compact()
        #expect(try await store.integrityCheck() == [])
        await store.close()
        let file = try #require(fopen(path, "r+"))
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        // All pages behind the first ones, where the schema is.
        fseek(file, 40 * 4_096, SEEK_SET)
        for _ in 0..<(size - 40 * 4_096) { fputc(0xFF, file) }
        fclose(file)
        let damaged = try SQLiteStore(path: path)
        let error = await #expect(throws: StoreError.self) {
            for number in 0..<200 { _ = try await damaged.status(of: .number(number)) }
            _ = try await damaged.lease(200)
        }
        #expect(error?.code == .corrupt)
        #expect(error?.reason.contains(path) == true)
        let found = try? await damaged.integrityCheck()
        #expect(found != [])
    }

    @Test("A counter that is wrong is found")
    func miscounted() async throws {
        let store = try SQLiteStore(path: directory.file())
        for number in 0..<100 { try await store.append(.event(number)) }
        #expect(try await store.integrityCheck() == [])
        RawConnection(directory.file()).run("UPDATE counters SET ready = ready + 7")
        let found = try await store.integrityCheck()
        #expect(found.count == 1 && found.first?.hasPrefix("counter ready is ") == true)
    }

    @Test("Compacting gives back what is free, and loses nothing")
    func compact() async throws {
        let store = try SQLiteStore(path: directory.file())
        let payload = String(repeating: "x", count: 4_000)
        for number in 0..<300 { try await store.append(.event(number, payload: payload)) }
        for lease in try await store.lease(290).leases { try await store.settle(lease, .completed) }
        let before = fileSize(directory.file()) + fileSize(directory.file("queue.db-wal"))
        try await store.compact()
        #expect(fileSize(directory.file()) < before / 4)
        #expect(fileSize(directory.file("queue.db-wal")) == 0)
        #expect(try await store.figures(now: .second(0)).ready == 10)
        #expect(try await store.integrityCheck() == [])
    }

    private func fileSize(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
