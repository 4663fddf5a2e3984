// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

struct Order: Codable, Hashable, Sendable {
    struct Line: Codable, Hashable, Sendable {
        var item: String
        var price: Int
    }

    var id: Int
    var lines: [Line] = []
}

struct Receipt: Codable, Hashable, Sendable {
    var order: Int
    var total: Int
}

extension Function where Input == Order, Output == Receipt {
    static var checkout: Self { "checkout" }
}

extension StreamingFunction where Input == Int, Chunk == Int {
    static var countdown: Self { "countdown" }
}

/// The code that the documentation shows, as it is there.
@Suite("Documented examples") struct DocumentedExamplesTests {
    @Test("Three lines are enough, without run() and on the machine's own clock")
    func threeLines() async throws {
        let host = FunctionHost()
        let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
        let greeting = try await host.invoke(greet, with: "world")
        #expect(greeting == "Hello, world")
    }

    @Test("A literal shared by both ends registers and invokes", .simulated(seeds: 0..<20))
    func sharedLiteral() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register(.checkout) { order, _ in
            Receipt(order: order.id, total: order.lines.reduce(0) { $0 + $1.price })
        }
        let receipt = try await host.invoke(.checkout, with: Order(id: 7, lines: [.init(item: "tea", price: 3)]))
        #expect(receipt == Receipt(order: 7, total: 3))
    }

    /// As a renderer is: costly to make, and bound to one task at a time.
    private final class Renderer {
        private var rendered = 0

        func render(_ job: String) -> String {
            rendered += 1
            return "\(job) #\(rendered)"
        }
    }

    @Test("State that is not Sendable is warm the second time", .simulated(seeds: 0..<20))
    func warmState() async throws {
        let host = FunctionHost(system: .simulated)
        let thumbnail = try host.register("thumbnail", environment: { _ in Renderer() }) { renderer, job, _ in
            renderer.render(job)
        }
        #expect(try await host.invoke(thumbnail, with: "a.png") == "a.png #1")
        #expect(try await host.invoke(thumbnail, with: "b.png") == "b.png #2")
    }

    @Test("A stream reads like a sequence", .simulated(seeds: 0..<20))
    func streaming() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register(.countdown) { start, numbers, _ in
            for number in stride(from: start, to: 0, by: -1) { try await numbers.write(number) }
        }
        let sum = try await host.stream(.countdown, with: 4) { numbers in
            try await numbers.reduce(into: 0) { $0 += $1 }
        }
        #expect(sum == 10)
    }

    @Test("A handler is tested by hand with a context made in one line")
    func contextByHand() {
        let context = InvocationContext(functionName: "greet")
        let handler: (String, InvocationContext) -> String = { "\($1.functionName): Hello, \($0)" }
        #expect(handler("world", context) == "greet: Hello, world")
    }
}
