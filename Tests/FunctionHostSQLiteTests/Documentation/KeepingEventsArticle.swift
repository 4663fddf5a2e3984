// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTesting
import Synchronization
import Testing

/// The code of the article *Keeping events*.
@Suite struct KeepingEventsArticle {
    @Test func oneLine() async throws {
        let place = TemporaryDirectory()
        let directory = place.path
        let host = FunctionHost(store: try SQLiteStore(path: "\(directory)/queue.sqlite"))
        let seen = Mutex<[Int]>([])
        let work = try host.register("work") { (number: Int, _) in seen.withLock { $0.append(number) } }
        try await host.run {
            try await host.enqueue(work, batch: [1, 2, 3])
            try await host.drain()
        }
        #expect(seen.withLock { $0.sorted() } == [1, 2, 3])
    }

    @Test func goingOn() async throws {
        let place = TemporaryDirectory()
        let seen = Mutex<[Int]>([])
        do {
            let store = try SQLiteStore(path: place.file())
            let host = FunctionHost(store: store)
            let work = try host.register("work") { (_: Int, _) in }
            try await host.enqueue(work, batch: [1, 2, 3])
            await store.close()
        }
        let store = try SQLiteStore(path: place.file())
        let work = { @Sendable (number: Int, context: InvocationContext) async throws in
            seen.withLock { $0.append(number) }
        }
        let next = FunctionHost(store: store)
        try next.register("work", handler: work)
        try await next.run {
            try await next.drain()
        }
        #expect(seen.withLock { $0.sorted() } == [1, 2, 3])
        await store.close()
    }
}
