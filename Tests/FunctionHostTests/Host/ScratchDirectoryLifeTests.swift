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

/// A scratch directory belongs to its environment: it is there from the first question to the environment's end.
@Suite("Scratch directories", .simulated(seeds: 0..<4)) struct ScratchDirectoryLifeTests {
    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func write(_ path: String) {
        if let file = fopen(path, "w") { fclose(file) }
    }

    @Test("What one invocation leaves there the next one in the same environment finds, and no other")
    func warm() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register("work") { (length: Duration, context) in
            let path = try context.scratchDirectory()
            let isThere = Self.exists(path + "/left")
            Self.write(path + "/left")
            try await context.sleep(for: length)
            return isThere
        }
        #expect(try await host.invoke(work, with: .zero) == false)
        async let first = host.invoke(work, with: .seconds(1))
        async let second = host.invoke(work, with: .seconds(1))
        #expect(try await Set([first, second]) == [true, false])
        await host.shutdown()
    }

    @Test("Two handlers in one shared environment have one directory")
    func shared() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register("work", sharedBy: 2, environment: { _ in 0 }) { (_: Int, _: Void, context) in
            try await context.sleep(for: .seconds(1))
            return try context.scratchDirectory()
        }
        async let first = host.invoke(work)
        async let second = host.invoke(work)
        let (one, other) = try await (first, second)
        #expect(one == other)
        await host.shutdown()
        #expect(!Self.exists(one))
    }

    @Test(
        "It goes with what is in it when the environment ends, for whatever reason",
        arguments: [
            EnvironmentEnd.idle, .timedOut, .discarded, .updated, .removed, .shutdown,
        ])
    func end(_ reason: EnvironmentEnd) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let paths = Notes<String>()
        let work = try host.register("work") { (_: Void, context) in
            let path = try context.scratchDirectory()
            paths.add(path)
            Self.write(path + "/left")
            mkdir(path + "/folder", 0o700)
            Self.write(path + "/folder/deep")
            if reason == .timedOut { try await context.sleep(for: .seconds(100)) }
            if reason == .discarded { context.discardEnvironment() }
        }
        try? await host.invoke(work)
        let path = try #require(paths.last)
        if [.idle, .updated, .removed, .shutdown].contains(reason) { #expect(Self.exists(path + "/folder/deep")) }
        switch reason {
        case .idle: try await pass(.seconds(301))
        case .updated: try host.update("work") { $0.memorySize = 256 }
        case .removed: try host.remove("work")
        case .shutdown: await host.shutdown()
        case .timedOut, .discarded: break
        }
        #expect(!Self.exists(path))
        #expect(events.environmentEnds() == [reason])
    }
}
