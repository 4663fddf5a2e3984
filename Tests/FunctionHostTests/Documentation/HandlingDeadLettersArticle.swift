// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// The code of the article *Handling dead letters*.
@Suite struct HandlingDeadLettersArticle {
    @Test(.simulated(seeds: 0..<20)) func mending() async throws {
        let host = FunctionHost(system: .simulated)
        var configuration = FunctionConfiguration()
        configuration.retry = .never
        let done = Mutex<[Int]>([])
        try host.register("charge", configuration: configuration) { (charge: Charge, _) in
            if charge.card == "" { throw Refused() }
            done.withLock { $0.append(charge.amount) }
        }
        try await host.run {
            try await host.enqueue(named: "charge", payload: Array(#"{"amount": 12}"#.utf8))
            try await host.enqueue(named: "charge", payload: Array(#"{"amount": 13, "card": ""}"#.utf8))
            try await host.drain()
            for letter in try await host.deadLetters.list(where: .init(functionName: "charge"), limit: 20) {
                print(letter.id, letter.cause, letter.attempts, letter.history.last?.errorMessage ?? "")
            }
            let refused = try await host.deadLetters.count(where: .init(text: "refused"))
            #expect(refused == 1)
            let letter = try #require(try await host.deadLetters.list(where: .init(cause: .payloadUndecodable)).first)
            try await host.deadLetters.edit(letter.id, payload: Array(#"{"amount": 12, "card": "4711"}"#.utf8))
            try await host.deadLetters.redrive(letter.id)
            try await host.drain()
            #expect(done.withLock { $0 } == [12])
            let sent = try await host.deadLetters.redrive(where: .init(functionName: "charge"), perSecond: 50) { sent in
                print("\(sent) sent")
            }
            #expect(sent == 1)
            try await host.drain()
            #expect(try await host.deadLetters.list().map(\.redriveCount) == [1])
        }
    }

    @Test func destinations() async throws {
        let directory = try ScratchDirectory(for: "records")
        defer { directory.remove() }
        let path = "\(directory.path)/failures.jsonl"
        var configuration = FunctionConfiguration()
        configuration.onSuccess = .function("invoice")
        configuration.onFailure = .sink(JSONLinesDestination(path: path))
        let host = FunctionHost()
        let charge = try host.register("charge", configuration: configuration) { (amount: Int, _) in amount }
        let invoices = Mutex(0)
        try host.register(raw: "invoice") { _, _ in
            invoices.withLock { $0 += 1 }
            return []
        }
        try await host.run {
            try await host.enqueue(charge, with: 12)
            try await host.drain()
        }
        #expect(invoices.withLock { $0 } == 1)
        try await Pager().deliver(
            Delivery(functionName: "charge", invocationID: .init(high: 0, low: 0), isSuccess: false, record: []))
    }

    struct Charge: Codable {
        var amount: Int
        var card: String
    }

    struct Refused: Error, CustomStringConvertible {
        var description: String { "the card was refused" }
    }
}

private func page(_ text: String) async throws {}

struct Pager: Destination {
    let name = "pager"

    func deliver(_ delivery: Delivery) async throws {
        try await page("\(delivery.functionName) failed: \(delivery.invocationID)")
    }
}
