// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// An order for some pieces of one article.
public struct Order: Codable, Sendable {
    /// What is ordered.
    public var article: String
    /// How many of it.
    public var pieces: Int

    /// Orders something.
    public init(article: String, pieces: Int) {
        self.article = article
        self.pieces = pieces
    }
}

/// What the customer gets.
public struct Receipt: Codable, Sendable, Equatable {
    /// What was ordered.
    public var article: String
    /// How many of it.
    public var pieces: Int
    /// Which attempt filled the order.
    public var attempt: Int

    /// Makes a receipt.
    public init(article: String, pieces: Int, attempt: Int) {
        self.article = article
        self.pieces = pieces
        self.attempt = attempt
    }
}

/// What keeps an order from being filled.
public enum CheckoutError: Error, Equatable {
    case noPieces
    case soldOut
}

/// The stock, somewhere behind a network.
public protocol Stock: Sendable {
    /// How many pieces there are.
    func count(of article: String, _ context: InvocationContext) async throws -> Int
    /// Takes pieces if there are that many.
    func take(_ pieces: Int, of article: String, _ context: InvocationContext) async throws -> Bool
}

/// The handler: a plain function, registered with `host.register("checkout") { try await checkout($0, $1, stock: stock) }`.
public func checkout(_ order: Order, _ context: InvocationContext, stock: some Stock) async throws -> Receipt {
    guard order.pieces > 0 else { throw CheckoutError.noPieces }
    guard try await stock.take(order.pieces, of: order.article, context) else { throw CheckoutError.soldOut }
    return Receipt(article: order.article, pieces: order.pieces, attempt: context.attempt)
}

/// The handler as one might have written it first: it looks, and then it takes.
///
/// Between the two another order may take the same pieces. Every unit test that calls it once passes.
public func hastyCheckout(_ order: Order, _ context: InvocationContext, stock: some Stock) async throws -> Receipt {
    guard try await stock.count(of: order.article, context) >= order.pieces else { throw CheckoutError.soldOut }
    _ = try await stock.take(order.pieces, of: order.article, context)
    return Receipt(article: order.article, pieces: order.pieces, attempt: context.attempt)
}
