// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// The code of the article *Retrying events*.
@Suite(.simulated(seeds: 0..<20)) struct RetryingEventsArticle {
    @Test func policies() async throws {
        var limits = FunctionHost.Configuration()
        limits.retryBudget = RetryBudget(share: 0.2, window: .seconds(60), reserve: 100)
        let host = FunctionHost(configuration: limits, system: .simulated)
        var configuration = FunctionConfiguration()
        configuration.retry = .exponential(maximumAttempts: 8, base: .seconds(1), maximum: .seconds(300), jitter: .full)
        configuration.maximumEventAge = .seconds(86_400)
        let bank = Bank()
        let charge = try host.register("charge", configuration: configuration) { (order: Order, context) in
            switch await bank.charge(order) {
            case .done: return
            case .refused: throw DoNotRetry("the card was refused")
            case .busy(let delay): throw RetryLater(after: delay)
            case .broken(let error): throw error
            }
        }
        try await host.run {
            for number in 0..<4 { try await host.enqueue(charge, with: Order(number: number)) }
            try await host.drain()
            #expect(try await host.deadLetters.list().map(\.attempts).sorted() == [1, 8])
        }
        #expect(bank.done == [0, 2])
    }

    @Test func classifier() async throws {
        let host = FunctionHost(system: .simulated)
        var configuration = FunctionConfiguration()
        configuration.retry = .lambda.retrying { error in error is InvalidAddress ? .doNotRetry : .retry }
        let send = try host.register("send", configuration: configuration) { (_: Int, _) in throw InvalidAddress() }
        try await host.run {
            try await host.enqueue(send, with: 1)
            try await host.drain()
            #expect(try await host.deadLetters.list().map(\.attempts) == [1])
        }
    }

    struct Order: Sendable { var number: Int }
    struct InvalidAddress: Error {}
    struct Outage: Error {}

    /// Does the first, refuses the second, is busy with the third at first, and breaks over the fourth.
    final class Bank: Sendable {
        enum Answer {
            case done, refused
            case busy(Duration)
            case broken(any Error)
        }

        private let state = Mutex<(calls: Int, done: [Int])>((0, []))

        var done: [Int] { state.withLock { $0.done.sorted() } }

        func charge(_ order: Order) async -> Answer {
            state.withLock { state in
                switch order.number {
                case 1: return .refused
                case 2 where state.calls == 0:
                    state.calls = 1
                    return .busy(.seconds(30))
                case 3: return .broken(Outage())
                default:
                    state.done.append(order.number)
                    return .done
                }
            }
        }
    }
}
