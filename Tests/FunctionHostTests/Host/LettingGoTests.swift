// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// What functions and hosts leave behind when they go.
@Suite("Letting go") struct LettingGoTests {
    /// Asks its host for something when it is let go.
    private final class Resource: Sendable {
        let host: FunctionHost
        init(_ host: FunctionHost) { self.host = host }
        deinit { _ = host.phase }
    }

    @Test("A removed function lets go of what its handler holds, which may ask the host for something as it goes")
    func removed() throws {
        let host = FunctionHost()
        weak var seen: Resource?
        do {
            let resource = Resource(host)
            seen = resource
            try host.register("a") { (_: Void, _) in _ = resource }
        }
        #expect(seen != nil)
        try host.remove("a")
        #expect(seen == nil)
    }

    @Test("A removed function that has run leaves no timer behind, which would hold it")
    func removedAfterUse() async throws {
        let host = FunctionHost()
        weak var seen: Resource?
        do {
            let resource = Resource(host)
            seen = resource
            let function = try host.register("a") { (_: Void, _) in _ = resource }
            try await host.invoke(function)
        }
        #expect(seen != nil)
        try host.remove("a")
        #expect(seen == nil)
    }

    /// Looking through all free places for each function that goes took three times as long.
    @Test("Functions go by the thousand, and others take their places")
    func thousands() async throws {
        let host = FunctionHost()
        for round in 0..<2 {
            for number in 0..<4_000 { try host.register(Function("f\(number)")) { (_: Void, _) in number + round } }
            #expect(try await host.invoke(Function<Void, Int>("f3999")) == 3_999 + round)
            for number in 0..<4_000 { try host.remove("f\(number)") }
            #expect(host.listFunctions().isEmpty)
        }
    }

    @Test("A reference that outlives its host is looked up by name in a host that lies at the same address")
    func sameAddress() async throws {
        for _ in 0..<50 {
            var old = Function<Void, Int>("one")
            do {
                let host = FunctionHost()
                old = try host.register("one") { (_: Void, _) in 1 }
            }
            let host = FunctionHost()
            try host.register("one") { (_: Void, _) in 2 }
            #expect(try await host.invoke(old) == 2)
        }
    }
}
