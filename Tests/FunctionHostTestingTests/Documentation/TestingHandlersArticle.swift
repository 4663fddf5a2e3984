// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// The code of the article *Testing handlers*.
@Suite struct TestingHandlersArticle {
    struct Order: Codable, Sendable {
        var article: String
        var pieces: Int
    }

    struct NothingOrdered: Error {}

    func price(_ order: Order, _ context: InvocationContext) async throws -> Int {
        guard order.pieces > 0 else { throw NothingOrdered() }
        try await context.sleep(for: .milliseconds(20))  // the price list is somewhere else
        return order.pieces * 300
    }

    @Test func twoPieces() async throws {
        let context = InvocationContext(functionName: "price", timeout: .seconds(1), variables: ["CURRENCY": "EUR"])
        #expect(try await price(Order(article: "tea", pieces: 2), context) == 600)
    }

    @Test(.simulated(seeds: 0..<100)) func inAHost() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let function = try host.register("price", handler: price)
        await #expect(throws: NothingOrdered.self) {
            try await host.invoke(function, with: Order(article: "tea", pieces: 0))
        }
        #expect(try await host.invoke(function, with: Order(article: "tea", pieces: 1)) == 300)
        #expect(events.outcomes(of: "price") == [.failed, .succeeded])
    }

    @Test(.simulated(seeds: 0..<100)) func retries() async throws {
        let host = FunctionHost(system: .simulated)
        let start = host.now
        let flaky = try host.register("flaky") { (_: Int, context) in
            if context.attempt < 3 { throw NothingOrdered() }
        }
        try await host.run {
            try await host.enqueue(flaky, with: 1)
            try await host.drain()
        }
        #expect(start.duration(to: host.now) >= .seconds(180))
    }

    @Test(.simulated(seeds: 0..<100)) func timeouts() async throws {
        let host = FunctionHost(system: .simulated)
        let function = try host.register("price", configuration: .init(timeout: .milliseconds(10)), handler: price)
        let error = await #expect(throws: FunctionHostError.self) {
            try await host.invoke(function, with: Order(article: "tea", pieces: 1))
        }
        #expect(error?.code == .timedOut)
    }

    @Test(.simulated(seeds: 0..<10)) func fromAFile() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("price", handler: price)
        let response = try await host.invoke(named: "price", event: EventFile("Events/order.json"))
        #expect(response.text == "600")
    }

    @Test(.simulated(seeds: 0..<10)) func tomorrow() async throws {
        let simulation = try #require(Simulation.current)
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let function = try host.register("price", handler: price)
        _ = try await host.invoke(function, with: Order(article: "tea", pieces: 1))
        try await simulation.advance(by: .seconds(86_400))
        #expect(events.environmentEnds(of: "price") == [.idle])
    }
}
