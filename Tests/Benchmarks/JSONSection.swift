// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An event of eight fields, 171 bytes as JSON.
struct Order: Codable, Sendable {
    var city: String
    var customer: Int
    var email: String
    var id: Int
    var isPaid: Bool
    var items: [Int]
    var note: String
    var total: Double

    static let example = Order(
        city: "Ljubljana", customer: 4_711, email: "ellen.ripley@example.com", id: 1_000_001, isPaid: true,
        items: [17, 42, 99, 108], note: "Ring twice; mind the cats.", total: 249.5)
}

/// Invocation by name with JSON bytes, against decoding, a typed invocation and encoding.
func measureJSON(_ arguments: Arguments) async throws -> Bool {
    let host = FunctionHost(configuration: .init(concurrency: 4_000), observers: [Metrics(), Meter()])
    let typed = try host.register("order") { (order: Order, _) in order }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let decoder = JSONDecoder()
    let bytes = [UInt8](try encoder.encode(Order.example))
    let alone = Operation("decode, typed invoke, encode") { _ in
        let order = try decoder.decode(Order.self, from: Data(bytes))
        return [UInt8](try encoder.encode(try await host.invoke(typed, with: order))).count
    }
    let named = Operation("invoke by name with JSON", goal: 1.15) { _ in
        try await host.invoke(named: "order", payload: bytes).payload.count
    }
    try await Comparison(baseline: alone, operations: [named]).report(
        "json: an event of 8 fields, \(bytes.count) bytes, there and back", arguments)
    return true
}
