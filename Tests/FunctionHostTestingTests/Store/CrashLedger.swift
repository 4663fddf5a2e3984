// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization

/// How a small program works through its events.
enum CrashProgram: CaseIterable {
    /// As it should be: leases, runs, then completes; and rescues what a crash has left.
    case careful
    /// Completes before it runs.
    case doneBeforeRun
    /// Does not look for the leases of programs that are gone.
    case neverRescues
}

/// What happened to the events of a program that crashed now and then.
final class CrashLedger: Sendable {
    /// How many events a program appends.
    static let eventCount = 8

    private struct State {
        var acknowledged: Set<Int> = []
        var begun: [Int: Int] = [:]
        var ran: Set<Int> = []
        var completed: [Int: Int] = [:]
        var crashes = 0
        var trace: [UInt64] = []
    }

    private let disk: SimulatedDisk
    private let program: CrashProgram
    private let state = Mutex(State())

    init(_ disk: SimulatedDisk, _ program: CrashProgram) {
        self.disk = disk
        self.program = program
    }

    /// Those that were acknowledged and never ran, or are there still.
    var lost: [Int] {
        state.withLock { state in
            state.acknowledged.filter { !state.ran.contains($0) || disk.status(of: .numbered($0)) != nil }.sorted()
        }
    }
    /// Those that ended more than once.
    var endedTwice: [Int] { state.withLock { $0.completed.filter { $0.value > 1 }.keys.sorted() } }
    /// How often an event was begun that had been begun before.
    var begunAgain: Int { state.withLock { $0.begun.values.reduce(0) { $0 + $1 - 1 } } }
    var crashes: Int { state.withLock { $0.crashes } }
    /// The digest of each life that did not crash.
    var trace: [UInt64] { state.withLock { $0.trace } }

    /// Runs a program over the lives of a seed; the last one works until nothing is left.
    static func run(seed: Int, _ disk: SimulatedDisk, _ program: CrashProgram) throws -> CrashLedger {
        let ledger = CrashLedger(disk, program)
        try Lives(seed: seed, pause: .seconds(4), maximumSteps: 50_000).run { life in try await ledger.live(life) }
        return ledger
    }

    private func live(_ life: Lives.Life) async throws {
        state.withLock { $0.crashes = life.number - 1 }
        let (simulation, store) = (life.simulation, SimulatedDiskStore(disk))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.append(store, simulation) }
            for _ in 0..<3 { group.addTask { try await self.work(store, simulation) } }
            try await group.waitForAll()
        }
        state.withLock { $0.trace.append(simulation.digest) }
    }

    /// Each life appends what was not acknowledged before.
    private func append(_ store: SimulatedDiskStore, _ simulation: Simulation) async throws {
        let missing = state.withLock { state in (0..<Self.eventCount).filter { !state.acknowledged.contains($0) } }
        for number in missing {
            let now = simulation.clock.wallTime
            _ = try await store.append([.numbered(number, at: now)], room: QueueRoom(events: 99, bytes: 99), now: now)
            state.withLock { _ = $0.acknowledged.insert(number) }
        }
    }

    private func work(_ store: SimulatedDiskStore, _ simulation: Simulation) async throws {
        // Longer than a lease, so that what a crash has left is found.
        let end = simulation.now.advanced(by: .seconds(10))
        while simulation.now < end {
            if program != .neverRescues { _ = try await store.rescue(now: simulation.clock.wallTime) }
            let now = simulation.clock.wallTime
            let answer = try await store.lease(LeaseRequest(end: now.advanced(by: .seconds(6))), now: now)
            guard let lease = answer.leases.first else {
                try await simulation.advance(by: .milliseconds(500))
                continue
            }
            state.withLock { $0.begun[lease.event.id.number, default: 0] += 1 }
            if program == .doneBeforeRun { try await complete(lease, store, simulation) }
            try await simulation.advance(by: .milliseconds(simulation.random(in: 0...20)))
            state.withLock { _ = $0.ran.insert(lease.event.id.number) }
            if program != .doneBeforeRun { try await complete(lease, store, simulation) }
        }
    }

    private func complete(_ lease: Lease, _ store: SimulatedDiskStore, _ simulation: Simulation) async throws {
        guard try await store.settle(Settlement(lease.token, .completed), now: simulation.clock.wallTime) else {
            return
        }
        state.withLock { $0.completed[lease.event.id.number, default: 0] += 1 }
    }
}
