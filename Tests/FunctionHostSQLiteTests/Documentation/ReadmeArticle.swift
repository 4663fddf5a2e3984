// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTesting
import Testing

/// The code of the README.
@Suite struct ReadmeArticle {
    @Test func threeLines() async throws {
        let host = FunctionHost()
        let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
        let greeting = try await host.invoke(greet, with: "world")
        #expect(greeting == "Hello, world")
    }

    /// Compiled and not run: the file would stay where the tests are run.
    func onDisk() async throws {
        let host = FunctionHost(store: try SQLiteStore(path: "queue.sqlite"))
        let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
        try await host.run {
            try await host.enqueue(greet, with: "world", options: .init(delay: .seconds(60)))
        }
    }

    @Test func byHand() async throws {
        let receipt = try await checkout(order, InvocationContext(functionName: "checkout"))
        #expect(receipt == "2 × tea")
    }

    @Test(.simulated(seeds: 0..<1_000)) func aSlowTillTimesOut() async throws {
        let host = FunctionHost(system: .simulated)
        let function = try host.register("checkout", configuration: .init(timeout: .seconds(1)), handler: checkout)
        let error = await #expect(throws: FunctionHostError.self) { try await host.invoke(function, with: order) }
        #expect(error?.code == .timedOut)
    }

    struct Order: Sendable {
        var article: String
        var pieces: Int
    }

    let order = Order(article: "tea", pieces: 2)

    let checkout: @Sendable (Order, InvocationContext) async throws -> String = { order, context in
        try await context.sleep(for: .seconds(order.pieces))
        return "\(order.pieces) × \(order.article)"
    }
}
