// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct QueueReceivingTests {
    @Test("A message that was received is invisible until its time is over, and then there again with the same id")
    func visibility() async throws {
        let bench = try QueueBench()
        let sent = try bench.queue.send("a")
        let first = try await bench.receiveOne(visibility: .seconds(30))
        #expect(first.id == sent.id && first.receiveCount == 1 && first.sentAt == HandMovedClock.start)
        bench.clock.advance(by: .seconds(30) - .nanoseconds(1))
        #expect(try await bench.bodies() == [])
        bench.clock.advance(by: .nanoseconds(1))
        let second = try await bench.receiveOne()
        #expect(second.id == sent.id && second.receiveCount == 2 && second.receipt != first.receipt)
        #expect(second.firstReceivedAt == HandMovedClock.start)
        #expect(bench.queue.visibilityTimeout == .seconds(30))
    }

    @Test("A receive has no more messages than asked for, the first sent first", arguments: [-1, 0, 1, 7, 10, 10_000])
    func limit(limit: Int) async throws {
        let bench = try QueueBench()
        for number in 0..<20 { try bench.queue.send(String(number)) }
        #expect(try await bench.bodies(limit) == (0..<max(0, min(limit, 20))).map(String.init))
    }

    @Test("A message that is deleted is gone, also when it has become visible, and only once")
    func delete() async throws {
        let bench = try QueueBench()
        try bench.queue.send("a")
        try bench.queue.send("b")
        let messages = try await bench.receive()
        #expect(try await bench.delete(messages[0]))
        #expect(try await !bench.delete(messages[0]))
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.delete(messages[1]))
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.bodies() == [])
        #expect(bench.queue.figures.bytes == 0)
    }

    @Test("A receipt is only good for the latest receive")
    func staleReceipt() async throws {
        let bench = try QueueBench()
        try bench.queue.send("a")
        let first = try await bench.receiveOne()
        bench.clock.advance(by: .seconds(30))
        let second = try await bench.receiveOne()
        #expect(try await !bench.delete(first))
        #expect(try await !bench.change(first, to: .zero))
        #expect(try await bench.bodies() == [])
        #expect(try await bench.delete(second))
    }

    @Test(
        "A receipt of another message in the same place, of another queue, or that was never given is good for nothing")
    func foreignReceipts() async throws {
        let bench = try QueueBench()
        let other = try QueueBench("others", clock: bench.clock)
        try bench.queue.send("a")
        try other.queue.send("a")
        let gone = try await bench.receiveOne()
        let foreign = try await other.receiveOne()
        #expect(try await bench.delete(gone))
        try bench.queue.send("b")
        let receipts =
            [gone.receipt, foreign.receipt] + ["", "x", "é", String(repeating: "0", count: 40)].map { Receipt($0) }
        #expect(try await bench.queue.delete(receipts) == receipts.map { _ in false })
        _ = try await bench.receiveOne()
        #expect(try await bench.queue.delete(receipts) == receipts.map { _ in false })
        #expect(try await bench.queue.changeVisibility(of: receipts, to: .zero) == receipts.map { _ in false })
    }

    @Test("Visibility is prolonged and cut short from now on, and zero makes a message visible at once")
    func changeVisibility() async throws {
        let bench = try QueueBench()
        try bench.queue.send("a")
        let first = try await bench.receiveOne(visibility: .seconds(30))
        bench.clock.advance(by: .seconds(20))
        #expect(try await bench.change(first, to: .seconds(30)))
        bench.clock.advance(by: .seconds(29))
        #expect(try await bench.bodies() == [])
        #expect(try await bench.change(first, to: .seconds(5)))
        bench.clock.advance(by: .seconds(4))
        #expect(try await bench.bodies() == [])
        #expect(try await bench.change(first, to: .zero))
        #expect(try await !bench.change(first, to: .seconds(30)), "it is visible, and so its visibility is not changed")
        #expect(try await bench.bodies() == ["a"])
    }

    @Test("A message may be received without becoming invisible, but only once in one receive")
    func noVisibility() async throws {
        let bench = try QueueBench()
        try bench.queue.send("a")
        #expect(try await bench.bodies(10, visibility: .zero) == ["a"])
        #expect(try await bench.bodies(10, visibility: .zero) == ["a"])
    }

    @Test(
        "Messages are invisible for 12 hours at most",
        arguments: [(-1, false), (0, true), (43_200, true), (43_201, false)])
    func visibilityLimits(seconds: Int, isValid: Bool) async throws {
        let bench = try QueueBench()
        try bench.queue.send("a")
        let expected: SourceError.Code? = isValid ? nil : .invalidArgument
        #expect(await code { _ = try await bench.receive(0, visibility: .seconds(seconds)) } == expected)
        let message = try await bench.receiveOne()
        #expect(
            await code {
                _ = try await bench.queue.changeVisibility(of: [message.receipt], to: .seconds(seconds))
            } == expected)
    }

    @Test("A delay is the message's or else the queue's")
    func delay() async throws {
        let bench = try QueueBench { $0.delay = .seconds(10) }
        try bench.queue.send("queue's")
        try bench.queue.send("own", delay: .seconds(5))
        try bench.queue.send("none", delay: .zero)
        #expect(try await bench.bodies() == ["none"])
        #expect(bench.queue.figures.delayed == 2)
        bench.clock.advance(by: .seconds(5))
        #expect(try await bench.bodies() == ["own"])
        bench.clock.advance(by: .seconds(5))
        #expect(try await bench.bodies() == ["queue's"])
    }

    @Test("Messages that failed come again behind those that wait already")
    func fairness() async throws {
        let bench = try QueueBench()
        for body in ["bad", "b", "c"] { try bench.queue.send(body) }
        let bad = try await bench.receiveOne()
        #expect(try await bench.change(bad, to: .zero))
        #expect(try await bench.bodies() == ["b", "c", "bad"])
    }
}
