// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite("Sending dead letters again", .simulated(seeds: 0..<2))
struct RedriveTests {
    private static var never: FunctionConfiguration {
        var configuration = FunctionConfiguration()
        configuration.retry = .never
        return configuration
    }

    @Test(
        "Ten thousand letters are sent again at a given rate; cancelled half-way and begun anew, none is lost or sent twice"
    )
    func redrivePaced() async throws {
        let count = 10_000
        var configuration = FunctionHost.Configuration()
        configuration.retryBudget = .unlimited
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let isMended = Atomic(false)
        let done = Mutex<[Int: Int]>([:])
        let work = try host.register("work", configuration: Self.never) { (number: Int, _) in
            guard isMended.load(ordering: .relaxed) else { throw Refused() }
            done.withLock { $0[number, default: 0] += 1 }
        }
        try await host.run {
            try await host.enqueue(work, batch: Array(0..<count))
            try await host.drain()
            #expect(try await host.deadLetters.count() == count)
            isMended.store(true, ordering: .relaxed)
            let start = host.now
            let progress = ProgressNote()
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await host.deadLetters.redrive(perSecond: 100) { progress.sent = $0 }
                    }
                }
                await #expect(throws: Never.self) { try await Simulation.current?.advance(by: .seconds(50)) }
                group.cancelAll()
            }
            let sent = progress.sent
            #expect((4_900...5_010).contains(sent))
            try await host.drain()
            #expect(try await host.deadLetters.count() == count - sent)
            #expect(try await host.deadLetters.redrive(perSecond: 1_000) == count - sent)
            try await host.drain()
            #expect(start.duration(to: host.now) >= .seconds(54))
            #expect(try await host.deadLetters.count() == 0)
        }
        #expect(done.withLock { $0.count } == count)
        #expect(done.withLock { $0.values.allSatisfy { $0 == 1 } })
    }

    private struct Refused: Error {}
}

/// How many letters a redrive has sent.
private final class ProgressNote: Sendable {
    private let count = Mutex(0)

    var sent: Int {
        get { count.withLock { $0 } }
        set { count.withLock { $0 = newValue } }
    }
}
