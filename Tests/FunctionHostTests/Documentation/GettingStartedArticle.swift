// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// The code of the article *Getting started*, and of the README.
@Suite struct GettingStartedArticle {
    @Test func threeLines() async throws {
        let host = FunctionHost()
        let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
        let greeting = try await host.invoke(greet, with: "world")
        #expect(greeting == "Hello, world")
    }

    @Test func settings() async throws {
        let host = FunctionHost(configuration: .init(concurrency: 200))
        var configuration = FunctionConfiguration(timeout: .seconds(2), reservedConcurrency: 8)
        configuration.variables = ["CURRENCY": "EUR"]
        let price = try host.register("price", configuration: configuration) { (cents: Int, context) in
            "\(cents / 100).\(cents % 100) \(context.variables["CURRENCY"] ?? "")"
        }
        #expect(try await host.invoke(price, with: 1_250) == "12.50 EUR")
        let response = try await host.invoke(named: "price", payload: Array("1250".utf8))
        #expect(response.text == #""12.50 EUR""#)
    }

    @Test func running() async throws {
        let host = FunctionHost()
        let configuration = FunctionConfiguration(timeout: .seconds(2), placement: .bulkhead)
        let shout = try host.register("shout", configuration: configuration) { (word: String, _) in word.uppercased() }
        try await host.run {
            let answer = try await host.invoke(shout, with: "hello")
            #expect(answer == "HELLO")
        }
    }
}
