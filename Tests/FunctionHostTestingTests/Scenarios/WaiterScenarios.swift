// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite struct WaiterScenarios {
    @Test("Who waits is served in the order of arrival, in each queue", .everySeed)
    func order() async throws {
        let rig = try Rig(limit: 2)
        let reserved = FunctionConfiguration(
            timeout: .seconds(3), reservedConcurrency: 1, saturation: .wait(atMost: .seconds(60)))
        // Two functions share the unreserved queue, one has a queue of its own; one permit each.
        let arrivals = [Log<Int>(), Log<Int>()]
        let starts = [Log<Int>(), Log<Int>()]
        let functions = try [("a", 0), ("b", 0), ("own", 1)].map { name, queue in
            try rig.host.register(
                Function<Int, Void>(name), configuration: queue == 0 ? .waiting : reserved
            ) { number, context in
                starts[queue].append(number)
                if rig.simulation.chance(0.5) { try await context.sleep(for: rig.some(2)) }
            }
        }
        await withDiscardingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    await rig.call {
                        try await rig.pause(2)
                        let function = functions[number % 3]
                        // From here to the queue nothing waits, so this is the order of arrival.
                        arrivals[number % 3 == 2 ? 1 : 0].append(number)
                        try await rig.host.invoke(function, with: number)
                    }
                }
            }
        }
        #expect(starts[0].entries == arrivals[0].entries)
        #expect(starts[1].entries == arrivals[1].entries)
        #expect(rig.count(.answered) == 8)
        rig.expectAtRest()
    }

    @Test("Whoever is cancelled while waiting leaves no trace, and the next one has its turn", .everySeed)
    func cancelledWaiters() async throws {
        let rig = try Rig(limit: 1)
        let inside = Gauge("the function", limit: 1)
        let work = try rig.host.register("work", configuration: .waiting) { (_: Void, context) in
            try await inside.within { _ in try await context.sleep(for: .milliseconds(1) + rig.some(2)) }
        }
        await withTaskGroup(of: Verdict.self) { group in
            for number in 0..<5 {
                group.addTask {
                    number.isMultiple(of: 2)
                        ? await rig.call { try await rig.host.invoke(work) }
                        : await rig.callAndCancel(within: 6) { try await rig.host.invoke(work) }
                }
            }
        }
        #expect(rig.callCount == 5)
        #expect(rig.count(.answered) >= 3)
        #expect(rig.count(.answered) + rig.count(.cancelled) == 5)
        // Those who were cancelled in the queue were neither counted nor throttled.
        #expect(rig.ledger.counts.throttled == 0)
        #expect(rig.ledger.counts.started == inside.entries)
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("Whoever waits too long is throttled, and no permit goes to somebody who has left", .everySeed)
    func impatientWaiters() async throws {
        let rig = try Rig(limit: 1)
        let work = try rig.host.register("work", configuration: .waiting(atMost: .milliseconds(4))) {
            (_: Void, context) in
            // The same times as the patience, so that turns come at the very moment in which somebody gives up.
            try await context.sleep(for: .milliseconds(rig.simulation.chance(0.5) ? 4 : 2))
        }
        await withDiscardingTaskGroup { group in
            for _ in 0..<5 {
                group.addTask { await rig.call { try await rig.host.invoke(work) } }
            }
        }
        let total = rig.metrics.snapshot().total
        #expect(total.invocations + total.throttles == 5)
        #expect(rig.count(.answered) == total.invocations)
        #expect(rig.count(.throttled) == total.throttles)
        #expect(rig.count(.answered) >= 1)
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("A turn that comes in the moment of cancellation goes to the next one", .everySeed)
    func cancelledAtTheGrant() async throws {
        let rig = try Rig(limit: 1)
        let next = Gate()
        let work = try rig.host.register("work", configuration: .waiting) { (duration: Duration, context) in
            if duration > .zero { try await context.sleep(for: duration) }
        }
        await withDiscardingTaskGroup { group in
            // The first ends at the very instant in which the second, who waits, is cancelled; the third must be served.
            group.addTask {
                await rig.call { try await rig.host.invoke(work, with: .milliseconds(20)) }
            }
            group.addTask {
                await rig.callAndCancel(after: .milliseconds(20)) { try await rig.host.invoke(work, with: .zero) }
                next.open()
            }
            group.addTask {
                await rig.call {
                    try await rig.simulation.advance(by: .milliseconds(1))
                    try await rig.host.invoke(work, with: .zero)
                }
            }
        }
        #expect(rig.count(.answered) + rig.count(.cancelled) == 3)
        #expect(rig.count(.answered) >= 2)
        await next.wait()
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("A function that invokes itself at a limit of 1 is turned away and never waits for ever", .everySeed)
    func selfInvocation() async throws {
        let rig = try Rig(limit: 1)
        let patience: SaturationPolicy = rig.simulation.chance(0.5) ? .reject : .wait(atMost: .milliseconds(50))
        let inner = Log<Verdict>()
        try rig.host.register(
            Function<Int, Void>("itself"), configuration: .init(timeout: .seconds(3), saturation: patience)
        ) { depth, _ in
            guard depth > 0 else { return }
            let verdict = await rig.call {
                try await rig.host.invoke(Function<Int, Void>("itself"), with: depth - 1)
            }
            inner.append(verdict)
        }
        let host = rig.host
        await withDiscardingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask { await rig.call { try await host.invoke(Function<Int, Void>("itself"), with: 1) } }
            }
        }
        // While the outer one holds the only permit the inner one cannot have it.
        #expect(inner.entries.allSatisfy { $0 == .throttled })
        #expect(!inner.entries.isEmpty)
        #expect(rig.count(.answered) + rig.count(.throttled) == rig.callCount)
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("Nested invocations are all answered when there is room for the whole chain", .everySeed)
    func nestedInvocations() async throws {
        let rig = try Rig(limit: 3)
        let depths = Log<Int>()
        try rig.host.register(Function<Int, Int>("chain"), configuration: .init(timeout: .seconds(3))) {
            depth, context in
            depths.append(depth)
            try await context.sleep(for: rig.some(1))
            guard depth > 1 else { return 1 }
            return try await rig.host.invoke(Function<Int, Int>("chain"), with: depth - 1) + 1
        }
        let gate = try rig.host.register("door", configuration: .waiting) { (_: Void, _) in }
        await withDiscardingTaskGroup { group in
            group.addTask {
                await rig.call {
                    let depth = try await rig.host.invoke(Function<Int, Int>("chain"), with: 2)
                    #expect(depth == 2)
                }
            }
            for _ in 0..<3 { group.addTask { await rig.call { try await rig.host.invoke(gate) } } }
        }
        // The chain needs two of three permits at a time and does not wait; the doors may hold all three.
        #expect(rig.count(.answered) + rig.count(.throttled) == 4)
        #expect(rig.count(.answered) >= 3)
        rig.expectAtRest()
        try await rig.expectRoom()
    }
}
