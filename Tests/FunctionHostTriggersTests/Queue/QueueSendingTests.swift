// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct QueueSendingTests {
    typealias Entry = MessageEntry

    @Test("Ids are the seed's, and those of two queues of one system are different")
    func ids() throws {
        let ids = try (0..<100).map { _ in try QueueBench().queue.send("a").id }
        #expect(Set(ids).count == 1)
        let bench = try QueueBench()
        #expect(Set(try (0..<100).map { _ in try bench.queue.send("a").id }).count == 100)
        #expect(try QueueBench("others").queue.send("a").id != ids[0])
    }

    @Test(
        "What SQS refuses is refused",
        arguments: [
            Entry(body: ""), Entry(body: "\u{0}"), Entry(body: "\u{FFFE}"), Entry(body: "a", delay: .seconds(-1)),
            Entry(body: "a", delay: .seconds(901)), Entry(body: "a", groupID: "g"),
            Entry(body: "a", deduplicationID: "d"),
            Entry(body: "a", attributes: ["": .string("x")]), Entry(body: "a", attributes: ["a b": .string("x")]),
            Entry(body: "a", attributes: [".a": .string("x")]), Entry(body: "a", attributes: ["a..b": .string("x")]),
            Entry(body: "a", attributes: ["AWS.a": .string("x")]), Entry(body: "a", attributes: ["a": .string("")]),
            Entry(body: "a", attributes: ["a": .number("ten")]), Entry(body: "a", attributes: ["a": .number("nan")]),
            Entry(body: "a", attributes: ["a": .binary([])]), Entry(body: "12345678901"),
            Entry(body: "1", attributes: ["a": .string("abc")]),
        ])
    func refusals(entry: Entry) async throws {
        let bench = try QueueBench { $0.messageSizeLimit = 10 }
        let result = try bench.queue.send([entry])
        #expect(result.count == 1)
        #expect(await code { _ = try result[0].get() } == .invalidArgument)
        #expect(bench.queue.figures.visible == 0)
    }

    @Test("What is just allowed is taken")
    func bounds() async throws {
        let bench = try QueueBench { $0.messageSizeLimit = 10 }
        try bench.queue.send("1234567890", delay: .seconds(900))
        try bench.queue.send("\t\n\r\u{FFFD}")
        try bench.queue.send("1", attributes: ["a": .string("ab")])
        try bench.queue.send("1", attributes: ["a": .number("-1")])
        #expect(bench.queue.figures.bytes == 10 + 6 + 10 + 10)
        #expect(InMemoryQueue.Configuration().messageSizeLimit == 1_048_576)
    }

    @Test("A message has ten attributes at most")
    func attributes() async throws {
        let bench = try QueueBench()
        func attributes(_ count: Int) -> [String: MessageAttribute] {
            Dictionary(uniqueKeysWithValues: (0..<count).map { ("a\($0)", .number("\($0)e-1")) })
        }
        try bench.queue.send("a", attributes: attributes(10))
        #expect(try await bench.receiveOne().attributes == attributes(10))
        #expect(await code { try bench.queue.send("a", attributes: attributes(11)) } == .invalidArgument)
    }

    @Test("A batch of 1 to 10 messages is sent in order, and each answered for itself")
    func batches() async throws {
        let bench = try QueueBench { $0.messageSizeLimit = 20 }
        let results = try bench.queue.send([Entry(body: "a"), Entry(body: ""), Entry(body: "b")])
        #expect(results.map { (try? $0.get()) != nil } == [true, false, true])
        #expect(try await bench.bodies() == ["a", "b"])
        #expect(await code { try bench.queue.send([]) } == .invalidArgument)
        #expect(await code { try bench.queue.send((0...10).map { Entry(body: "\($0)") }) } == .invalidArgument)
        #expect(
            await code { try bench.queue.send(Array(repeating: Entry(body: "12345678901"), count: 2)) }
                == .invalidArgument)
    }

    @Test("A full queue refuses messages, by count and by bytes, until some are deleted or too old")
    func full() async throws {
        let bench = try QueueBench {
            $0.messageLimit = 3
            $0.byteLimit = 10
            $0.retention = .seconds(60)
        }
        for _ in 0..<3 { try bench.queue.send("a") }
        #expect(await code { try bench.queue.send("a") } == .full)
        #expect(try await bench.delete(bench.receiveOne()))
        try bench.queue.send("12345678")
        #expect(await code { try bench.queue.send("a") } == .full)
        bench.clock.advance(by: .seconds(60))
        try bench.queue.send("1234567890")
        #expect(bench.queue.figures.expired == 3)
        #expect(await code { try bench.queue.send("a") } == .full)
    }

    @Test("A message is kept for as long as is said whatever becomes of it, and not a nanosecond longer")
    func retention() async throws {
        let bench = try QueueBench { $0.retention = .seconds(60) }
        try bench.queue.send("visible")
        try bench.queue.send("received")
        try bench.queue.send("delayed", delay: .seconds(100))
        _ = try await bench.bodies(1)
        let received = try await bench.receiveOne(visibility: .seconds(3_600))
        bench.clock.advance(by: .seconds(60) - .nanoseconds(1))
        #expect(bench.queue.figures.ageOfOldest == .seconds(60) - .nanoseconds(1))
        #expect(bench.queue.figures.visible + bench.queue.figures.invisible + bench.queue.figures.delayed == 3)
        bench.clock.advance(by: .nanoseconds(1))
        #expect(try await !bench.delete(received))
        #expect(bench.queue.figures.ageOfOldest == nil)
        #expect(bench.queue.figures.expired == 3)
        #expect(InMemoryQueue.Configuration().retention == .seconds(4 * 86_400))
    }

    @Test("Figures tell where messages are")
    func figures() async throws {
        let bench = try QueueBench()
        for number in 0..<6 { try bench.queue.send("\(number)", delay: number < 3 ? .seconds(5) : .zero) }
        _ = try await bench.bodies(2)
        let figures = bench.queue.figures
        #expect(figures.visible == 1 && figures.invisible == 2 && figures.delayed == 3 && figures.bytes == 6)
        bench.clock.advance(by: .seconds(5))
        #expect(bench.queue.figures.visible == 4 && bench.queue.figures.delayed == 0)
        #expect(bench.queue.figures.ageOfOldest == .seconds(5))
    }

    @Test(
        "A queue whose configuration cannot be is not made",
        arguments: [
            { $0.visibilityTimeout = .seconds(-1) }, { $0.visibilityTimeout = .seconds(43_201) },
            { $0.delay = .seconds(-1) }, { $0.delay = .seconds(901) }, { $0.retention = .seconds(59) },
            { $0.retention = .seconds(14 * 86_400 + 1) }, { $0.messageLimit = 0 }, { $0.messageLimit = 1_000_000_001 },
            { $0.byteLimit = 0 },
            { $0.messageSizeLimit = 0 }, { $0.deduplicationLimit = 0 }, { $0.deduplicatesByContent = true },
        ] as [@Sendable (inout InMemoryQueue.Configuration) -> Void])
    func badConfiguration(change: @Sendable (inout InMemoryQueue.Configuration) -> Void) async {
        #expect(await code { _ = try QueueBench { change(&$0) } } == .invalidArgument)
    }

    @Test("A queue's name has letters, digits, dashes and underscores", arguments: ["", ".fifo", "a.b", "a b", "ä"])
    func badNames(name: String) async {
        #expect(await code { _ = try InMemoryQueue(name) } == .invalidArgument)
        #expect(await code { _ = try InMemoryQueue(String(repeating: "a", count: 75) + ".fifo") } == nil)
        #expect(await code { _ = try InMemoryQueue(String(repeating: "a", count: 76) + ".fifo") } == .invalidArgument)
    }
}
