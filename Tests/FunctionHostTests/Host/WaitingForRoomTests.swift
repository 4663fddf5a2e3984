// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Callers who wait for room: in which order, for how long, and how they leave.
@Suite("Waiting for room", .simulated(seeds: 0..<20)) struct WaitingForRoomTests {
    /// A function of which one runs at a time, and which notes who was served.
    private struct Rig {
        let events = EventRecorder()
        let host: FunctionHost
        let served = Notes<Int>()
        let work: Function<Int, Void>

        init(patience: Duration = .seconds(600), timeout: Duration? = .seconds(60), length: Duration = .seconds(2))
            throws
        {
            host = FunctionHost(observers: [events], system: .simulated)
            let served = served
            work = try host.register(
                "work",
                configuration: .init(timeout: timeout, reservedConcurrency: 1, saturation: .wait(atMost: patience))
            ) { (number: Int, context) in
                served.add(number)
                try await context.sleep(for: length)
            }
        }
    }

    @Test("Those who wait are served in the order in which they came")
    func order() async throws {
        let rig = try Rig()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask { try await rig.host.invoke(rig.work, with: number) }
                try await pass(.milliseconds(50))
            }
            try await group.waitForAll()
        }
        #expect(rig.served.all == Array(0..<10))
    }

    @Test("How long each waited is told when its turn comes, and counted beside the durations")
    func waited() async throws {
        let metrics = Metrics()
        let host = FunctionHost(observers: [metrics], system: .simulated)
        let work = try host.register(
            "work",
            configuration: .init(timeout: nil, reservedConcurrency: 1, saturation: .wait(atMost: .seconds(60)))
        ) { (_: Void, context) in try await context.sleep(for: .seconds(2)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await host.invoke(work) } }
            try await group.waitForAll()
        }
        let figures = try #require(metrics.snapshot()["work"])
        #expect((figures.waitDuration.count, figures.waitDuration.total) == (2, .seconds(6)))
        #expect((figures.duration.count, figures.duration.total) == (3, .seconds(6)))
    }

    @Test("Nobody who comes later overtakes those who wait")
    func noOvertaking() async throws {
        let rig = try Rig()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask { try await rig.host.invoke(rig.work, with: number) }
                try await pass(.milliseconds(50))
            }
            await expectError(.throttled, of: "work", saying: "used up") {
                try await rig.host.invoke(rig.work, with: 9, options: .init(saturation: .reject))
            }
            try await group.waitForAll()
        }
        #expect(rig.served.all == [0, 1, 2])
    }

    @Test("Who has waited long enough is throttled at that moment")
    func patience() async throws {
        let rig = try Rig(patience: .seconds(5), length: .seconds(30))
        async let running: Void = rig.host.invoke(rig.work, with: 0)
        try await pass(.seconds(1))
        let took = try await timed {
            let error = await expectError(.throttled, of: "work", saying: "reserved concurrency of 1 is used up") {
                try await rig.host.invoke(rig.work, with: 1)
            }
            #expect(error?.throttle?.limit == .reservedConcurrency)
        }
        #expect(took == .seconds(5))
        #expect(rig.events.throttles() == 1)
        try await running
        #expect(rig.served.all == [0])
    }

    @Test("A patience of zero is none")
    func noPatience() async throws {
        let rig = try Rig(patience: .zero)
        async let running: Void = rig.host.invoke(rig.work, with: 0)
        try await pass(.seconds(1))
        let took = try await timed {
            await expectError(.throttled, of: "work", saying: "used up") {
                try await rig.host.invoke(rig.work, with: 1)
            }
        }
        #expect(took == .zero)
        try await running
    }

    @Test("The caller's deadline ends the wait as a timeout, and the function's own does not run yet")
    func deadline() async throws {
        let rig = try Rig(timeout: .seconds(3))
        let now = try #require(Simulation.current).now
        async let first: Void = rig.host.invoke(rig.work, with: 0)
        try await pass(.milliseconds(50))
        async let second: Void = rig.host.invoke(rig.work, with: 1)
        try await pass(.milliseconds(50))
        await expectError(.timedOut, of: "work", saying: "the caller's deadline passed while it waited for room") {
            try await rig.host.invoke(rig.work, with: 2, options: .init(deadline: now.advanced(by: .seconds(1))))
        }
        #expect(now.duration(to: try #require(Simulation.current).now) == .seconds(1))
        // The second waits for two seconds and runs for two: its timeout of three covers only the latter.
        _ = try await (first, second)
        #expect(rig.served.all == [0, 1])
    }

    @Test("A waiter who is cancelled gets CancellationError and leaves no trace")
    func cancelled() async throws {
        let rig = try Rig()
        async let first: Void = rig.host.invoke(rig.work, with: 0)
        try await pass(.milliseconds(50))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await rig.host.invoke(rig.work, with: 1) }
            try await pass(.milliseconds(50))
            async let third: Void = rig.host.invoke(rig.work, with: 2)
            try await pass(.milliseconds(50))
            let took = try await timed {
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            #expect(took == .zero)
            try await third
        }
        try await first
        #expect(rig.served.all == [0, 2])
        #expect(rig.events.throttles() == 0)
        #expect(rig.events.outcomes() == [.succeeded, .succeeded])
        try await rig.host.invoke(rig.work, with: 3, options: .init(saturation: .reject))
    }

    @Test("A caller who is cancelled before it asks does not wait", arguments: [true, false])
    func cancelledBefore(isFull: Bool) async throws {
        let rig = try Rig()
        try await withThrowingTaskGroup(of: Void.self) { others in
            if isFull { others.addTask { try await rig.host.invoke(rig.work, with: 0) } }
            try await pass(.seconds(1))
            let took = try await timed {
                await withThrowingTaskGroup(of: Void.self) { group in
                    group.cancelAll()
                    group.addTask { try await rig.host.invoke(rig.work, with: 1) }
                    await #expect(throws: CancellationError.self) { try await group.next() }
                }
            }
            #expect(took == .zero)
            try await others.waitForAll()
        }
        try await rig.host.invoke(rig.work, with: 2)
    }

    @Test(
        "At a limit of 1 a function that invokes itself is throttled, and never waits for ever",
        arguments: [
            SaturationPolicy.reject, .wait(atMost: .seconds(1)),
        ])
    func reentrant(_ saturation: SaturationPolicy) async throws {
        let host = FunctionHost(system: .simulated)
        let again = try host.register(
            "again" as Function<Int, Int>,
            configuration: .init(timeout: .seconds(5), reservedConcurrency: 1, saturation: saturation)
        ) { (depth, _) in
            depth == 0 ? 0 : try await host.invoke("again" as Function<Int, Int>, with: depth - 1) + 1
        }
        #expect(try await host.invoke(again, with: 0) == 0)
        let took = try await timed {
            await expectError(.throttled, of: "again", saying: "reserved concurrency of 1 is used up") {
                try await host.invoke(again, with: 1)
            }
        }
        #expect(took == saturation.patience ?? .zero)
        #expect(try await host.invoke(again, with: 0) == 0)
    }

    @Test(
        "If it waits for itself longer than it may run, it has timed out",
        arguments: [Placement.callersTask, .bulkhead])
    func reentrantTimeout(_ placement: Placement) async throws {
        let host = FunctionHost(configuration: .init(concurrency: 1), system: .simulated)
        var configuration = FunctionConfiguration(timeout: .seconds(5), placement: placement)
        configuration.saturation = .wait(atMost: .seconds(60))
        let again = try host.register("again" as Function<Int, Int>, configuration: configuration) { (depth, _) in
            depth == 0 ? 0 : try await host.invoke("again" as Function<Int, Int>, with: depth - 1) + 1
        }
        try await host.run {
            let took = try await timed {
                await expectError(.timedOut, of: "again", saying: "5.00 seconds") {
                    try await host.invoke(again, with: 1)
                }
            }
            #expect(took == .seconds(5))
            #expect(try await host.invoke(again, with: 0) == 0)
        }
    }

    @Test("Where there is room a function may invoke itself")
    func recursion() async throws {
        let host = FunctionHost(system: .simulated)
        let factorial = try host.register("factorial" as Function<Int, Int>) { (number, _) in
            number < 2 ? 1 : try await host.invoke("factorial" as Function<Int, Int>, with: number - 1) * number
        }
        #expect(try await host.invoke(factorial, with: 10) == 3_628_800)
    }
}
