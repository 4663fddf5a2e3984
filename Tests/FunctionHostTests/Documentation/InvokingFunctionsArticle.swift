// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// The code of the article *Invoking functions*.
@Suite struct InvokingFunctionsArticle {
    struct SoldOut: Error, CustomStringConvertible {
        let article: String
        var description: String { "there is no more \(article)" }
    }

    @Test func typed() async throws {
        let host = try Self.host()
        do {
            let left = try await host.invoke(Function<String, Int>("stock"), with: "coffee")
            print(left)
        } catch let error as SoldOut {
            print("The handler threw this: \(error)")
            #expect(error.article == "coffee")
        } catch let error as FunctionHostError where error.code == .throttled {
            print("Come back in \(error.retryAfter ?? .seconds(1))")
        }
    }

    @Test func options() async throws {
        let host = try Self.host()
        let stock: Function<String, Int> = "stock"
        let options = InvocationOptions(
            timeLimit: .seconds(1),
            saturation: .wait(atMost: .milliseconds(200)),
            clientContext: ClientContext(custom: ["tenant": "north"]),
            traceHeader: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        let left = try await host.invoke(stock, with: "tea", options: options)
        #expect(left == 5)
    }

    @Test func bytes() async throws {
        let host = try Self.host()
        let payload = Array(#""coffee""#.utf8)
        let response = try await host.invoke(named: "stock", payload: payload)
        if let kind = response.functionError {
            print(kind, response.text)
            // Unhandled {"errorType":"SoldOut","errorMessage":"there is no more coffee"}
        }
        #expect(response.text == #"{"errorType":"SoldOut","errorMessage":"there is no more coffee"}"#)
    }

    @Test func dryRun() throws {
        let host = try Self.host()
        let stock: Function<String, Int> = "stock"
        try host.dryRun(stock)
        try host.dryRun(named: "stock", payload: Array(#""tea""#.utf8))
        #expect(throws: FunctionHostError.self) { try host.dryRun(named: "stock", payload: Array("7".utf8)) }
    }

    private static func host() throws -> FunctionHost {
        let host = FunctionHost()
        try host.register("stock") { (article: String, _) in
            guard article == "tea" else { throw SoldOut(article: article) }
            return 5
        }
        return host
    }
}
