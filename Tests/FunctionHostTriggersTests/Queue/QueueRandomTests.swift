// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct QueueRandomTests {
    @Test("A queue does what a list of all messages would do", arguments: 0..<24)
    func model(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let isFIFO = seed % 2 == 0
        let bench = try QueueBench(isFIFO ? "jobs.fifo" : "jobs") { $0.retention = .seconds(600) }
        var model = QueueModel(isFIFO: isFIFO, retention: .seconds(600))
        var held: [QueueMessage] = []
        for step in 0..<1_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1, 2:
                let group = isFIFO ? "g\(Int.random(in: 0..<5, using: &random))" : nil
                let key = isFIFO ? "k\(Int.random(in: 0..<200, using: &random))" : nil
                let delay = isFIFO ? nil : Duration.seconds(Int.random(in: 0..<20, using: &random))
                let sent = try bench.queue.send("\(step)", delay: delay, groupID: group, deduplicationID: key)
                let isNew = model.send("\(step)", sent.id, delay ?? .zero, group, key, bench.clock.now)
                #expect(sent.isDuplicate == !isNew, "seed \(seed), step \(step)")
            case 3, 4, 5:
                let limit = Int.random(in: 0..<12, using: &random)
                let visibility = Duration.seconds(Int.random(in: 0..<40, using: &random))
                let messages = try await bench.receive(limit, visibility: visibility)
                let fault = model.received(messages, limit, visibility, bench.clock.now)
                #expect(fault == nil, "seed \(seed), step \(step)")
                held += messages
            case 6:
                guard let message = held.randomElement(using: &random) else { continue }
                #expect(
                    try await bench.delete(message) == model.delete(message.receipt, bench.clock.now),
                    "seed \(seed), step \(step)")
            case 7:
                guard let message = held.randomElement(using: &random) else { continue }
                let duration = Duration.seconds(Int.random(in: 0..<30, using: &random))
                #expect(
                    try await bench.change(message, to: duration)
                        == model.change(message.receipt, duration, bench.clock.now), "seed \(seed), step \(step)")
            case 8: bench.clock.advance(by: .seconds(Int.random(in: 0..<15, using: &random)))
            default:
                let figures = bench.queue.figures
                #expect(
                    [figures.visible, figures.invisible, figures.delayed] == model.counts(bench.clock.now),
                    "seed \(seed), step \(step)")
            }
        }
    }

    @Test("Every message that is sent is done at least once, whatever fails, or is a dead letter", arguments: 0..<16)
    func atLeastOnce(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let suffix = seed % 2 == 0 ? ".fifo" : ""
        let clock = HandMovedClock()
        let dead = try QueueBench("dead" + suffix, clock: clock)
        let bench = try QueueBench("jobs" + suffix, clock: clock) {
            $0.redrive = .init(deadLetterQueue: dead.queue, maximumReceiveCount: 3)
        }
        var (sent, done): (Set<String>, [String]) = ([], [])
        for step in 0..<2_000 {
            if step < 1_000 {
                let id =
                    suffix.isEmpty
                    ? try bench.queue.send("\(step)").id : try bench.send("\(step)", to: "g\(step % 7)").id
                #expect(sent.insert(id).inserted)
            }
            for message in try await bench.receive(3, visibility: .seconds(10)) where Bool.random(using: &random) {
                done.append(message.id)
                if Int.random(in: 0..<4, using: &random) > 0 { _ = try await bench.delete(message) }
            }
            clock.advance(by: .seconds(Int.random(in: 0..<3, using: &random)))
        }
        clock.advance(by: .seconds(10))
        while case let rest = try await bench.receive(100), !rest.isEmpty {
            done += rest.map(\.id)
            #expect(try await bench.queue.delete(rest.map(\.receipt)).allSatisfy { $0 })
        }
        var letters: [String] = []
        while case let rest = try await dead.receive(100), !rest.isEmpty {
            letters += rest.map(\.id)
            _ = try await dead.queue.delete(rest.map(\.receipt))
        }
        #expect(Set(letters).count == letters.count && !letters.isEmpty, "seed \(seed)")
        #expect(Set(done).union(letters) == sent, "seed \(seed)")
        #expect(bench.queue.figures.bytes == 0 && dead.queue.figures.bytes == 0)
    }
}
