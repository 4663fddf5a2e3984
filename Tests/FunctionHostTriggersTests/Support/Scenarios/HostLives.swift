// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting

/// Hosts that live one after another, each for a while, until everything is over or should be.
struct HostLives {
    /// How long a scenario may take.
    static let end = Simulation.start.advanced(by: .seconds(900))

    let simulation: Simulation
    /// Whether they end before everything is over, in a shutdown or cut off, at any moment.
    let isMortal: Bool
    /// How many there are at a time.
    var count = 1

    /// Has hosts work while something is produced.
    ///
    /// - Parameters:
    ///   - isOver: Whether everything is over.
    ///   - begin: Sets up a new host.
    ///   - meanwhile: What happens while a host works; cut off with it.
    ///   - afterwards: What happens after a host's end.
    func run<Mapping: Sendable>(
        until isOver: @escaping @Sendable () -> Bool, producing produce: @escaping @Sendable () async throws -> Void,
        begin: @escaping @Sendable (FunctionHost) throws -> Mapping,
        meanwhile: @escaping @Sendable (FunctionHost, Mapping) async throws -> Void = { _, _ in },
        afterwards: @escaping @Sendable () async throws -> Void = {}
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await produce() }
            for _ in 0..<count {
                group.addTask {
                    while simulation.now < Self.end, !isOver() {
                        let host = FunctionHost(system: .simulated(by: simulation))
                        let mapping = try begin(host)
                        await live(host, until: isOver) { try await meanwhile(host, mapping) }
                        try await afterwards()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func live(
        _ host: FunctionHost, until isOver: @Sendable () -> Bool,
        meanwhile: @escaping @Sendable () async throws -> Void
    ) async {
        await withTaskGroup(of: Bool.self) { life in
            life.addTask {
                _ = try? await host.run()
                return true
            }
            // Cut off with the host.
            life.addTask {
                try? await meanwhile()
                return false
            }
            let death =
                isMortal ? simulation.now.advanced(by: .milliseconds(simulation.random(in: 1...20_000))) : Self.end
            while !isOver(), simulation.now < death {
                try? await simulation.advance(by: min(.seconds(1), simulation.now.duration(to: death)))
            }
            if simulation.chance(0.5) {
                host.triggerGracefulShutdown()
                for await isHost in life where isHost { break }
            }
            life.cancelAll()
        }
    }
}
