// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct FIFOQueueTests {
    private func bench(_ change: (inout InMemoryQueue.Configuration) -> Void = { _ in }) throws -> QueueBench {
        try QueueBench("jobs.fifo", change)
    }

    @Test("One receive has messages of several groups, those of each in order")
    func severalGroups() async throws {
        let bench = try bench()
        for body in ["a1", "b1", "a2", "b2", "a3"] { try bench.send(body, to: String(body.prefix(1))) }
        #expect(try await bench.bodies(4) == ["a1", "a2", "a3", "b1"])
        #expect(try await bench.bodies() == [])
    }

    @Test("While a group has an invisible message none of it is received, and other groups are")
    func blocking() async throws {
        let bench = try bench()
        for body in ["a1", "a2", "b1"] { try bench.send(body, to: String(body.prefix(1))) }
        let first = try await bench.receiveOne()
        #expect(first.body == "a1")
        #expect(try await bench.bodies() == ["b1"])
        try bench.send("a3", to: "a")
        #expect(try await bench.bodies() == [])
        #expect(try await bench.delete(first))
        #expect(try await bench.bodies() == ["a2", "a3"])
    }

    @Test("A message that failed is received again before all later ones of its group")
    func again() async throws {
        let bench = try bench()
        for body in ["a1", "a2", "a3"] { try bench.send(body, to: "a") }
        let both = try await bench.receive(2)
        #expect(try await bench.change(both[1], to: .zero))
        #expect(try await bench.bodies() == [], "a1 is invisible")
        #expect(try await bench.change(both[0], to: .zero))
        #expect(try await bench.bodies() == ["a1", "a2", "a3"])
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.bodies(1) == ["a1"])
    }

    @Test("A group that fails again and again does not keep others waiting")
    func fairness() async throws {
        let bench = try bench()
        for body in ["a1", "b1", "c1"] { try bench.send(body, to: String(body.prefix(1))) }
        var bodies: [String] = []
        for _ in 0..<6 {
            let message = try await bench.receiveOne()
            bodies.append(message.body)
            #expect(try await bench.change(message, to: .zero))
        }
        #expect(bodies == ["a1", "b1", "c1", "a1", "b1", "c1"])
    }

    @Test(
        "Sequence numbers have 20 digits and rise over all groups, and those of a queue that is made later are higher")
    func sequenceNumbers() async throws {
        let bench = try bench()
        let numbers = try (0..<100).compactMap { try bench.send("\($0)", to: "g\($0 % 3)").sequenceNumber }
        #expect(numbers.count == 100 && numbers == numbers.sorted() && Set(numbers).count == 100)
        #expect(numbers[0].description == "11767225600000000001")
        #expect(try await bench.receiveOne().sequenceNumber == numbers[0])
        bench.clock.advance(by: .seconds(1))
        let later = try QueueBench("jobs.fifo", clock: bench.clock)
        #expect(try #require(try later.send("a", to: "g").sequenceNumber) > numbers[99])
        #expect(try QueueBench().queue.send("a").sequenceNumber == nil)
    }

    @Test("A second message with the same deduplication id is not sent for five minutes, and answered as the first was")
    func deduplication() async throws {
        let bench = try bench()
        let first = try bench.send("a", to: "g", id: "x")
        #expect(!first.isDuplicate)
        #expect(try await bench.delete(bench.receiveOne()))
        bench.clock.advance(by: .seconds(300) - .nanoseconds(1))
        let second = try bench.send("other", to: "h", id: "x")
        #expect(second.isDuplicate && second.id == first.id && second.sequenceNumber == first.sequenceNumber)
        #expect(try await bench.bodies() == [])
        bench.clock.advance(by: .nanoseconds(1))
        #expect(try !bench.send("b", to: "g", id: "x").isDuplicate)
        #expect(try await bench.bodies() == ["b"])
    }

    @Test("A duplicate does not prolong the time in which there may be none")
    func windowIsFixed() async throws {
        let bench = try bench()
        try bench.send("a", to: "g", id: "x")
        bench.clock.advance(by: .seconds(200))
        #expect(try bench.send("a", to: "g", id: "x").isDuplicate)
        bench.clock.advance(by: .seconds(100))
        #expect(try !bench.send("a", to: "g", id: "x").isDuplicate)
    }

    @Test("The content stands for a deduplication id where that is asked for and none is given")
    func contentDeduplication() async throws {
        let bench = try bench { $0.deduplicatesByContent = true }
        try bench.queue.send("a", groupID: "g")
        #expect(try bench.queue.send("a", attributes: ["x": .string("y")], groupID: "h").isDuplicate)
        #expect(try !bench.queue.send("a", groupID: "g", deduplicationID: "own").isDuplicate)
        #expect(try !bench.queue.send("b", groupID: "g").isDuplicate)
        #expect(
            try await bench.receiveOne().deduplicationID
                == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb")
    }

    @Test("No more deduplication ids are remembered than allowed, and none is forgotten early")
    func deduplicationLimit() async throws {
        let bench = try bench { $0.deduplicationLimit = 2 }
        for body in ["a", "b"] {
            try bench.send(body, to: "g")
            #expect(try await bench.delete(bench.receiveOne()))
        }
        #expect(await code { try bench.send("c", to: "g") } == .full)
        #expect(try bench.send("a", to: "g").isDuplicate)
        bench.clock.advance(by: .seconds(300))
        try bench.send("c", to: "g")
    }

    @Test("A message without group or deduplication id, with a bad one, or with a delay of its own is refused")
    func refusals() async throws {
        let queue = try bench().queue
        #expect(await code { try queue.send("a", deduplicationID: "d") } == .invalidArgument)
        #expect(await code { try queue.send("a", groupID: "g") } == .invalidArgument)
        for bad in ["", "a b", "ä", String(repeating: "a", count: 129)] {
            #expect(await code { try queue.send("a", groupID: bad, deduplicationID: "d") } == .invalidArgument)
            #expect(await code { try queue.send("a", groupID: "g", deduplicationID: bad) } == .invalidArgument)
        }
        #expect(
            await code { try queue.send("a", delay: .zero, groupID: "g", deduplicationID: "d") } == .invalidArgument)
        let longest = String(repeating: "~", count: 128)
        try queue.send("a", groupID: longest, deduplicationID: longest)
    }

    @Test("A queue's delay keeps the order of groups")
    func delay() async throws {
        let bench = try bench { $0.delay = .seconds(5) }
        try bench.send("a1", to: "a")
        bench.clock.advance(by: .seconds(1))
        try bench.send("a2", to: "a")
        bench.clock.advance(by: .seconds(4))
        #expect(try await bench.bodies() == ["a1"])
        bench.clock.advance(by: .seconds(1))
        #expect(try await bench.bodies() == [])
        bench.clock.advance(by: .seconds(29))
        #expect(try await bench.bodies() == ["a1", "a2"])
    }

    @Test("An invisible message that is too old holds up its group no more")
    func expiry() async throws {
        let bench = try bench { $0.retention = .seconds(60) }
        try bench.send("a1", to: "a")
        _ = try await bench.receiveOne(visibility: .seconds(3_600))
        bench.clock.advance(by: .seconds(30))
        try bench.send("a2", to: "a")
        #expect(try await bench.bodies() == [])
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.bodies() == ["a2"])
    }
}
