// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// A host in the simulation of this test with a bus, and what its functions were given.
final class BusRig: Sendable {
    let host: FunctionHost
    let simulation: Simulation
    let bus: EventBus
    let events = DeliveryEvents()
    let given = Notes<String>()
    let replays = ReplayEvents()

    init(
        store: any InvocationStore = InMemoryStore(),
        host change: (inout FunctionHost.Configuration) -> Void = { _ in },
        bus configure: (inout EventBus.Configuration) -> Void = { _ in }
    ) throws {
        simulation = try #require(Simulation.current)
        var configuration = FunctionHost.Configuration()
        change(&configuration)
        host = FunctionHost(
            configuration: configuration, observers: [events, replays], store: store, system: .simulated(by: simulation)
        )
        var limits = EventBus.Configuration()
        configure(&limits)
        bus = try EventBus("orders", on: host, configuration: limits)
        try host.register(raw: "work") { [given] bytes, _ in
            given.add(String(decoding: bytes, as: UTF8.self))
            return []
        }
    }

    static let entry = EventEntry(source: "shop", detailType: "Order Placed", detail: #"{"total":120}"#)

    /// A rule for everything from the shop.
    func route(_ targets: RuleTarget..., named name: String = "all") throws {
        try bus.putRule(name, pattern: #"{"source":["shop"]}"#, targets: targets)
    }

    /// What one event with this detail comes to at a target.
    func made(_ input: TargetInput, from detail: String) async throws -> [String] {
        let sink = TestSink()
        try route(RuleTarget("t", .queue(sink), input: input))
        _ = try await bus.put([EventEntry(source: "shop", detailType: "x", detail: detail)])[0].get()
        return sink.bodies
    }
}

/// Hears of replays.
struct ReplayEvents: HostObserver {
    let delivery = ObserverDelivery.immediate
    let all = Notes<String>()

    func told(_ event: any ServiceEvent) {
        if event is ReplayEvent { all.add("\(event)") }
    }
}
