// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct StreamKeepingTests {
    @Test("A record is kept for as long as is said, and not a nanosecond longer")
    func retention() async throws {
        let bench = try StreamBench { $0.retention = .seconds(60) }
        try bench.put("a")
        bench.clock.advance(by: .seconds(1))
        try bench.put("b")
        bench.clock.advance(by: .seconds(59) - .nanoseconds(1))
        #expect(try await bench.texts() == ["a", "b"])
        bench.clock.advance(by: .nanoseconds(1))
        #expect(try await bench.texts() == ["b"])
        #expect(bench.stream.figures.ageOfOldest == .seconds(59))
        bench.clock.advance(by: .seconds(1))
        #expect(try await bench.texts() == [])
        #expect(bench.stream.figures.ageOfOldest == nil)
        #expect(bench.stream.figures.bytes == 0)
        #expect(InMemoryStream.Configuration().retention == .seconds(86_400))
    }

    @Test("Whoever reads behind what is kept goes on with the oldest there is")
    func lateReader() async throws {
        let bench = try StreamBench {
            $0.recordLimit = 10
            $0.overflow = .dropOldest
        }
        let first = try bench.put("0").sequenceNumber
        for number in 1..<1_000 { try bench.put(String(number)) }
        #expect(try await bench.texts(from: .after(first), limit: 2) == ["990", "991"])
        #expect(try await bench.texts() == (990..<1_000).map(String.init))
        #expect(bench.stream.figures.overflown == 990)
    }

    @Test("A full stream refuses records, by count and by bytes, until some are too old")
    func refuses() async throws {
        let bench = try StreamBench {
            $0.retention = .seconds(60)
            $0.recordLimit = 3
            $0.byteLimit = 20
        }
        try bench.put("012345678")
        try bench.put("012345678")
        #expect(bench.stream.figures.bytes == 20)
        #expect(await code { try bench.put("") } == .full)
        bench.clock.advance(by: .seconds(60))
        for _ in 0..<3 { try bench.put("") }
        #expect(await code { try bench.put("") } == .full)
        #expect(bench.stream.figures.records == 3)
    }

    @Test("A stream that may drop drops the oldest of all shards, and only as many as it must")
    func drops() async throws {
        let bench = try StreamBench(shards: 2) {
            $0.byteLimit = 20
            $0.overflow = .dropOldest
        }
        try bench.put("0000", hashKey: 0)
        try bench.put("1111", hashKey: .max)
        try bench.put("2222", hashKey: .max)
        try bench.put("3333", hashKey: 0)
        try bench.put("4", hashKey: 0)
        #expect(try await bench.texts(0) == ["3333", "4"])
        #expect(try await bench.texts(1) == ["1111", "2222"])
        #expect(await code { try bench.put(String(repeating: "x", count: 20)) } == .full)
        #expect(bench.stream.figures.records == 4)
        try bench.put(String(repeating: "x", count: 19))
        #expect(bench.stream.figures.records == 1)
        #expect(bench.stream.figures.overflown == 5)
    }
}
