// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTesting
import Synchronization
import Testing

/// A host on a file, with real threads: what a machine's clock decides is not tested here.
@Suite struct SQLiteHostTests {
    /// On a machine that is busy enough a lease of some seconds runs out while its host waits for a thread, and then an event is
    /// rightly tried once more.
    private static let unhurried: SQLiteStore.Configuration = {
        var configuration = SQLiteStore.Configuration.patient
        configuration.leaseDuration = .seconds(3_600)
        return configuration
    }()

    @Test("Retries, dead letters, destinations and a redrive work on a file as they do in memory")
    func everything() async throws {
        let place = TemporaryDirectory()
        let store = try SQLiteStore(path: place.file(), configuration: Self.unhurried)
        let host = FunctionHost(store: store)
        let records = Mutex<[String]>([])
        try host.register(raw: "audit") { bytes, _ in
            records.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            return []
        }
        var configuration = FunctionConfiguration()
        configuration.retry = .constant(maximumAttempts: 3, delay: .zero)
        configuration.onFailure = .function("audit")
        let isMended = Atomic(false)
        let done = Atomic(0)
        let work = try host.register("work", configuration: configuration) { (number: Int, context) in
            guard number % 2 == 0 || isMended.load(ordering: .relaxed) else { throw Odd() }
            done.add(1, ordering: .relaxed)
        }
        try await host.run {
            try await host.enqueue(work, batch: Array(0..<40))
            try await host.drain()
            #expect(done.load(ordering: .relaxed) == 20)
            #expect(records.withLock { $0.count } == 20)
            let letters = try await host.deadLetters.list()
            #expect(letters.count == 20)
            #expect(letters.allSatisfy { $0.attempts == 3 && $0.history.map(\.errorType) == ["Odd", "Odd", "Odd"] })
            isMended.store(true, ordering: .relaxed)
            #expect(try await host.deadLetters.redrive() == 20)
            try await host.drain()
        }
        #expect(done.load(ordering: .relaxed) == 40)
        #expect(try await host.queueFigures().total == 0)
        #expect(try await store.integrityCheck().isEmpty)
        await store.close()
    }

    @Test("A type that is not Codable is refused with a sentence, and so is a store that has been closed")
    func refusals() async throws {
        let place = TemporaryDirectory()
        let store = try SQLiteStore(path: place.file())
        let host = FunctionHost(store: store)
        let plain = try host.register("plain") { (_: NotCodable, _) in }
        let number = try host.register("number") { (_: Int, _) in }
        let unencodable = await #expect(throws: FunctionHostError.self) {
            try await host.enqueue(plain, with: NotCodable())
        }
        #expect(unencodable?.code == .payloadUnencodable)
        await store.close()
        let closed = await #expect(throws: FunctionHostError.self) { try await host.enqueue(number, with: 1) }
        #expect(closed?.code == .queueUnavailable)
        #expect((closed?.underlying as? StoreError)?.code == .closed)
    }

    @Test("Two hosts on one file share the work, and nothing is done twice")
    func sharing() async throws {
        let place = TemporaryDirectory()
        let stores = [
            try SQLiteStore(path: place.file(), configuration: Self.unhurried),
            try SQLiteStore(path: place.file(), configuration: Self.unhurried),
        ]
        let done = Mutex<[Int: Int]>([:])
        let hosts = try stores.map { store in
            let host = FunctionHost(store: store)
            try host.register("work") { (number: Int, _) in done.withLock { $0[number, default: 0] += 1 } }
            return host
        }
        try await hosts[0].run {
            try await hosts[1].run {
                try await hosts[0].enqueue("work" as Function<Int, Void>, batch: Array(0..<200))
                try await hosts[1].enqueue("work" as Function<Int, Void>, batch: Array(200..<400))
                for host in hosts { try await host.waitUntilEmpty() }
            }
        }
        #expect(done.withLock { $0.count } == 400)
        #expect(done.withLock { $0.values.allSatisfy { $0 == 1 } })
        for store in stores { await store.close() }
    }

    private struct Odd: Error {}
    private struct NotCodable: Sendable {}
}

extension FunctionHost {
    /// Waits for what others do as well, of which this host hears nothing.
    fileprivate func waitUntilEmpty() async throws {
        try await until { try await queueFigures().active <= 0 }
    }
}
