// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Environments that are made ahead while the host runs, and kept.
@Suite("Provisioned environments", .simulated(seeds: 0..<20)) struct ProvisioningTests {
    private struct Rig {
        let events = EventRecorder()
        let host: FunctionHost
        let work: Function<Duration, Bool>

        init(
            provisioned: Int, placement: Placement = .callersTask,
            initialize: @escaping @Sendable (EnvironmentContext) async throws -> Void = { _ in
                try await pass(.seconds(2))
            }
        ) throws {
            host = FunctionHost(observers: [events], system: .simulated)
            var configuration = FunctionConfiguration(timeout: .seconds(5), placement: placement)
            configuration.provisionedConcurrency = provisioned
            configuration.idleTimeout = .seconds(10)
            work = try host.register("work", configuration: configuration, environment: { try await initialize($0) }) {
                (_: inout Void, length: Duration, context) in
                try await context.sleep(for: length)
                return context.isColdStart
            }
        }

        var environments: [Int] {
            get throws {
                let description = try host.describe("work")
                return [description.environments, description.idleEnvironments]
            }
        }
    }

    @Test(
        "They are made when the host runs, not before, and the first invocations are warm",
        arguments: [
            Placement.callersTask, .bulkhead,
        ])
    func madeAhead(_ placement: Placement) async throws {
        let rig = try Rig(provisioned: 2, placement: placement)
        try await pass(.seconds(5))
        #expect(try rig.environments == [0, 0])
        try await rig.host.run {
            try await pass(.seconds(3))
            #expect(try rig.environments == [2, 2])
            #expect(rig.events.environmentStarts(of: "work").map(\.initialization) == [.provisioned, .provisioned])
            #expect(rig.events.environmentStarts(of: "work").map(\.initDuration) == [.seconds(2), .seconds(2)])
            async let first = rig.host.invoke(rig.work, with: .seconds(1))
            async let second = rig.host.invoke(rig.work, with: .seconds(1))
            #expect(try await [first, second] == [false, false])
        }
        #expect(rig.events.environmentEnds() == [.shutdown, .shutdown])
    }

    @Test("They are kept although idle, and what is beyond them is not")
    func kept() async throws {
        let rig = try Rig(provisioned: 1)
        try await rig.host.run {
            try await pass(.seconds(3))
            async let first = rig.host.invoke(rig.work, with: .seconds(4))
            try await pass(.milliseconds(500))
            #expect(try await rig.host.invoke(rig.work, with: .seconds(1)) == true)
            _ = try await first
            #expect(try rig.environments == [2, 2])
            try await pass(.seconds(3_600))
            #expect(try rig.environments == [1, 1])
            #expect(try await rig.host.invoke(rig.work, with: .zero) == false)
        }
    }

    @Test("A function registered while the host runs has them made at once, and an update makes more or lets some go")
    func whileRunning() async throws {
        let host = FunctionHost(system: .simulated)
        try await host.run {
            var configuration = FunctionConfiguration()
            configuration.provisionedConcurrency = 1
            configuration.idleTimeout = .seconds(10)
            try host.register("work", configuration: configuration) { (_: Void, _) in }
            try await pass(.seconds(1))
            #expect(try host.describe("work").idleEnvironments == 1)
            try host.update("work") { $0.provisionedConcurrency = 3 }
            try await pass(.seconds(1))
            #expect(try host.describe("work").idleEnvironments == 3)
            try await pass(.seconds(60))
            #expect(try host.describe("work").idleEnvironments == 3)
            try host.update("work") { $0.provisionedConcurrency = 0 }
            try await pass(.seconds(60))
            #expect(try host.describe("work").idleEnvironments == 0)
        }
    }

    @Test("One that is lost to a timeout is made anew")
    func replaced() async throws {
        let rig = try Rig(provisioned: 1)
        try await rig.host.run {
            try await pass(.seconds(3))
            await expectError(.timedOut, of: "work", saying: "5.00 seconds") {
                try await rig.host.invoke(rig.work, with: .seconds(60))
            }
            try await pass(.seconds(3))
            #expect(try rig.environments == [1, 1])
            #expect(try await rig.host.invoke(rig.work, with: .zero) == false)
        }
        #expect(rig.events.environmentEnds() == [.timedOut, .shutdown])
    }

    @Test("New variables renew them")
    func renewed() async throws {
        let rig = try Rig(provisioned: 2)
        try await rig.host.run {
            try await pass(.seconds(3))
            try rig.host.update("work") { $0.variables = ["STAGE": "new"] }
            try await pass(.seconds(3))
            #expect(try rig.environments == [2, 2])
            #expect(try await rig.host.invoke(rig.work, with: .zero) == false)
        }
        #expect(rig.events.environmentEnds() == [.updated, .updated, .shutdown, .shutdown])
    }

    @Test("One that cannot be made is reported, and the next invocation tries for itself and is told why")
    func failure() async throws {
        let attempts = Notes<EnvironmentContext.Initialization>()
        let rig = try Rig(provisioned: 1) { context in
            attempts.add(context.initialization)
            if attempts.count < 3 { throw HandlerFailure("no database") }
        }
        try await rig.host.run {
            try await pass(.seconds(1))
            #expect(rig.events.names.suffix(2) == ["host running", "environment failed"])
            let error = await expectError(.initFailed, of: "work", saying: "HandlerFailure") {
                try await rig.host.invoke(rig.work, with: .zero)
            }
            #expect(error?.underlying as? HandlerFailure == HandlerFailure("no database"))
            #expect(try await rig.host.invoke(rig.work, with: .zero) == true)
        }
        #expect(attempts.all == [.provisioned, .onDemand, .onDemand])
    }
}
