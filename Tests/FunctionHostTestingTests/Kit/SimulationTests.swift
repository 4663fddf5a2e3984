// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct SimulationTests {
    @Test("A deadlock is told, with what to write to see it again, and nothing hangs")
    func deadlock() {
        let failure = failure(of: Simulation(seed: 17, strategy: .priorities(changes: 3))) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
            }
        }
        #expect(failure?.kind == .deadlock)
        #expect(failure?.seed == 17)
        #expect(
            failure?.description.hasSuffix("Replay: .simulated(seeds: [17], strategies: [.priorities(changes: 3)])")
                ?? false)
    }

    @Test("Code that never ends is told after the steps that are allowed")
    func endless() {
        let failure = failure(of: Simulation(seed: 1, maximumSteps: 1_000)) { while true { await Task.yield() } }
        #expect(failure?.kind == .endless)
        #expect(failure?.reason.contains("1000 steps") ?? false)
    }

    @Test("A task that is no child of any is told, with the name of the function that started it")
    func unstructuredTask() throws {
        let reasons = (0..<8).compactMap { seed in
            failure(of: Simulation(seed: seed)) {
                let host = FunctionHost(system: .simulated)
                let spawn = try host.register("spawner") { (_: Void, context) in
                    await Task.yield()
                    await Task { await Task.yield() }.value
                }
                try await host.invoke(spawn)
            }
        }
        #expect(reasons.count == 8)
        #expect(reasons.allSatisfy { $0.kind == .unstructuredTask })
        // Now and then, by lot, handlers run without a task of their own, which could bear a name.
        #expect(reasons.contains { $0.reason.contains("spawner started a task that is no child of any") })
    }

    @Test("A sleep on the machine's clock is told as a deadlock that names it, and takes no time")
    func realSleep() {
        let simulation = Simulation(seed: 3)
        let failure = failure(of: simulation) {
            try await simulation.advance(by: .seconds(10))
            try await Task.sleep(for: .seconds(3_600))
        }
        // The runtime of Swift 6.3 lets nobody see the sleep itself; it is what is left when nothing else can run.
        #expect(failure?.kind == .deadlock || failure?.kind == .unstructuredTask)
        #expect(failure?.reason.contains("Task.sleep") ?? false)
    }

    @Test("A task that is woken by another thread is told")
    func wokenFromOutside() {
        let failure = failure(of: Simulation(seed: 4)) {
            let gate = Gate()
            await withDiscardingTaskGroup { group in
                group.addTask { await gate.wait() }
                // By now it waits, whatever the order.
                try? await Simulation.current?.advance(by: .seconds(1))
                startAndJoinThread { gate.open() }
            }
        }
        #expect(failure?.kind == .unstructuredTask)
        #expect(failure?.reason.contains("woken from outside") ?? false)
    }

    @Test("Unstructured tasks run like any other where they are allowed")
    func allowed() throws {
        let simulation = Simulation(seed: 5, allowsUnstructuredTasks: true)
        let sum = try simulation.run { await Task { 20 }.value + Task.detached { 22 }.value }
        #expect(sum == 42)
    }

    @Test("What the code throws comes out as it is")
    func errors() {
        #expect(throws: HandlerError(number: 3)) {
            try Simulation(seed: 0).run {
                await Task.yield()
                throw HandlerError(number: 3)
            }
        }
    }

    @Test("Inside a simulation it can be asked for; outside there is none")
    func current() throws {
        #expect(Simulation.current == nil)
        let simulation = Simulation(seed: 0)
        let isCurrent = try simulation.run {
            let inChild = await withTaskGroup(of: Bool.self) { group in
                group.addTask { Simulation.current === simulation }
                return await group.next() ?? false
            }
            return inChild && Simulation.current === simulation
        }
        #expect(isCurrent)
        #expect(Simulation.current == nil)
    }

    @Test("A host of the simulation outside any is a programmer's error")
    func outside() async {
        await #expect(processExitsWith: .failure) { _ = HostSystem.simulated }
    }

    /// What the simulation said was wrong; nil if it said nothing.
    private func failure(
        of simulation: Simulation, _ body: @escaping @Sendable () async throws -> Void
    ) -> SimulationFailure? {
        do {
            try simulation.run(body)
            return nil
        } catch {
            return error as? SimulationFailure
        }
    }
}

/// Runs `body` on a thread of its own and waits for it.
private func startAndJoinThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let context = Unmanaged.passRetained(Box(body)).toOpaque()
    #if canImport(Darwin)
        var thread: pthread_t?
        let start: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { context in
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }
    #else
        var thread = pthread_t()
        let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
            if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
            return nil
        }
    #endif
    pthread_create(&thread, nil, start, context)
    #if canImport(Darwin)
        if let thread { pthread_join(thread, nil) }
    #else
        pthread_join(thread, nil)
    #endif
}
