// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// The code of the article *Registering functions*.
@Suite struct RegisteringFunctionsArticle {
    @Test func kinds() async throws {
        let host = FunctionHost()
        let double = try host.register("double") { (number: Int, _) in number * 2 }
        let version = try host.register("version") { (_: Void, _) in "1.4" }
        let ping = try host.register("ping") { (_: Void, context) in context.log("Pinged") }
        let reverse = try host.register(raw: "reverse") { bytes, _ in bytes.reversed() }
        #expect(try await host.invoke(double, with: 21) == 42)
        #expect(try await host.invoke(version) == "1.4")
        try await host.invoke(ping)
        #expect(try await host.invoke(reverse, with: [1, 2, 3]) == [3, 2, 1])
    }

    @Test func references() async throws {
        let host = FunctionHost()
        try host.register(.book) { booking, _ in
            Voucher(text: "\(booking.nights) nights for \(booking.guest)")
        }
        let voucher = try await host.invoke(.book, with: Booking(guest: "Ada", nights: 2))
        #expect(voucher.text == "2 nights for Ada")
    }

    @Test func refusals() throws {
        let host = FunctionHost()
        do {
            try host.register("book room") { (booking: Booking, _) in booking.nights }
            Issue.record("the name was taken")
        } catch {
            print(error.code, error.reason)
            // invalidName the name holds U+0020; only A-Z a-z 0-9 _ - are allowed
            #expect("\(error.code) \(error.reason)".contains("invalidName the name holds U+0020;"))
        }
    }

    @Test func changes() throws {
        let host = FunctionHost()
        try host.register(.book) { _, _ in Voucher(text: "") }
        try host.update("book") {
            $0.timeout = .seconds(10)
            $0.reservedConcurrency = 4
        }
        for function in host.listFunctions() {
            print(function.name, function.inputType, function.outputType, function.concurrentExecutions)
        }
        let limit = try host.describe("book").configuration.reservedConcurrency
        try host.remove("book")
        #expect(limit == 4)
        #expect(host.listFunctions().isEmpty)
    }
}

struct Booking: Codable, Sendable {
    var guest: String
    var nights: Int
}

struct Voucher: Codable, Sendable {
    var text: String
}

extension Function where Input == Booking, Output == Voucher {
    static var book: Self { "book" }
}
