// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Streams by name, where each chunk is encoded for itself.
@Suite("Streams by name", .simulated(seeds: 0..<20)) struct NamedStreamTests {
    private static func texts(
        _ host: FunctionHost, _ name: String, _ payload: String, into texts: Notes<String> = Notes()
    ) async throws -> [String] {
        try await host.stream(named: name, payload: Array(payload.utf8)) { stream in
            for try await bytes in stream { texts.add(String(decoding: bytes, as: UTF8.self)) }
        }
        return texts.all
    }

    @Test("Each chunk is a JSON text of its own")
    func chunks() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("words" as StreamingFunction<Int, [String]>) { count, words, _ in
            for number in 0..<count { try await words.write(["\(number)"]) }
        }
        #expect(try await Self.texts(host, "words", "3") == [#"["0"]"#, #"["1"]"#, #"["2"]"#])
    }

    @Test("A function that does not stream gives its result as the one chunk")
    func oneChunk() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("double") { (number: Int, _) in 2 * number }
        #expect(try await Self.texts(host, "double", "21") == ["42"])
    }

    @Test(
        "A streaming function that is invoked plainly gives its chunks as one JSON array",
        arguments: [
            (0, "[]"), (1, "[0]"), (3, "[0,1,2]"),
        ])
    func gathered(count: Int, text: String) async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("count" as StreamingFunction<Int, Int>) { count, numbers, _ in
            for number in 0..<count { try await numbers.write(number) }
        }
        #expect(try await host.invoke(named: "count", payload: Array("\(count)".utf8)).text == text)
    }

    @Test("The handler's error, undecodable input and a chunk too large come through the stream")
    func errors() async throws {
        var configuration = FunctionHost.Configuration()
        configuration.payloadLimit = 20
        let host = FunctionHost(configuration: configuration, system: .simulated)
        try host.register("fill" as StreamingFunction<Int, String>) { size, texts, _ in
            try await texts.write("first")
            if size < 0 { throw HandlerFailure() }
            try await texts.write(String(repeating: "x", count: size))
        }
        let read = Notes<String>()
        await #expect(throws: HandlerFailure()) { try await Self.texts(host, "fill", "-1", into: read) }
        #expect(read.all == [#""first""#])
        await expectError(.payloadUndecodable, of: "fill", saying: "the value is not Int at the top level") {
            try await Self.texts(host, "fill", #""one""#)
        }
        #expect(try await Self.texts(host, "fill", "118").count == 2)
        await expectError(.resultTooLarge, of: "fill", saying: "(120 bytes)") {
            try await Self.texts(host, "fill", "119")
        }
        let response = try await host.invoke(named: "fill", payload: Array("119".utf8))
        #expect(response.text.contains("Function.ResponseSizeTooLarge"))
    }

    @Test("A name nobody has registered is refused before the body is called")
    func notFound() async throws {
        let host = FunctionHost(system: .simulated)
        await expectError(.notFound, of: "ghost", saying: "no function") {
            try await host.stream(named: "ghost", payload: []) { _ in Issue.record("the body ran") }
        }
    }

    @Test("A full function is refused through the stream")
    func throttled() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register(
            "off" as StreamingFunction<Void, Int>, configuration: .init(timeout: nil, reservedConcurrency: 0)
        ) {
            _, _, _ in
        }
        await expectError(.throttled, of: "off", saying: "switched off") { try await Self.texts(host, "off", "") }
    }
}
