// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersTesting
import Synchronization
import Testing

/// A schedule on one file that two processes share, as two stores, each of which ends and begins again.
@Suite struct DurableScheduleTests {
    private struct Time: Codable {
        let time: String
    }

    private let directory = TemporaryDirectory()
    private let clock = HandMovedClock()
    private let fired = Gathered<String>()
    private let processes = Processes()

    private final class Processes: Sendable {
        let isOver = Atomic(false)
        let lives = Atomic(0)
        let ended = Atomic(0)
    }

    @Test("In a year each instant fires exactly once, with two stores whose hosts end and begin again")
    func year() async throws {
        let schedule = Schedule(
            name: "report", expression: try ScheduleExpression("cron(0 0/6 * * ? *)"),
            zone: try TimeZoneRules(named: "Europe/Berlin"), created: HandMovedClock.start)
        let ends = [ChangeSignal(), ChangeSignal()]
        let watcher = try SQLiteStore(path: directory.file(), configuration: .patient)
        let decided = [Decided(), Decided()]
        var random = SplitMix64(seed: 7)
        var expected: [String] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (end, decided) in zip(ends, decided) {
                group.addTask { try await live(schedule, decided, until: end) }
            }
            var time = HandMovedClock.start
            while let next = schedule.next(after: time),
                next < HandMovedClock.start.advanced(by: .seconds(365 * 86_400))
            {
                expected.append(String(schedule.firing(at: next).id.dropFirst(7)))
                if random.next() % 10 == 0 { ends[Int(random.next() % 2)].announce() }
                clock.advance(by: clock.now.duration(to: next))
                if random.next() % 10 == 0 { ends[Int(random.next() % 2)].announce() }
                // What one has left behind the other finds when it looks for it: time must go by. And no further than both
                // have come, or a day would pass between what one of them decides and does.
                try await until {
                    clock.advance(by: .milliseconds(1))
                    guard decided.allSatisfy({ $0.isAtLeast(next) }), fired.all.contains(expected.last ?? "") else {
                        return false
                    }
                    return try await watcher.figures(now: clock.now).active == 0
                }
                time = next
            }
            processes.isOver.store(true, ordering: .sequentiallyConsistent)
            try await until {
                for end in ends { end.announce() }
                clock.advance(by: .milliseconds(1))
                return processes.lives.load(ordering: .relaxed) == 0
            }
            try await group.waitForAll()
        }
        #expect(expected.count == 1_460)
        #expect(Set(fired.all) == Set(expected))
        // One event for each; one that ran while its process ended may have run again.
        #expect(RawConnection(directory.file()).rows("SELECT seq, dead FROM counters") == [["1460", "0"]])
        #expect(fired.count <= expected.count + processes.ended.load(ordering: .relaxed))
    }

    /// One process after another, each until it is to end.
    private func live(_ schedule: Schedule, _ decided: Decided, until end: ChangeSignal) async throws {
        processes.lives.add(1, ordering: .relaxed)
        defer { processes.lives.subtract(1, ordering: .relaxed) }
        while !processes.isOver.load(ordering: .sequentiallyConsistent) {
            let seen = end.count
            var configuration = SQLiteStore.Configuration.patient
            // For the sake of time: no power is cut here.
            configuration.durability = .losesLastEventsOnPowerCut
            let store = try SQLiteStore(path: directory.file(), configuration: configuration)
            let host = FunctionHost(store: store, system: clock.system(seed: UInt64(seen)))
            try host.register("report") { (event: Time, _) in fired.add([event.time]) }
            let memory = WatchedMemory(inner: StoredScheduleMemory(in: store), decided: decided)
            try host.schedule(schedule, functionNamed: "report", memory: memory)
            await withTaskGroup(of: Void.self) { life in
                life.addTask { _ = try? await host.run() }
                life.addTask { await end.wait(since: seen) }
                await life.next()
                // Cut off without a word.
                life.cancelAll()
                processes.ended.add(1, ordering: .relaxed)
            }
            await store.close()
        }
    }
}

/// How far a process has decided.
private final class Decided: Sendable {
    private let through = Atomic<Int64>(.min)

    func isAtLeast(_ time: Timestamp) -> Bool { through.load(ordering: .sequentiallyConsistent) >= time.nanoseconds }
    func set(_ time: Timestamp) { through.store(time.nanoseconds, ordering: .sequentiallyConsistent) }
}

/// Tells a test what a process knows of what was decided.
private struct WatchedMemory: ScheduleMemory {
    let inner: StoredScheduleMemory
    let decided: Decided

    func decidedThrough(of schedule: String) async throws -> Timestamp? {
        let time = try await inner.decidedThrough(of: schedule)
        if let time { decided.set(time) }
        return time
    }

    func remember(_ time: Timestamp, of schedule: String) async throws {
        try await inner.remember(time, of: schedule)
        decided.set(time)
    }
}
