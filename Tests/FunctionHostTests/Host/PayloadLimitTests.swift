// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Too much of it, too deep, or no text at all: what a host refuses before a handler sees it.
@Suite("Payload limits", .simulated(seeds: 0..<2)) struct PayloadLimitTests {
    private static let sixMebibytes = 6 * 1_024 * 1_024

    @Test("A payload of 6 MiB is taken, and one byte more is not")
    func defaultLimit() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register(raw: "size") { bytes, _ in Array(String(bytes.count).utf8) }
        let largest = [UInt8](repeating: 0x20, count: Self.sixMebibytes)
        #expect(try await host.invoke(named: "size", payload: largest).text == "6291456")
        try host.dryRun(named: "size", payload: largest)
        try await Self.expectTooLarge(host, largest + [0x20], saying: "has 6291457 bytes; the limit is 6291456")
    }

    @Test("A payload of 7 MiB is refused in each way of invoking, and takes no permit")
    func sevenMebibytes() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        try host.register(raw: "size") { bytes, _ in bytes }
        let payload = [UInt8](repeating: 0x20, count: 7 * 1_024 * 1_024)
        try await Self.expectTooLarge(host, payload, saying: "has 7340032 bytes")
        #expect(events.names == ["registered size"])
    }

    @Test("A typed caller's value is not limited: nothing is encoded")
    func typed() async throws {
        let host = FunctionHost(system: .simulated)
        let size = try host.register(raw: "size") { bytes, _ in bytes }
        let payload = [UInt8](repeating: 0x20, count: 7 * 1_024 * 1_024)
        #expect(try await host.invoke(size, with: payload).count == payload.count)
    }

    @Test("A result of 6 MiB and 100 bytes is given, and one byte more is told as Lambda tells it", arguments: [0, 1])
    func resultLimit(excess: Int) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        try host.register(raw: "fill") { _, _ in [UInt8](repeating: 0x20, count: Self.sixMebibytes + 100 + excess) }
        let response = try await host.invoke(named: "fill", payload: [])
        if excess == 0 {
            #expect(response.payload.count == 6_291_556)
            return
        }
        let text = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
        #expect(response.text == #"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"\#(text)"}"#)
        #expect(response.functionError == "Unhandled")
        let error = try #require(response.error as? FunctionHostError)
        #expect(error.code == .resultTooLarge)
        #expect(error.functionName == "fill")
        #expect(events.outcomes() == [.failed])
    }

    @Test("A host's own limit counts in bytes, not in characters", arguments: [(7, true), (8, false)])
    func ownLimit(count: Int, fits: Bool) async throws {
        var configuration = FunctionHost.Configuration()
        configuration.payloadLimit = 16
        let host = FunctionHost(configuration: configuration, system: .simulated)
        try host.register("echo") { (text: String, _) in text }
        let payload = Array("\"\(String(repeating: "ä", count: count))\"".utf8)
        if fits {
            #expect(try await host.invoke(named: "echo", payload: payload).payload == payload)
        } else {
            await expectError(.payloadTooLarge, of: "echo", saying: "has 18 bytes; the limit is 16") {
                try await host.invoke(named: "echo", payload: payload)
            }
        }
    }

    /// Arrays in arrays, as deep as the text says.
    private struct Nest: Codable, Sendable {
        let depth: Int

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            depth = container.isAtEnd ? 1 : try container.decode(Nest.self).depth + 1
        }

        func encode(to encoder: any Encoder) throws {}
    }

    @Test("JSON may nest 128 levels deep", arguments: [1, 127, 128])
    func deepEnough(levels: Int) async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("depth") { (nest: Nest, _) in nest.depth }
        let text = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        #expect(try await host.invoke(named: "depth", payload: Array(text.utf8)).text == "\(levels)")
    }

    @Test(
        "Deeper JSON is refused before it is decoded, however deep and whether it ends or not",
        arguments: [
            129, 100_000, 6 * 1_024 * 1_024,
        ])
    func bomb(levels: Int) async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("depth") { (nest: Nest, _) in nest.depth }
        let opening = [UInt8](repeating: UInt8(ascii: "["), count: levels)
        await expectError(.payloadUndecodable, of: "depth", saying: "nests deeper than 128 levels at byte 128") {
            try await host.invoke(named: "depth", payload: opening)
        }
        let objects = Array(String(repeating: #"{"a":"#, count: 129).utf8)
        await expectError(.payloadUndecodable, of: "depth", saying: "nests deeper than 128 levels") {
            try await host.invoke(named: "depth", payload: objects)
        }
    }

    @Test("Brackets in a string are text, not levels")
    func brackets() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("length") { (text: String, _) in text.count }
        let payload = Array(("\"" + String(repeating: #"[{\""#, count: 500) + "\"").utf8)
        #expect(try await host.invoke(named: "length", payload: payload).text == "1500")
    }

    @Test(
        "What is not UTF-8 is refused with the place",
        arguments: [
            ([0x22, 0xFF, 0x22], "byte 1"), ([0x22, 0x61, 0xC3, 0x22], "byte 2"), ([0x22, 0xC0, 0x80, 0x22], "byte 1"),
            ([0x22, 0xED, 0xA0, 0x80, 0x22], "byte 1"), ([0xFF, 0xFE, 0x22, 0x00], "byte 0"),
            ([0x22, 0x61, 0x22, 0xE2], "byte 3"),
        ])
    func notText(_ payload: [UInt8], place: String) async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("length") { (text: String, _) in text.count }
        await expectError(.payloadUndecodable, of: "length", saying: "not UTF-8 at \(place)") {
            try await host.invoke(named: "length", payload: payload)
        }
    }

    private static func expectTooLarge(_ host: FunctionHost, _ payload: [UInt8], saying reason: String) async throws {
        await expectError(.payloadTooLarge, of: "size", saying: reason) {
            try await host.invoke(named: "size", payload: payload)
        }
        await expectError(.payloadTooLarge, of: "size", saying: reason) {
            try await host.stream(named: "size", payload: payload) { _ in }
        }
        await expectError(.payloadTooLarge, of: "size", saying: reason) {
            try host.dryRun(named: "size", payload: payload)
        }
    }
}
