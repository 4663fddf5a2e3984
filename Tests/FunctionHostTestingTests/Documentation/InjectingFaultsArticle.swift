// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// The code of the article *Injecting faults*.
@Suite struct InjectingFaultsArticle {
    @Test(.simulated(seeds: 0..<200)) func retriesCharge() async throws {
        let till = Till()
        let host = FunctionHost(
            middleware: [FaultInjection(failingBefore: 0.1, failingAfter: 0.1, delaying: 0.3)], system: .simulated)
        let charge = try host.register("charge") { (payment: Payment, _) in
            await till.charge(payment.cents, once: payment.id)
        }
        for attempt in 1...5 {
            do {
                try await host.invoke(charge, with: Payment(id: "order-1", cents: 950))
                break
            } catch is InjectedFault where attempt < 5 {
                continue  // it may have been charged all the same
            } catch is InjectedFault {}
        }
        #expect(await till.total <= 950)
    }

    @Test(.simulated(seeds: 0..<200)) func initialization() async throws {
        let host = FunctionHost(system: .simulated)
        let width: Function<String, Int> = try host.register(
            "width", environment: faulty(failing: 0.3, delaying: 0.3, delay: .seconds(20)) { _ in Renderer() }
        ) { renderer, text, _ in
            renderer.width(of: text)
        }
        do {
            #expect(try await host.invoke(width, with: "warm") == 4)
        } catch let error as FunctionHostError {
            #expect([.initFailed, .initTimedOut].contains(error.code))
        }
    }

    struct Payment: Codable, Sendable {
        var id: String
        var cents: Int
    }

    actor Till {
        private var charged: [String: Int] = [:]
        var total: Int { charged.values.reduce(0, +) }
        func charge(_ cents: Int, once id: String) { charged[id] = cents }
    }

    final class Renderer {
        func width(of text: String) -> Int { text.count }
    }
}
