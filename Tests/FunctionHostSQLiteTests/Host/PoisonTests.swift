// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTesting
import Synchronization
import Testing

@Suite struct PoisonTests {
    @Test("An event that ends the process is a dead letter after three deaths, and its neighbours are served")
    func poison() async throws {
        let place = TemporaryDirectory()
        let path: String = place.file()
        let first = FunctionHost(store: try SQLiteStore(path: path))
        try first.register("work") { (_: Int, _) in }
        try await first.enqueue("work" as Function<Int, Void>, batch: Array(0..<10))
        for _ in 0..<3 {
            await #expect(processExitsWith: .failure) { [path = path as String] in
                let host = FunctionHost(store: try SQLiteStore(path: path))
                try host.register("work") { (number: Int, _) in
                    // The poison: a trap, which takes the whole process.
                    precondition(number != 5)
                }
                try await host.run { try await host.drain() }
            }
            // A minute later its leases are over.
            let minute = SystemClock().wallTime.advanced(by: .seconds(60))
            _ = try await SQLiteStore(path: path).rescue(now: minute)
        }
        let host = FunctionHost(store: try SQLiteStore(path: path))
        let seen = Mutex<[Int]>([])
        try host.register("work") { (number: Int, _) in seen.withLock { $0.append(number) } }
        try await host.run {
            try await host.drain()
            let letters = try await host.deadLetters.list()
            #expect(letters.map(\.cause) == [.processEnded])
            #expect(try letters.map { try host.deadLetters.payload(of: $0) } == [Array("5".utf8)])
        }
        #expect(!seen.withLock { $0 }.contains(5))
    }
}
