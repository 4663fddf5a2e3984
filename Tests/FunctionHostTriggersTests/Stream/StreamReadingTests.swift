// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct StreamReadingTests {
    @Test("Pages follow each other without a gap or a repetition, and the last one says that there is no more")
    func pages() async throws {
        let bench = try StreamBench()
        for number in 0..<1_000 { try bench.put(String(number)) }
        var texts: [String] = []
        var position: StreamPosition? = .oldest
        while let asked = position, texts.count < 1_000 {
            let page = try await bench.page(from: asked, limit: 7)
            #expect(page.records.count <= 7)
            texts += page.texts
            position = page.next
        }
        #expect(texts == (0..<1_000).map(String.init))
        let end = try #require(position)
        #expect(try await bench.page(from: end).records.isEmpty)
        #expect(try await bench.page(from: end).next == end)
        try bench.put("later")
        #expect(try await bench.texts(from: end) == ["later"])
    }

    @Test("`latest` means the moment at which it is asked: everything that comes later is read", arguments: [0, 3])
    func latest(before: Int) async throws {
        let bench = try StreamBench()
        for number in 0..<before { try bench.put(String(number)) }
        let first = try await bench.page(from: .latest)
        #expect(first.records.isEmpty)
        let next = try #require(first.next)
        try bench.put("a")
        try bench.put("b")
        #expect(try await bench.texts(from: next) == ["a", "b"])
        #expect(try await bench.texts(from: .latest) == [])
    }

    @Test("A record is found by its number, and so is the first behind it")
    func numbers() async throws {
        let bench = try StreamBench(shards: 2)
        var numbers: [SequenceNumber] = []
        // The shards' numbers alternate, so that each has gaps.
        for number in 0..<600 {
            numbers.append(try bench.put(String(number), hashKey: number % 2 == 0 ? 0 : .max).sequenceNumber)
        }
        for number in stride(from: 0, to: 598, by: 31) {
            let even = number + number % 2
            #expect(try await bench.texts(from: .from(numbers[number]), limit: 1) == [String(even)])
            #expect(try await bench.texts(from: .after(numbers[number]), limit: 1) == [String((number + 2) / 2 * 2)])
        }
        #expect(try await bench.texts(from: .after(SequenceNumber(low: 0)), limit: 1) == ["0"])
        #expect(try await bench.texts(from: .from(SequenceNumber(high: .max, low: .max))) == [])
        #expect(try await bench.texts(1, from: .after(numbers[599])) == [])
    }

    @Test("A record is found by the time it arrived at, or later")
    func times() async throws {
        let bench = try StreamBench()
        for number in 0..<10 {
            try bench.put(String(number))
            bench.clock.advance(by: .seconds(1))
        }
        let start = HandMovedClock.start
        #expect(try await bench.texts(from: .at(start), limit: 1) == ["0"])
        #expect(try await bench.texts(from: .at(start.advanced(by: .seconds(4))), limit: 1) == ["4"])
        #expect(try await bench.texts(from: .at(start.advanced(by: .milliseconds(4_001))), limit: 1) == ["5"])
        let future = start.advanced(by: .seconds(10))
        let next = try #require(try await bench.page(from: .at(future)).next)
        try bench.put("10")
        #expect(try await bench.texts(from: next) == ["10"])
    }

    @Test("When the calendar is set back, records arrive no earlier than those before them, and are kept no shorter")
    func calendarSetBack() async throws {
        let bench = try StreamBench()
        try bench.put("a")
        bench.clock.stepWallClock(by: .seconds(-3_600))
        try bench.put("b")
        bench.clock.stepWallClock(by: .seconds(365 * 86_400))
        let records = try await bench.page().records
        #expect(records.map(\.arrivedAt) == [HandMovedClock.start, HandMovedClock.start])
    }

    @Test("A page says how long ago what comes next arrived, and zero at the tip")
    func behindLatest() async throws {
        let bench = try StreamBench()
        try bench.put("a")
        bench.clock.advance(by: .seconds(2))
        try bench.put("b")
        bench.clock.advance(by: .seconds(3))
        #expect(try await bench.page(limit: 0).behindLatest == .seconds(5))
        #expect(try await bench.page(limit: 1).behindLatest == .seconds(3))
        #expect(try await bench.page(limit: 2).behindLatest == .zero)
        #expect(try await bench.page(from: .latest).behindLatest == .zero)
    }

    @Test("Asked for no records, or fewer, a page has none and goes on where it was asked", arguments: [0, -1, .min])
    func noLimit(limit: Int) async throws {
        let bench = try StreamBench()
        try bench.put("a")
        let page = try await bench.page(limit: limit)
        #expect(page.records.isEmpty && page.next == .oldest)
    }

    @Test("A shard that there is not is told from one that is empty")
    func noShard() async throws {
        let bench = try StreamBench()
        #expect(try await bench.texts(0) == [])
        #expect(await code { _ = try await bench.page(1) } == .shardNotFound)
        #expect(
            await code { _ = try await bench.stream.read(ShardID("?"), from: .oldest, limit: 1) } == .shardNotFound)
        #expect(bench.stream.hashKeys(of: ShardID("?")) == nil)
    }
}
