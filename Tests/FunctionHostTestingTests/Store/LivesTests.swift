// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite struct LivesTests {
    private static let seeds = 0..<400

    @Test("What was acknowledged survives every crash; what completed is not there again", arguments: [0, 1, 2, 3])
    func nothingIsLost(part: Int) throws {
        var (crashes, rerun) = (0, 0)
        for seed in Self.seeds where seed % 4 == part {
            let ledger = try CrashLedger.run(seed: seed, SimulatedDisk(), .careful)
            #expect(ledger.lost.isEmpty, "seed \(seed) lost \(ledger.lost)")
            #expect(ledger.endedTwice.isEmpty, "seed \(seed) ended \(ledger.endedTwice) more than once")
            crashes += ledger.crashes
            rerun += ledger.begunAgain
        }
        #expect(crashes > 200)
        #expect(rerun > 20, "events have to be tried again after a crash to show anything")
        print("lives: \(crashes) crashes, \(rerun) events tried again, none lost")
    }

    @Test("A mistake in the program is seen", arguments: [CrashProgram.doneBeforeRun, .neverRescues])
    func mistakes(_ program: CrashProgram) throws {
        let seed = try Self.seeds.first { seed in
            try !CrashLedger.run(seed: seed, SimulatedDisk(), program).lost.isEmpty
        }
        print("lives: \(program) loses an event at seed \(seed ?? -1)")
        #expect(seed != nil)
    }

    @Test("A disk that acknowledges before it has synced is seen to lose")
    func unsynced() throws {
        var (losing, lost) = (0, 0)
        for seed in Self.seeds {
            let disk = SimulatedDisk(.losesUnsynced)
            if try !CrashLedger.run(seed: seed, disk, .careful).lost.isEmpty { losing += 1 }
            lost += disk.lostCount
        }
        print("lives: \(losing) of \(Self.seeds.count) seeds lose an event when \(lost) unsynced commits are lost")
        #expect(losing > 10)
    }

    @Test("The same seed gives the same lives")
    func determinism() throws {
        for seed in 0..<20 {
            let (one, other) = (
                try CrashLedger.run(seed: seed, SimulatedDisk(), .careful),
                try CrashLedger.run(seed: seed, SimulatedDisk(), .careful)
            )
            #expect(one.trace == other.trace)
            #expect(!one.trace.isEmpty)
        }
    }

    @Test("There are as many crashes as there may be, and the last life runs to its end", arguments: 0..<40)
    func count(seed: Int) throws {
        let lives = Mutex<[Lives.Life]>([])
        let result = try Lives(seed: seed, crashes: 2...4).run { life in
            lives.withLock { $0.append(life) }
            for _ in 0..<2_000 { await Task.yield() }
            return life.number
        }
        let all = lives.withLock { $0 }
        #expect((2...5).contains(all.count))
        #expect(result <= 5 && result >= 3)
        #expect(all.last?.isLast == true)
        #expect(all.dropLast().allSatisfy { !$0.isLast })
        #expect(all.filter(\.isFirst).count <= 1)
    }

    @Test("Without crashes there is one life")
    func none() throws {
        let numbers = Mutex<[Int]>([])
        try Lives(seed: 1, crashes: 0...0).run { life in numbers.withLock { $0.append(life.number) } }
        #expect(numbers.withLock { $0 } == [1])
    }

    @Test("Virtual time goes on from life to life, and a wall clock that was set stays so", arguments: 0..<20)
    func time(seed: Int) throws {
        let times = Mutex<[(now: Timestamp, wall: Timestamp)]>([])
        try Lives(seed: seed, crashes: 3...3, pause: .seconds(5)).run { life in
            let simulation = life.simulation
            if life.isFirst { simulation.stepWallClock(by: .seconds(3_600)) }
            while !life.isLast || simulation.steps < 50 {
                times.withLock { $0.append((simulation.now, simulation.clock.wallTime)) }
                try await simulation.advance(by: .milliseconds(10))
            }
        }
        let all = times.withLock { $0 }
        for (one, next) in zip(all, all.dropFirst()) {
            #expect(one.now <= next.now)
            // Two lives may have been stopped before they saw the time.
            #expect(one.now.duration(to: next.now) < .seconds(3 * 5 + 1))
        }
        // A life that is stopped at its first step does not get as far as setting the clock.
        let offsets = Set(all.map { $0.now.duration(to: $0.wall) })
        #expect(offsets.isSubset(of: [.seconds(3_600), .zero]))
        #expect(offsets.count == 1)
    }

    @Test("What a life throws says how to make it happen again")
    func failure() throws {
        struct Bang: Error {}
        let failure = #expect(throws: LifeFailure.self) {
            try Lives(seed: 5, crashes: 2...2).run { life in
                life.simulation.note("here")
                if life.isLast { throw Bang() }
                for _ in 0..<2_000 { await Task.yield() }
            }
        }
        #expect(failure?.error is Bang)
        #expect(failure?.number == 3)
        #expect(failure?.description.contains("Lives(seed: 5, crashes: 2...2)") == true)
        #expect(failure?.schedule.contains("here") == true)
    }

    @Test("A last life that does not end is told")
    func deadlock() {
        let failure = #expect(throws: LifeFailure.self) {
            try Lives(seed: 5, crashes: 1...1).run { _ in
                await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            }
        }
        #expect((failure?.error as? SimulationFailure)?.kind == .deadlock)
    }
}
