// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Shutdown closures: one call for each environment that began, at whatever end, whether somebody runs the host or not.
@Suite("Shutdown closures", .simulated(seeds: 0..<20)) struct ShutdownClosureTests {
    private struct End: Sendable, CustomTestStringConvertible {
        let reason: EnvironmentEnd
        let isRunning: Bool
        var testDescription: String { "\(reason), \(isRunning ? "with" : "without") run()" }

        static let all = [EnvironmentEnd.idle, .timedOut, .discarded, .updated, .removed, .shutdown].flatMap {
            [End(reason: $0, isRunning: true), End(reason: $0, isRunning: false)]
        }
    }

    /// A function whose environments count what they serve, and say so at their end.
    private struct Rig {
        let events = EventRecorder()
        let ended = Notes<String>()
        let host: FunctionHost
        let work: Function<EnvironmentEnd?, Int>

        init() throws {
            host = FunctionHost(observers: [events], system: .simulated)
            let ended = ended
            work = try host.register(
                "work", environment: { _ in 0 },
                shutdown: { served, context in
                    ended.add("\(context.functionName) \(context.environmentID) served \(served)")
                }
            ) { (served: inout Int, reason: EnvironmentEnd?, context) in
                served += 1
                if reason == .timedOut { try await context.sleep(for: .seconds(60)) }
                if reason == .discarded { context.discardEnvironment() }
                return served
            }
        }

        func bringAbout(_ reason: EnvironmentEnd) async throws {
            switch reason {
            case .timedOut, .discarded: _ = try? await host.invoke(work, with: reason)
            case .idle: try await pass(.seconds(301))
            case .updated: try host.update("work") { $0.memorySize = 256 }
            case .removed: try host.remove("work")
            case .shutdown: break
            }
        }
    }

    @Test("It runs once at each kind of end, with the state as the last handler left it", arguments: End.all)
    private func eachEnd(_ end: End) async throws {
        let rig = try Rig()
        let use: () async throws -> Int = {
            #expect(try await rig.host.invoke(rig.work, with: nil) == 1)
            #expect(try await rig.host.invoke(rig.work, with: nil) == 2)
            try await rig.bringAbout(end.reason)
            try await pass(.seconds(1))
            return rig.ended.count
        }
        if end.isRunning {
            #expect(try await rig.host.run(during: use) == (end.reason == .shutdown ? 0 : 1))
        } else {
            _ = try await use()
            await rig.host.shutdown()
        }
        let served = [.timedOut, .discarded].contains(end.reason) ? 3 : 2
        #expect(rig.ended.all == ["work 1 served \(served)"])
        // Without run() nobody is there to shut an idle one down before the host ends.
        #expect(rig.events.environmentEnds() == [end.reason == .idle && !end.isRunning ? .shutdown : end.reason])
    }

    @Test("Without run() an environment that has been idle too long is shut down by the next invocation to end")
    func idleWithoutRun() async throws {
        let rig = try Rig()
        _ = try await rig.host.invoke(rig.work, with: nil)
        try await pass(.seconds(301))
        #expect(try await rig.host.invoke(rig.work, with: nil) == 1)
        #expect(rig.ended.all == ["work 1 served 1"])
        #expect(rig.events.environmentEnds() == [.idle])
    }

    @Test("It is told of the function that it belongs to, even if another has taken its place meanwhile")
    func ownContext() async throws {
        let host = FunctionHost(system: .simulated)
        let told = Notes<String>()
        func register(_ name: String) throws -> Function<Void, Void> {
            var configuration = FunctionConfiguration()
            configuration.variables = ["NAME": "variable of \(name)"]
            return try host.register(
                Function(name), configuration: configuration, environment: { _ in },
                shutdown: { _, context in told.add("\(context.functionName): \(context.variables["NAME"] ?? "")") }
            ) { (_: inout Void, _: Void, _) in }
        }
        try await host.run {
            try await host.invoke(try register("first"))
            try host.remove("first")
            try await host.invoke(try register("second"))
        }
        #expect(told.all.sorted() == ["first: variable of first", "second: variable of second"])
    }

    @Test("It does not run for an environment whose init failed")
    func afterFailedInit() async throws {
        let host = FunctionHost(system: .simulated)
        let ended = Notes<Int>()
        let work = try host.register(
            "work", environment: { _ -> Int in throw HandlerFailure() }, shutdown: { state, _ in ended.add(state) }
        ) { (_: inout Int, _: Void, _) in }
        await expectError(.initFailed, of: "work", saying: "HandlerFailure") { try await host.invoke(work) }
        await host.shutdown()
        #expect(ended.all.isEmpty)
    }

    @Test(
        "It is cancelled at its own limit, the one that holds when it begins",
        arguments: [(Duration.zero, 0), (.seconds(2), 2), (.seconds(30), 10)])
    func limit(_ limit: Duration, seconds: Int) async throws {
        let host = FunctionHost(system: .simulated)
        let ended = Notes<Bool>()
        let work = try host.register(
            "work", environment: { _ in 0 },
            shutdown: { _, _ in
                let isDone = (try? await pass(.seconds(10))) != nil
                ended.add(isDone)
            }
        ) { (_: inout Int, _: Void, _) in }
        try await host.invoke(work)
        try host.update("work") { $0.shutdownTimeout = limit }
        let took = try await timed { await host.shutdown() }
        #expect(took == .seconds(seconds))
        #expect(ended.all == [seconds == 10])
    }

    @Test("The end of an environment is told with the time that its init closure took", arguments: [0, 3])
    func initDuration(seconds: Int) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work", environment: { _ in try await pass(.seconds(seconds)) }) {
            (_: inout Void, _: Void, _) in
        }
        try await host.invoke(work)
        await host.shutdown()
        let durations = events.events.compactMap { event in
            if case .environmentEnded(let report, _) = event { report.initDuration } else { nil }
        }
        #expect(durations == [.seconds(seconds)])
    }

    @Test("Environments are shut down side by side, not one after the other")
    func sideBySide() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register(
            "work", environment: { _ in 0 }, shutdown: { _, _ in try? await pass(.seconds(1)) }
        ) { (_: inout Int, _: Void, context) in try await context.sleep(for: .seconds(1)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { try await host.invoke(work) } }
            try await group.waitForAll()
        }
        let took = try await timed { await host.shutdown() }
        #expect(took == .seconds(1))
    }

    @Test("Shared state is shut down once, after the last of its invocations")
    func shared() async throws {
        let host = FunctionHost(system: .simulated)
        let ended = Notes<Int>()
        let work = try host.register(
            "work", sharedBy: 5, environment: { _ in Occupancy() }, shutdown: { state, _ in ended.add(state.inside) }
        ) { (occupancy: Occupancy, length: Int, context) in
            occupancy.enter()
            defer { occupancy.leave() }
            try await context.sleep(for: .milliseconds(100 * length))
        }
        try await host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 1...5 { group.addTask { try await host.invoke(work, with: index) } }
                try await pass(.milliseconds(250))
                try host.remove("work")
                try await group.waitForAll()
            }
            try await pass(.seconds(1))
            #expect(ended.all == [0])
        }
        #expect(ended.all == [0])
    }
}
