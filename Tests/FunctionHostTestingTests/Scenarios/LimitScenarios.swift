// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct LimitScenarios {
    @Test("However many functions are mixed, no more run than the host's limit at any instant", .everySeed)
    func mixedFunctions() async throws {
        let rig = try Rig(limit: 2)
        let inside = Gauge("the host", limit: 2)
        let slow = try rig.host.register("slow", configuration: .waiting) { (_: Void, context) in
            try await inside.within { _ in try await context.sleep(for: rig.some(3)) }
        }
        let quick = try rig.host.register("quick") { (_: Void, _) in await inside.within { _ in } }
        let stream: StreamingFunction<Int, Int> = try rig.host.register("stream", configuration: .waiting) {
            count, writer, _ in
            try await inside.within { _ in for chunk in 0..<count { try await writer.write(chunk) } }
        }
        await withDiscardingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask { await rig.call { try await rig.host.invoke(slow) } }
                group.addTask { await rig.call { try await rig.host.invoke(quick) } }
                group.addTask {
                    await rig.call { try await rig.host.stream(stream, with: 2) { for try await _ in $0 {} } }
                }
            }
        }
        #expect(rig.callCount == 6)
        #expect(rig.count(.answered) + rig.count(.throttled) == 6)
        #expect(rig.ledger.counts.started + rig.ledger.counts.throttled == 6)
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("A function gets what it has reserved and no more, and the others share the rest", .everySeed)
    func reservations() async throws {
        let rig = try Rig(limit: 4)
        let shares = [("one", 1 as Int?, 1), ("two", 2, 2), ("rest", nil, 1), ("other", nil, 1)]
        let shared = Gauge("the unreserved share", limit: 1)
        try await withThrowingDiscardingTaskGroup { group in
            for (name, reserved, room) in shares {
                let inside = reserved == nil ? shared : Gauge(name, limit: room)
                let callers = Gauge("the callers of \(name)")
                let configuration = FunctionConfiguration(timeout: .seconds(3), reservedConcurrency: reserved)
                let function = try rig.host.register(Function<Void, Void>(name), configuration: configuration) {
                    _, context in
                    try await inside.within { _ in try await context.sleep(for: rig.some(2)) }
                }
                for _ in 0..<2 {
                    group.addTask {
                        await callers.within { count in
                            let verdict = await rig.call { try await rig.host.invoke(function) }
                            // Reserved is guaranteed, whatever the others do.
                            #expect(verdict == .answered || reserved == nil || count > room)
                            #expect(verdict == .answered || verdict == .throttled)
                        }
                    }
                }
            }
        }
        #expect(rig.metrics.snapshot().total.invocations + rig.metrics.snapshot().total.throttles == 8)
        rig.expectAtRest()
        try await rig.expectRoom(for: 1)
    }

    @Test("Reservations that change while the host is full exceed no limit and strand nobody who waits", .everySeed)
    func changingReservations() async throws {
        let rig = try Rig(limit: 3)
        let inside = Gauge("the host", limit: 3)
        let functions = try ["a", "b"].map { name in
            try rig.host.register(Function<Void, Void>(name), configuration: .waiting) { _, context in
                try await inside.within { _ in try await context.sleep(for: rig.some(3)) }
            }
        }
        await withDiscardingTaskGroup { group in
            for index in 0..<7 {
                group.addTask { await rig.call { try await rig.host.invoke(functions[index % 2]) } }
            }
            group.addTask {
                await rig.call {
                    for _ in 0..<3 {
                        try await rig.pause(2)
                        let name = rig.simulation.chance(0.5) ? "a" : "b"
                        // 0 would leave those who wait for it waiting; 1 and 1 leave 1 to share.
                        let count = rig.simulation.chance(0.7) ? 1 : nil
                        try rig.host.update(name) { $0.reservedConcurrency = count }
                    }
                }
            }
        }
        #expect(rig.count(.answered) == 8)
        try rig.host.update("a") { $0.reservedConcurrency = nil }
        try rig.host.update("b") { $0.reservedConcurrency = nil }
        rig.expectAtRest()
        try await rig.expectRoom()
    }
}

extension FunctionConfiguration {
    /// Waits for room longer than any scenario takes.
    static var waiting: Self { waiting(atMost: .seconds(60)) }

    static func waiting(atMost patience: Duration, timeout: Duration? = .seconds(3)) -> Self {
        Self(timeout: timeout, saturation: .wait(atMost: patience))
    }
}
