// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// The code of the article *Limiting concurrency*.
@Suite struct LimitingConcurrencyArticle {
    @Test func limits() async throws {
        var configuration = FunctionHost.Configuration(concurrency: 100)
        configuration.unreservedConcurrencyMinimum = 20
        let host = FunctionHost(configuration: configuration)
        try host.register("export", configuration: .init(timeout: .seconds(60), reservedConcurrency: 2)) {
            (rows: Int, _) in rows
        }
        try host.register("search") { (text: String, _) in text.count }
        try host.update("export") { $0.reservedConcurrency = 0 }
        let error = await #expect(throws: FunctionHostError.self) {
            try await host.invoke(Function<Int, Int>("export"), with: 1)
        }
        #expect(error?.throttle == Throttle(limit: .reservedConcurrency, allowed: 0, retryAfter: nil))
    }

    @Test(.simulated(seeds: 0..<20)) func waiting() async throws {
        let host = FunctionHost(system: .simulated)
        let export = try host.register(
            "export",
            configuration: .init(
                timeout: .seconds(60), reservedConcurrency: 1, saturation: .wait(atMost: .seconds(30)))
        ) { (rows: Int, context) in
            try await context.sleep(for: .seconds(rows))
            return rows
        }
        async let first = host.invoke(export, with: 5)
        let patient = InvocationOptions(saturation: .wait(atMost: .seconds(9)))
        async let second = host.invoke(export, with: 5, options: patient)
        #expect(try await [first, second] == [5, 5])
    }

    @Test func throttles() async throws {
        let host = FunctionHost()
        let search: Function<String, Int> = "search"
        try host.register(search, configuration: .init(timeout: .seconds(1), reservedConcurrency: 0)) { text, _ in
            text.count
        }
        do {
            _ = try await host.invoke(search, with: "swift")
        } catch let error as FunctionHostError where error.code == .throttled {
            let throttle = error.throttle
            print(throttle?.reason ?? "", throttle?.allowed ?? 0, throttle?.retryAfter ?? .zero)
            #expect(throttle?.reason == "ReservedFunctionConcurrentInvocationLimitExceeded")
        }
    }
}
