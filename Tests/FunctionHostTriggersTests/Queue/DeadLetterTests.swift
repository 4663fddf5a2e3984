// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct DeadLetterTests {
    /// A queue and its dead-letter queue.
    private func queues(
        suffix: String = "", times: Int = 2, room: Int = 1_000
    ) throws -> (source: QueueBench, target: QueueBench) {
        let clock = HandMovedClock()
        let target = try QueueBench("dead" + suffix, clock: clock) { $0.messageLimit = room }
        let source = try QueueBench("jobs" + suffix, clock: clock) {
            $0.redrive = .init(deadLetterQueue: target.queue, maximumReceiveCount: times)
        }
        return (source, target)
    }

    @Test("A message that was received too often goes to the dead-letter queue, with its id and attributes")
    func redrive() async throws {
        let (source, target) = try queues()
        let sent = try source.queue.send("bad", attributes: ["kind": .string("x")])
        for count in 1...2 {
            #expect(try await source.receiveOne().receiveCount == count)
            source.clock.advance(by: .seconds(30))
        }
        #expect(target.queue.figures.visible == 0)
        #expect(try await source.bodies() == [])
        #expect(source.queue.figures.invisible == 0 && source.queue.figures.bytes == 0)
        let dead = try await target.receiveOne()
        #expect(dead.id == sent.id && dead.body == "bad" && dead.attributes == ["kind": .string("x")])
        #expect(dead.deadLetterSourceARN == source.queue.arn && dead.sentAt == HandMovedClock.start)
        #expect(dead.receiveCount == 1)
    }

    @Test("A receive has as many good messages as there are, however many dead ones are before them")
    func manyDead() async throws {
        let (source, target) = try queues(times: 1)
        for number in 0..<50 { try source.queue.send("bad \(number)") }
        _ = try await source.bodies(50, visibility: .zero)
        for number in 0..<5 { try source.queue.send("good \(number)") }
        #expect(try await source.bodies(3) == ["good 0", "good 1", "good 2"])
        #expect(target.queue.figures.visible == 50)
        #expect(try await target.bodies(2) == ["bad 0", "bad 1"])
    }

    @Test("When the dead-letter queue is full a message stays, is not received meanwhile, and goes when there is room")
    func fullTarget() async throws {
        let (source, target) = try queues(times: 1, room: 1)
        try target.queue.send("in the way")
        try source.queue.send("bad")
        _ = try await source.bodies(1, visibility: .zero)
        #expect(try await source.bodies() == [])
        #expect(source.queue.figures.invisible == 1)
        #expect(try await target.delete(target.receiveOne()))
        source.clock.advance(by: .seconds(30))
        #expect(try await source.bodies() == [])
        #expect(try await target.bodies() == ["bad"])
        #expect(source.queue.figures.ageOfOldest == nil)
    }

    @Test("In a FIFO queue those behind a dead message come once it has gone, and not before")
    func fifo() async throws {
        let (source, target) = try queues(suffix: ".fifo", times: 1, room: 1)
        try target.send("in the way", to: "g", id: "x")
        for body in ["bad", "a2", "a3"] { try source.send(body, to: "a") }
        _ = try await source.bodies(1, visibility: .zero)
        #expect(try await source.bodies() == [])
        #expect(try await target.delete(target.receiveOne()))
        source.clock.advance(by: .seconds(30))
        #expect(try await source.bodies() == ["a2", "a3"])
        let dead = try await target.receiveOne()
        #expect(dead.body == "bad" && dead.groupID == "a" && dead.deduplicationID == "id-bad")
    }

    @Test(
        "A message is as old in the dead-letter queue as it is, in a FIFO queue it begins again",
        arguments: ["", ".fifo"])
    func age(suffix: String) async throws {
        let (source, target) = try queues(suffix: suffix, times: 1)
        if suffix.isEmpty { try source.queue.send("bad") } else { try source.send("bad", to: "g") }
        source.clock.advance(by: .seconds(100))
        _ = try await source.bodies(1, visibility: .zero)
        _ = try await source.bodies()
        #expect(target.queue.figures.ageOfOldest == (suffix.isEmpty ? .seconds(100) : .zero))
    }

    @Test("A policy that cannot be is refused", arguments: [0, 1_001, -1])
    func badPolicies(count: Int) async throws {
        #expect(await code { _ = try queues(times: count) } == .invalidArgument)
        #expect(await code { _ = try queues(times: 1_000) } == nil)
        let fifo = try QueueBench("dead.fifo").queue
        #expect(
            await code {
                _ = try QueueBench { $0.redrive = .init(deadLetterQueue: fifo, maximumReceiveCount: 1) }
            } == .invalidArgument)
    }
}
