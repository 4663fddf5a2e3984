// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Deadlines in the caller's task: the handler is cancelled, waited for, and reported if it does not obey.
@Suite("Deadlines in the caller's task", .simulated(seeds: 0..<20)) struct DeadlineTests {
    private static func nap(on host: FunctionHost, timeout: Duration? = .seconds(2)) throws -> Function<Duration, Void>
    {
        try host.register("nap", configuration: .init(timeout: timeout)) { (length: Duration, context) in
            try await context.sleep(for: length)
        }
    }

    @Test(
        "A handler that is done before its deadline succeeds, one at or after it has timed out",
        arguments: [
            (1_980, Outcome.succeeded), (2_000, .timedOut), (2_020, .timedOut),
        ])
    func bothSides(milliseconds: Int, outcome: Outcome) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let nap = try Self.nap(on: host)
        let took = try await timed { try? await host.invoke(nap, with: .milliseconds(milliseconds)) }
        #expect(took == .milliseconds(min(2_000, milliseconds)))
        #expect(events.outcomes() == [outcome])
    }

    @Test("Deadlines are met to the moment in whatever order they come, and one timer waits for all of them")
    func manyDeadlines() async throws {
        let host = FunctionHost(system: .simulated)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, timeout) in [5_000, 1_000, 3_000, 980, 4_000, 2_000, 1_020, 6_000].enumerated() {
                let nap = try host.register(
                    Function<Duration, Void>("nap\(number)"), configuration: .init(timeout: .milliseconds(timeout))
                ) { length, context in try await context.sleep(for: length) }
                for begin in [0, 20, 500, 1_500] {
                    group.addTask {
                        try await pass(.milliseconds(begin))
                        let took = try await timed {
                            _ = try? await host.invoke(nap, with: .seconds(number == 7 ? 2 : 60))
                        }
                        #expect(took == (number == 7 ? .seconds(2) : .milliseconds(timeout)))
                    }
                }
            }
            try await pass(.milliseconds(720))
            #expect(host.deadlineCount == 1)
            try await group.waitForAll()
        }
    }

    @Test("Short calls beside a long one leave no timers behind")
    func timersOfShortCalls() async throws {
        let host = FunctionHost(system: .simulated)
        let long = try Self.nap(on: host, timeout: .seconds(900))
        let short = try host.register("short", configuration: .init(timeout: .milliseconds(100))) { (_: Void, _) in }
        async let longCall: Void = host.invoke(long, with: .seconds(10))
        for _ in 0..<50 {
            try await pass(.milliseconds(180))
            try await host.invoke(short)
            // The look at what runs, and those at idle environments.
            #expect(host.deadlineCount <= 2)
        }
        try await longCall
    }

    @Test("The handler is cancelled at its deadline, and what it throws then is not what the caller gets")
    func cancelled() async throws {
        let host = FunctionHost(system: .simulated)
        let seen = Notes<Bool>()
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(2))) { (_: Void, context) in
            try? await context.sleep(for: .seconds(60))
            seen.add(Task.isCancelled)
            throw HandlerFailure()
        }
        await expectError(.timedOut, of: "nap", saying: "task timed out after 2.00 seconds") {
            try await host.invoke(nap)
        }
        #expect(seen.all == [true])
    }

    @Test("A result that comes too late is none")
    func lateResult() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let late = try host.register("late", configuration: .init(timeout: .seconds(2))) { (_: Void, context) in
            try? await context.sleep(for: .seconds(60))
            return "too late"
        }
        await expectError(.timedOut, of: "late", saying: "2.00 seconds") { try await host.invoke(late) }
        #expect(events.outcomes() == [.timedOut])
    }

    @Test("A handler that ignores its cancellation is waited for, listed and reported as overdue once")
    func overdue() async throws {
        let (events, metrics) = (EventRecorder(), Metrics())
        let host = FunctionHost(observers: [events, metrics], system: .simulated)
        let gate = Gate()
        let stubborn = try host.register("stubborn", configuration: .init(timeout: .seconds(2))) { (_: Void, _) in
            await gate.pass()
        }
        async let failing = expectError(.timedOut, of: "stubborn", saying: "2.00 seconds") {
            try await host.invoke(stubborn)
        }
        try await pass(.milliseconds(2_050))
        #expect(!events.names.contains("overdue"))
        try await pass(.milliseconds(950))
        let running = try #require(host.runningInvocations().first)
        #expect((running.overdue, running.age) == (.seconds(1), .seconds(3)))
        #expect(!running.isAnswered)
        #expect(events.overdue == [running.id])
        try await pass(.seconds(60))
        #expect(events.overdue.count == 1)
        gate.open()
        _ = await failing
        #expect(events.outcomes() == [.timedOut])
        #expect(events.reports().first?.duration == .seconds(63))
        let figures = metrics.snapshot().total
        #expect((figures.overdue, figures.timeouts, figures.concurrentExecutions) == (1, 1, 0))
    }

    @Test("The grace before a handler is overdue is the host's to set", arguments: [0, 5])
    func grace(seconds: Int) async throws {
        let events = EventRecorder()
        var configuration = FunctionHost.Configuration()
        configuration.overdueGrace = .seconds(seconds)
        let host = FunctionHost(configuration: configuration, observers: [events], system: .simulated)
        let gate = Gate()
        let stubborn = try host.register("stubborn", configuration: .init(timeout: .seconds(2))) { (_: Void, _) in
            await gate.pass()
        }
        async let failing = expectError(.timedOut, of: "stubborn", saying: "") { try await host.invoke(stubborn) }
        try await pass(.milliseconds(1_000 * seconds + 1_950))
        #expect(events.overdue.isEmpty)
        try await pass(.milliseconds(100))
        #expect(events.overdue.count == 1)
        gate.open()
        _ = await failing
    }

    @Test(
        "The caller's own deadline counts where it is the earlier one",
        arguments: [
            (1, 1, "1.00 seconds"), (2, 2, "2.00"), (5, 2, "2.00 seconds"), (nil, 2, "2.00 seconds"),
        ])
    func callersDeadline(callers: Int?, earlier: Int, reason: String) async throws {
        let host = FunctionHost(system: .simulated)
        let nap = try Self.nap(on: host)
        let now = try #require(Simulation.current).now
        let options = InvocationOptions(deadline: callers.map { now.advanced(by: .seconds($0)) })
        let took = try await timed {
            await expectError(.timedOut, of: "nap", saying: reason) {
                try await host.invoke(nap, with: .seconds(60), options: options)
            }
        }
        #expect(took == .seconds(earlier))
    }

    @Test(
        "A time limit is a deadline from the moment of the call, and of both the earlier counts",
        arguments: [
            (1, nil, 1), (1, 5, 1), (nil, 1, 1), (5, 1, 1), (9, 9, 2),
        ] as [(Int?, Int?, Int)])
    func timeLimit(limit: Int?, deadline: Int?, earliest: Int) async throws {
        let host = FunctionHost(system: .simulated)
        let nap = try Self.nap(on: host)
        try await pass(.seconds(3))
        let now = try #require(Simulation.current).now
        let options = InvocationOptions(
            deadline: deadline.map { now.advanced(by: .seconds($0)) }, timeLimit: limit.map { .seconds($0) })
        let took = try await timed {
            await expectError(.timedOut, of: "nap", saying: "\(earliest).00 seconds") {
                try await host.invoke(nap, with: .seconds(60), options: options)
            }
        }
        #expect(took == .seconds(earliest))
    }

    @Test("A caller whose deadline has passed is refused before anything runs")
    func passedAlready() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let nap = try Self.nap(on: host)
        let now = try #require(Simulation.current).now
        await expectError(.timedOut, of: "nap", saying: "had passed already") {
            try await host.invoke(nap, with: .zero, options: .init(deadline: now))
        }
        #expect(events.names == ["registered nap"])
    }

    @Test("Without a timeout a handler takes as long as it likes, unless its caller has a deadline")
    func noTimeout() async throws {
        let host = FunctionHost(system: .simulated)
        let nap = try Self.nap(on: host, timeout: nil)
        let took = try await timed { try await host.invoke(nap, with: .seconds(86_400 * 365)) }
        #expect(took == .seconds(86_400 * 365))
        let deadline = try #require(Simulation.current).now.advanced(by: .seconds(1))
        await expectError(.timedOut, of: "nap", saying: "1.00 seconds") {
            try await host.invoke(nap, with: .seconds(60), options: .init(deadline: deadline))
        }
    }

    @Test("An outer handler's deadline cancels what it has invoked, each at its own level")
    func nested() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let nap = try Self.nap(on: host, timeout: .seconds(60))
        let outer = try host.register("outer", configuration: .init(timeout: .seconds(1))) { (_: Void, _) in
            try await host.invoke(nap, with: .seconds(30))
        }
        let took = try await timed {
            await expectError(.timedOut, of: "outer", saying: "1.00 seconds") { try await host.invoke(outer) }
        }
        #expect(took == .seconds(1))
        #expect(events.outcomes(of: "nap") == [.cancelled])
        #expect(events.outcomes(of: "outer") == [.timedOut])
    }

    @Test("An inner timeout is the outer handler's to handle")
    func innerTimeout() async throws {
        let host = FunctionHost(system: .simulated)
        let nap = try Self.nap(on: host, timeout: .seconds(1))
        let outer = try host.register("outer", configuration: .init(timeout: .seconds(5))) { (_: Void, _) in
            await expectError(.timedOut, of: "nap", saying: "1.00 seconds") {
                try await host.invoke(nap, with: .seconds(9))
            }
            return "carried on"
        }
        #expect(try await host.invoke(outer) == "carried on")
    }

    @Test("An outer handler hands its deadline on by the option")
    func handedOn() async throws {
        let host = FunctionHost(system: .simulated)
        let probe = try host.register("probe", configuration: .init(timeout: .seconds(60))) { (_: Void, context) in
            context.remainingTime
        }
        let outer = try host.register("outer", configuration: .init(timeout: .seconds(5))) { (_: Void, context) in
            try await context.sleep(for: .seconds(1))
            return try await host.invoke(probe, options: .init(deadline: context.deadline))
        }
        #expect(try await host.invoke(outer) == .seconds(4))
    }
}
