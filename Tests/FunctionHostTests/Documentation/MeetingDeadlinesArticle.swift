// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// The code of the article *Meeting deadlines*.
@Suite struct MeetingDeadlinesArticle {
    @Test(.simulated(seeds: 0..<20)) func timeout() async throws {
        let host = FunctionHost(system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(2))) { (seconds: Int, context) in
            try await context.sleep(for: .seconds(seconds))
        }
        try await host.invoke(nap, with: 1)
        do {
            try await host.invoke(nap, with: 60)
        } catch let error as FunctionHostError where error.code == .timedOut {
            print(error)  // timedOut (nap): task timed out after 2.00 seconds
            #expect("\(error)" == "timedOut (nap): task timed out after 2.00 seconds")
        }
    }

    @Test func cooperating() async throws {
        let host = FunctionHost()
        let sum = try host.register("sum") { (numbers: [Int], context) in
            var total = 0
            for (index, number) in numbers.enumerated() {
                if index.isMultiple(of: 1_024) { try Task.checkCancellation() }
                total &+= number
            }
            context.log("Summed", metadata: ["left": "\(context.remainingTime)"])
            return total
        }
        #expect(try await host.invoke(sum, with: [1, 2, 3]) == 6)
    }

    @Test(.simulated(seeds: 0..<20)) func chain() async throws {
        let host = FunctionHost(system: .simulated)
        let price = try host.register("price") { (article: String, _) in article.count }
        let checkout = try host.register("checkout") { [unowned host] (articles: [String], context) in
            let options = InvocationOptions(deadline: context.deadline)
            var total = 0
            for article in articles { total += try await host.invoke(price, with: article, options: options) }
            return total
        }
        #expect(try await host.invoke(checkout, with: ["tea", "milk"]) == 7)
    }

    @Test(.simulated(seeds: 0..<20)) func bulkhead() async throws {
        let host = FunctionHost(system: .simulated)
        let configuration = FunctionConfiguration(timeout: .seconds(2), reservedConcurrency: 4, placement: .bulkhead)
        let parse = try host.register("parse", configuration: configuration) { (page: String, _) in
            page.split(separator: " ").count  // may spin: nobody waits for it beyond the deadline
        }
        try await host.run {
            let words = try await host.invoke(parse, with: "not long")
            for invocation in host.runningInvocations() where invocation.isAnswered {
                print("\(invocation.functionName) goes on, overdue by \(invocation.overdue ?? .zero)")
            }
            #expect(words == 2)
        }
    }

    @Test func noTimeout() async throws {
        let host = FunctionHost()
        let add = try host.register("add", configuration: .init(timeout: nil)) { (pair: [Int], _) in
            pair.reduce(0, +)
        }
        #expect(try await host.invoke(add, with: [20, 22]) == 42)
    }
}
