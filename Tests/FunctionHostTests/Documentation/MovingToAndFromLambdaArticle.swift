// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// The code of the article *Moving to and from Lambda*.
@Suite struct MovingToAndFromLambdaArticle {
    struct Order: Codable, Sendable {
        var article: String
        var pieces: Int
    }

    struct Confirmation: Codable, Sendable {
        var requestID: String
        var text: String
    }

    struct Shop: Sendable {
        func confirm(_ order: Order, requestID: String) async throws -> Confirmation {
            Confirmation(requestID: requestID, text: "\(order.pieces) × \(order.article)")
        }
    }

    @Test func sharedCode() async throws {
        let host = FunctionHost()
        let shop = Shop()
        try host.register("confirm") { (order: Order, context) in
            try await shop.confirm(order, requestID: "\(context.id)")
        }
        let event = Array(#"{"article": "tea", "pieces": 2}"#.utf8)
        let response = try await host.invoke(named: "confirm", payload: event)
        #expect(response.text.contains("2 × tea"))
        #expect(response.executedVersion == .latest)
    }
}
