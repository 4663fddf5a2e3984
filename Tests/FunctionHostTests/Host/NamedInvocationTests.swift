// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Invocations by name with bytes: what goes in, what comes out, and how failures look.
@Suite("Invocations by name", .simulated(seeds: 0..<20)) struct NamedInvocationTests {
    @Test("JSON goes in and JSON comes out")
    func json() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register(.checkout) { order, _ in Receipt(order: order.id, total: order.lines.map(\.price).max() ?? 0)
        }
        let payload = Array(#"{"id":7,"lines":[{"item":"tea","price":3},{"item":"cup","price":9}]}"#.utf8)
        let response = try await host.invoke(named: "checkout", payload: payload)
        let receipt = try JSONPayloadCoder().decode(Receipt.self, from: response.payload)
        #expect(receipt == Receipt(order: 7, total: 9))
        #expect(response.functionError == nil)
        #expect(response.error == nil)
        #expect(response.executedVersion == .latest)
    }

    @Test("The response has the id that the handler saw")
    func id() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("id") { (_: Void, context) in context.id.description }
        let response = try await host.invoke(named: "id", payload: [])
        #expect(response.text == "\"\(response.id)\"")
    }

    @Test(
        "A function that takes nothing accepts any payload, and one that gives nothing answers null",
        arguments: [
            "", "null", "{}", "[1,2]", "not JSON at all",
        ])
    func void(_ payload: String) async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("tick") { (_: Void, _) in }
        #expect(try await host.invoke(named: "tick", payload: Array(payload.utf8)).text == "null")
    }

    @Test(
        "A payload that is not what the function takes is refused with the place, and never quoted",
        arguments: [
            (#"{"id":"seven"}"#, "the value is not Int at id"),
            (#"{"id":1,"lines":[{"item":"a","price":1},{"item":"b","price":"secret"}]}"#, "not Int at lines[1].price"),
            (#"{"id":1,"lines":[{"item":"a"}]}"#, #"the key "price" is missing at lines[0]"#),
            (#"{"id":null,"lines":[]}"#, "null stands where Int is needed at id"),
            (#"{"id":1,"lines":{}}"#, "at lines"), ("[1]", "at the top level"), ("", "empty"), ("{", "not JSON"),
            (#"{"id":1} trailing secret"#, "not JSON"),
        ])
    func undecodable(_ payload: String, reason: String) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let calls = Notes<Int>()
        try host.register(.checkout) { order, _ in
            calls.add(order.id)
            return Receipt(order: order.id, total: 0)
        }
        let error = await expectError(.payloadUndecodable, of: "checkout", saying: reason) {
            try await host.invoke(named: "checkout", payload: Array(payload.utf8))
        }
        #expect(error?.description.contains("secret") == false)
        #expect(error?.underlying is PayloadFault)
        await expectError(.payloadUndecodable, of: "checkout", saying: reason) {
            try host.dryRun(named: "checkout", payload: Array(payload.utf8))
        }
        #expect(calls.all.isEmpty)
        #expect(events.outcomes() == [.failed])
    }

    @Test("A handler's error is told as Lambda tells it")
    func handlersError() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("fail") { (text: String, _) throws -> Int in throw HandlerFailure(text) }
        let response = try await host.invoke(named: "fail", payload: Array(#""no \"tea\"\n""#.utf8))
        #expect(response.functionError == "Unhandled")
        #expect(response.text == #"{"errorType":"HandlerFailure","errorMessage":"no \"tea\"\n"}"#)
        #expect(response.error as? HandlerFailure == HandlerFailure("no \"tea\"\n"))
    }

    @Test(
        "A timeout is told as Sandbox.Timedout, in seconds with two decimals",
        arguments: [
            (10, "0.01"), (100, "0.10"), (1_000, "1.00"), (2_500, "2.50"), (900_000, "900.00"),
        ])
    func timeout(milliseconds: Int, seconds: String) async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("slow", configuration: .init(timeout: .milliseconds(milliseconds))) { (_: Void, context) in
            try await context.sleep(for: .seconds(3_600))
        }
        let response = try await host.invoke(named: "slow", payload: [])
        let text = "RequestId: \(response.id) Error: Task timed out after \(seconds) seconds"
        #expect(response.text == #"{"errorType":"Sandbox.Timedout","errorMessage":"\#(text)"}"#)
        #expect(response.functionError == "Unhandled")
        #expect((response.error as? FunctionHostError)?.code == .timedOut)
    }

    @Test("An init closure's error is told as the function's own")
    func initError() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("broken", environment: { _ -> Int in throw HandlerFailure("no database") }) {
            (_: inout Int, _: Void, _) in
        }
        let response = try await host.invoke(named: "broken", payload: [])
        #expect(response.text == #"{"errorType":"HandlerFailure","errorMessage":"no database"}"#)
        #expect((response.error as? FunctionHostError)?.code == .initFailed)
    }

    @Test("An init closure out of time is told as Sandbox.Timedout")
    func initTimeout() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("broken", environment: { _ in try await pass(.seconds(60)) }) { (_: inout Void, _: Void, _) in
        }
        let response = try await host.invoke(named: "broken", payload: [])
        let text = "RequestId: \(response.id) Error: The init closure passed its time limit"
        #expect(response.text == #"{"errorType":"Sandbox.Timedout","errorMessage":"\#(text)"}"#)
    }

    @Test("What keeps the handler from running is thrown, not told in the response")
    func refusals() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("off", configuration: .init(timeout: nil, reservedConcurrency: 0)) { (_: Void, _) in }
        try host.register("apart", configuration: .init(timeout: nil, placement: .bulkhead)) { (_: Void, _) in }
        await expectError(.notFound, of: "ghost", saying: "no function") {
            try await host.invoke(named: "ghost", payload: [])
        }
        await expectError(.throttled, of: "off", saying: "switched off") {
            try await host.invoke(named: "off", payload: [])
        }
        await expectError(.notRunning, of: "apart", saying: "needs the host's run()") {
            try await host.invoke(named: "apart", payload: [])
        }
        await host.shutdown()
        await expectError(.shuttingDown, of: "off", saying: "takes nothing new") {
            try await host.invoke(named: "off", payload: [])
        }
    }

    @Test("A host's error that the handler itself ran into is the function's own, even one of the same name")
    func handlersOwnThrottle() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("again", configuration: .init(timeout: nil, reservedConcurrency: 1)) { (depth: Int, _) in
            depth == 0 ? 0 : try await host.invoke("again" as Function<Int, Int>, with: depth - 1)
        }
        let response = try await host.invoke(named: "again", payload: Array("1".utf8))
        #expect(response.functionError == "Unhandled")
        #expect(response.text.contains(#""errorType":"FunctionHost.throttled""#))
        #expect((response.error as? FunctionHostError)?.code == .throttled)
    }

    @Test("A caller who is cancelled gets CancellationError; a handler that throws one has failed")
    func cancellation() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("nap") { (_: Void, context) in try await context.sleep(for: .seconds(1)) }
        try host.register("quit") { (_: Void, _) in throw CancellationError() }
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await host.invoke(named: "nap", payload: []) }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        #expect(try await host.invoke(named: "quit", payload: []).text.contains("CancellationError"))
    }

    @Test("A result that cannot be encoded is thrown with the place")
    func unencodable() async throws {
        struct Split: Encodable, Sendable { let shares: [Double] }
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        try host.register("ratio") { (_: Void, _) in Split(shares: [0.5, .infinity]) }
        await expectError(.resultUnencodable, of: "ratio", saying: "at shares[1]") {
            try await host.invoke(named: "ratio", payload: [])
        }
        #expect(events.outcomes() == [.failed])
    }

    @Test("A function whose types are not Codable says which of them is not")
    func notCodable() async throws {
        struct Opaque: Sendable {}
        let host = FunctionHost(system: .simulated)
        try host.register("takes") { (_: Opaque, _) in }
        try host.register("gives") { (_: Void, _) in Opaque() }
        await expectError(.typeMismatch, of: "takes", saying: "Opaque, which is not Decodable") {
            try await host.invoke(named: "takes", payload: Array("{}".utf8))
        }
        await expectError(.typeMismatch, of: "gives", saying: "Opaque, which is not Encodable") {
            try await host.invoke(named: "gives", payload: [])
        }
    }
}
