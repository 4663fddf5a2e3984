// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Hosts on real threads: without waiting for time to pass, which the machine's clock or one set by hand decides.
@Suite("Real threads") struct SystemTests {
    @Test("An alarm for a time that has passed rings, and so does an earlier one set after a later one")
    func alarm() async {
        let clock = SystemClock()
        for times in [[Duration.zero], [.seconds(-60)], [.seconds(3_600), .zero]] {
            await withCheckedContinuation { continuation in
                let alarm = clock.makeAlarm { continuation.resume() }
                for time in times { alarm.ring(noLaterThan: clock.now.advanced(by: time)) }
            }
        }
    }

    @Test("A function on the bulkhead runs on the host's own threads, and completes")
    func bulkhead() async throws {
        let host = FunctionHost()
        let answer = try host.register("answer", configuration: .init(timeout: nil, placement: .bulkhead)) {
            (number: Int, _) in
            await Task.yield()
            return (number, Self.threadName)
        }
        try await host.run {
            try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<100 { group.addTask { try await host.invoke(answer, with: number) } }
                let answers = try await group.reduce(into: []) { $0.append($1) }
                #expect(answers.map(\.0).sorted() == Array(0..<100))
                #if os(Linux)
                    #expect(Set(answers.map(\.1)) == ["host-bulkhead"])
                #endif
            }
        }
    }

    @Test("As many handlers as there are cores may block their threads, and the others are served")
    func blocked() async throws {
        let host = FunctionHost()
        let latch = Latch()
        let block = try host.register("block", configuration: .init(timeout: nil, placement: .bulkhead)) {
            (_: Void, _) in
            latch.wait()
        }
        let greet = try host.register("greet", configuration: .init(timeout: nil, placement: .bulkhead)) {
            (_: Void, _) in
            "Hello"
        }
        try await host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<max(4, Self.cores) { group.addTask { try await host.invoke(block) } }
                for _ in 0..<10 { #expect(try await host.invoke(greet) == "Hello") }
                latch.open()
                try await group.waitForAll()
            }
        }
    }

    @Test("A caller's deadline holds also while every thread of the bulkhead is taken")
    func noThread() async throws {
        let clock = HandClock()
        var configuration = FunctionHost.Configuration()
        configuration.bulkheadThreads = 1
        let host = FunctionHost(configuration: configuration, system: HostSystem(clock: clock, seed: 1))
        let latch = Latch()
        let block = try host.register("block", configuration: .init(timeout: nil, placement: .bulkhead)) {
            (_: Void, _) in
            latch.wait()
        }
        try await host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await host.invoke(block) }
                try await until { !host.runningInvocations().isEmpty }
                let answered = Notes<Bool>()
                group.addTask {
                    await expectError(.timedOut, of: "block", saying: "") {
                        try await host.invoke(block, options: .init(timeLimit: .seconds(1)))
                    }
                    answered.add(true)
                }
                try await until { try host.describe("block").concurrentExecutions >= 2 }
                while answered.count == 0 {
                    clock.advance(by: .seconds(1))
                    await Task.yield()
                }
                latch.open()
                try await group.waitForAll()
            }
        }
        #expect(host.runningInvocations().isEmpty)
    }

    @Test("A handler that holds its caller's thread past its deadline is reported although it never suspends")
    func spinning() async throws {
        let clock = HandClock()
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: HostSystem(clock: clock, seed: 1))
        let spin = try host.register("spin", configuration: .init(timeout: .seconds(2))) { (_: Void, _) in
            for _ in 0..<6 { clock.advance(by: .milliseconds(500)) }
            #expect(events.overdue.count == 1)
            return "too late"
        }
        await expectError(.timedOut, of: "spin", saying: "2.00 seconds") { try await host.invoke(spin) }
        #expect(events.outcomes() == [.timedOut])
    }

    @Test("A handler that holds its caller's thread for long is reported once, also when it suspends at last")
    func spinningOn() async throws {
        let clock = HandClock()
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: HostSystem(clock: clock, seed: 1))
        let spin = try host.register("spin", configuration: .init(timeout: .seconds(2))) { (_: Void, _) in
            for _ in 0..<20 { clock.advance(by: .milliseconds(500)) }
            #expect(events.overdue.count == 1)
            for _ in 0..<20 {
                await Task.yield()
                clock.advance(by: .milliseconds(500))
            }
        }
        await expectError(.timedOut, of: "spin", saying: "2.00 seconds") { try await host.invoke(spin) }
        #expect(events.overdue.count == 1)
    }

    @Test("A host on the machine's clock and seed gives each invocation an id of its own")
    func seeds() async throws {
        let ids = try await withThrowingTaskGroup(of: InvocationID.self) { group in
            for _ in 0..<10 {
                let host = FunctionHost()
                let identify = try host.register("identify") { (_: Void, context) in context.id }
                for _ in 0..<10 { group.addTask { try await host.invoke(identify) } }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 100)
    }

    @Test("Where no directory can be made the handler is told what the system says")
    func noScratchDirectory() async {
        await #expect(processExitsWith: .success) {
            setenv("TMPDIR", "/nowhere/at/all", 1)
            let host = FunctionHost()
            let work = try host.register("work") { (_: Void, context) in try context.scratchDirectory() }
            do {
                _ = try await host.invoke(work)
                exit(1)
            } catch let error as FunctionHostError {
                let isTold = error.reason.contains("/nowhere/at/all: No such file or directory")
                exit(error.code == .systemError && error.functionName == "work" && isTold ? 0 : 2)
            }
        }
    }

    @Test("An event file that is not there is a system error that names it")
    func noEventFile() async {
        await expectError(.systemError, of: nil, saying: "Events/missing.json cannot be read: No such file") {
            try EventFile("Events/missing.json")
        }
    }

    private static var cores: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// What the system calls this thread; Linux only.
    private static var threadName: String {
        guard let file = fopen("/proc/thread-self/comm", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<max(0, count - 1)], as: UTF8.self)
    }
}
