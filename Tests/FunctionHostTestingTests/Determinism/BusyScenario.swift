// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting

/// A little of everything: what its digest depends on is what any scenario's does.
enum BusyScenario {
    /// The digest of a run with a seed.
    static func digest(seed: Int) throws -> UInt64 {
        let simulation = Simulation(seed: seed, strategy: seed.isMultiple(of: 2) ? .uniform : .priorities(changes: 2))
        try simulation.run { try await run() }
        return simulation.digest
    }

    static func digests(_ seeds: Range<Int>) throws -> [UInt64] { try seeds.map(digest) }

    private static func run() async throws {
        let rig = try Rig(limit: 3) { $0.streamBuffer = 2 }
        let functions = try register(rig)
        let stream = try rig.host.register(StreamingFunction<Int, Int>("stream"), configuration: .waiting) {
            count, writer, _ in
            for chunk in 0..<count { try await writer.write(chunk) }
        }
        try await rig.running {
            await withDiscardingTaskGroup { group in
                for number in 0..<6 {
                    group.addTask {
                        await rig.callAndCancel(within: 30) {
                            try await rig.pause(3)
                            try await rig.host.invoke(functions[number % functions.count], with: number)
                        }
                    }
                }
                group.addTask {
                    await rig.call { try await rig.host.stream(stream, with: 5) { for try await _ in $0 {} } }
                }
            }
        }
    }

    private static func register(_ rig: Rig) throws -> [Function<Int, Void>] {
        let stateful = try rig.host.register(
            "stateful", configuration: .waiting,
            environment: { _ in
                try await rig.pause(2)
                return Notebook()
            },
            handler: { (notebook: inout Notebook, _: Int, context: InvocationContext) in
                _ = notebook.begin()
                defer { notebook.end() }
                var generator = context.makeRandomNumberGenerator()
                try await context.sleep(for: .milliseconds(Int.random(in: 0...4, using: &generator)))
            })
        let keyed = try rig.host.register(
            Function<Int, Void>("keyed"), configuration: .bulkhead(timeout: .milliseconds(5))
        ) { number, _ in
            // Not in the order of a hash table's places, which is each process's own.
            let names = Set((0..<8).map { "key \($0)" })
            for name in names.sorted() where name.hasSuffix(String(number)) { await Task.yield() }
            await rig.simulation.sleepUncancelled(for: rig.some(8))
        }
        return [stateful, keyed]
    }
}
