// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing
import TestingHandlers

@Suite struct CheckoutTests {
    // A handler is a function: a context made by hand is all it takes.
    @Test func anOrderGetsItsReceipt() async throws {
        let context = InvocationContext(functionName: "checkout")
        let receipt = try await checkout(Order(article: "tea", pieces: 2), context, stock: TestStock(["tea": 5]))
        #expect(receipt == Receipt(article: "tea", pieces: 2, attempt: 1))
    }

    @Test(arguments: [0, -1])
    func anOrderOfNothingIsRefused(pieces: Int) async {
        let context = InvocationContext(functionName: "checkout")
        await #expect(throws: CheckoutError.noPieces) {
            try await checkout(Order(article: "tea", pieces: pieces), context, stock: TestStock([:]))
        }
    }

    // A thousand orders of events, each decided by a seed: however the two orders meet, one of them gets the last piece.
    @Test(.simulated(seeds: 0..<1_000))
    func theLastPieceIsSoldOnce() async throws {
        #expect(try await ordersFilled { try await checkout($0, $1, stock: $2) } == 1)
    }

    // The same test finds the handler that looks first: at once, and with a seed that shows it again.
    @Test func theHastyHandlerIsFound() throws {
        let finding = try (0..<1_000).first { seed in
            try Simulation(seed: seed).run {
                try await Self.ordersFilled { try await hastyCheckout($0, $1, stock: $2) } > 1
            }
        }
        #expect(finding != nil)
    }

    // Three days of waiting take no time.
    @Test(.simulated(seeds: 0..<10))
    func aSlowStockRunsIntoTheTimeout() async throws {
        let host = FunctionHost(system: .simulated)
        let stock = TestStock(["tea": 1], latency: .seconds(3 * 86_400))
        let function = try host.register("checkout") { try await checkout($0, $1, stock: stock) }
        let error = await #expect(throws: FunctionHostError.self) {
            try await host.invoke(function, with: Order(article: "tea", pieces: 1))
        }
        #expect(error?.code == .timedOut)
    }

    // The event as it comes over the wire.
    @Test(.simulated(seeds: 0..<10))
    func theEventOfTheShopIsUnderstood() async throws {
        let host = FunctionHost(system: .simulated)
        let stock = TestStock(["tea": 9])
        try host.register("checkout") { try await checkout($0, $1, stock: stock) }
        let response = try await host.invoke(named: "checkout", event: EventFile("Events/order.json"))
        #expect(response.functionError == nil)
        #expect(response.text.contains(#""pieces":2"#))
    }

    // Two faults and two pauses, one minute and then two as in Lambda: three minutes that take no time.
    @Test(.simulated(seeds: 0..<10)) func aPassingFaultIsTriedAgain() async throws {
        let (host, stock) = (FunctionHost(system: .simulated), TestStock(["tea": 5], faults: 2))
        let function = try host.register("checkout") { try await checkout($0, $1, stock: stock) }
        let start = host.now
        try await host.enqueue(function, with: Order(article: "tea", pieces: 2))
        try await host.run { try await host.drain() }
        #expect(stock.attempts == [1, 2, 3])
        #expect(start.duration(to: host.now) == .seconds(180))
    }

    // What fails each time is not lost: the letter says why and how often, and holds the order.
    @Test(.simulated(seeds: 0..<10)) func whatFailsForGoodBecomesADeadLetter() async throws {
        let (host, stock) = (FunctionHost(system: .simulated), TestStock(["tea": 1]))
        let function = try host.register("checkout") { try await checkout($0, $1, stock: stock) }
        let id = try await host.enqueue(function, with: Order(article: "tea", pieces: 2))
        try await host.run { try await host.drain() }
        let letter = try #require(try await host.deadLetters.letter(id))
        #expect(letter.cause == .retriesExhausted)
        #expect(letter.history.map(\.errorMessage) == ["soldOut", "soldOut", "soldOut"])
    }

    private typealias Handler = @Sendable (Order, InvocationContext, TestStock) async throws -> Receipt

    /// How many of two orders for the last piece are filled.
    private static func ordersFilled(by handler: @escaping Handler) async throws -> Int {
        let host = FunctionHost(system: .simulated)
        let stock = TestStock(["tea": 1], latency: .milliseconds(5))
        let function = try host.register("checkout") { try await handler($0, $1, stock) }
        return await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    do {
                        _ = try await host.invoke(function, with: Order(article: "tea", pieces: 1))
                        return true
                    } catch { return false }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    private func ordersFilled(by handler: @escaping Handler) async throws -> Int {
        try await Self.ordersFilled(by: handler)
    }
}

/// A stock in memory that takes its time, by the invocation's own clock, and may be out of reach at first.
final class TestStock: Stock {
    private let pieces: Mutex<[String: Int]>
    private let calls = Mutex<[Int]>([])
    private let latency: Duration
    private let faults: Int

    init(_ pieces: [String: Int], latency: Duration = .zero, faults: Int = 0) {
        self.pieces = Mutex(pieces)
        self.latency = latency
        self.faults = faults
    }

    /// Which attempt each call to take something came from.
    var attempts: [Int] { calls.withLock { $0 } }

    func count(of article: String, _ context: InvocationContext) async throws -> Int {
        try await context.sleep(for: latency)
        return pieces.withLock { $0[article] ?? 0 }
    }

    func take(_ count: Int, of article: String, _ context: InvocationContext) async throws -> Bool {
        try await context.sleep(for: latency)
        let call = calls.withLock { calls in
            calls.append(context.attempt)
            return calls.count
        }
        if call <= faults { throw OutOfReach() }
        return pieces.withLock { pieces in
            guard let left = pieces[article], left >= count else { return false }
            pieces[article] = left - count
            return true
        }
    }
}

/// The network between the shop and its stock is down.
struct OutOfReach: Error {}
