// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// Asynchronous sequences whose elements become records and messages.
@Suite("Sequence feeds", .everySeed) struct SequenceFeedTests {
    /// Numbers that come one by one, with time between them, and perhaps an error at their end; counts who asks for more.
    private struct Numbers: AsyncSequence, Sendable {
        typealias Element = Int

        let count: Int
        var pause: Duration = .zero
        var error: HandlerFailure?
        let asked = Occupancy()

        struct AsyncIterator: AsyncIteratorProtocol {
            let numbers: Numbers
            var next = 0

            mutating func next() async throws -> Int? {
                numbers.asked.enter()
                guard let simulation = Simulation.current, !Task.isCancelled else { return nil }
                if numbers.pause > .zero {
                    do {
                        try await simulation.clock.sleep(until: simulation.now.advanced(by: numbers.pause))
                    } catch { return nil }
                }
                guard next < numbers.count else {
                    if let error = numbers.error { throw error }
                    return nil
                }
                defer { next += 1 }
                return next
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(numbers: self) }
    }

    /// Hears of feeds.
    private struct FeedEvents: HostObserver {
        let delivery = ObserverDelivery.immediate
        let all = Notes<FeedEvent>()

        func told(_ event: any ServiceEvent) {
            if let event = event as? FeedEvent { all.add(event) }
        }
    }

    private let simulation: Simulation
    private let events = FeedEvents()
    private let host: FunctionHost
    private let seen = Notes<Int>()

    init() throws {
        simulation = try #require(Simulation.current)
        host = FunctionHost(observers: [events], system: .simulated(by: simulation))
    }

    /// Has what comes out of a stream noted.
    private func note(_ stream: InMemoryStream) throws {
        let work = try host.register("work") { [seen] (numbers: [Int], _) in
            for number in numbers { seen.add(number) }
        }
        try host.map(stream, to: work, configuration: .init(startingPosition: .oldest))
    }

    @Test("Elements become records in order, and the function is given them")
    func stream() async throws {
        let stream = try InMemoryStream("numbers", system: .simulated(by: simulation))
        try note(stream)
        try host.feed(Numbers(count: 500, pause: .milliseconds(5)), into: stream, partitionKey: { _ in "one" })
        try await host.run { try await simulation.advance(by: .seconds(10)) }
        #expect(seen.all == Array(0..<500))
        #expect(events.all.all.map(\.description) == ["sequence to \(stream.arn): the sequence has ended"])
    }

    @Test("Elements become messages of a queue")
    func queue() async throws {
        let queue = try InMemoryQueue("numbers.fifo", system: .simulated(by: simulation))
        let work = try host.register("work") { [seen] (numbers: [Int], _) in
            for number in numbers { seen.add(number) }
        }
        try host.map(queue, to: work)
        try host.feed(Numbers(count: 50), into: queue) { number in
            MessageEntry(body: "\(number)", groupID: "\(number % 3)", deduplicationID: "\(number)")
        }
        try await host.run { try await simulation.advance(by: .seconds(10)) }
        #expect(seen.all.sorted() == Array(0..<50))
        for group in 0..<3 { #expect(seen.all.filter { $0 % 3 == group } == Array(stride(from: group, to: 50, by: 3))) }
    }

    @Test("A sequence is asked for no more than there is room for, and goes on where there is")
    func backPressure() async throws {
        var configuration = InMemoryQueue.Configuration()
        configuration.messageLimit = 10
        let queue = try InMemoryQueue("numbers", configuration: configuration, system: .simulated(by: simulation))
        let numbers = Numbers(count: 1_000)
        let feed = try host.feed(numbers, into: queue) { MessageEntry(body: "\($0)") }
        try await host.run {
            try await simulation.advance(by: .seconds(5))
            #expect(queue.figures.visible == 10)
            // Those in the queue, those that are held, those that are handed over, and one that waits.
            #expect(numbers.asked.most <= 10 + 2 * SequenceFeed<Numbers>.buffer + 1)
            let taken = try await queue.receive(10, visibility: .seconds(60))
            _ = try await queue.delete(taken.map(\.receipt))
            try await simulation.advance(by: .seconds(5))
            #expect(queue.figures.visible == 10)
        }
        let waits = events.all.all.contains { if case .waits = $0.kind { true } else { false } }
        #expect(waits)
        #expect(events.all.all.last?.description.hasPrefix("\(feed.name): ") ?? false)
        let lost = events.all.all.reduce(0) { if case .lost(let count, _) = $1.kind { $0 + count } else { $0 } }
        #expect(lost + 20 <= numbers.asked.most, "what was taken is told as lost")
        #expect(lost > 0)
    }

    @Test("An element that cannot be put is left out and told; those around it are put")
    func refused() async throws {
        let stream = try InMemoryStream("numbers", system: .simulated(by: simulation))
        try note(stream)
        try host.feed(Numbers(count: 20), into: stream) { number in
            if number == 7 { throw HandlerFailure() }
            return RecordEntry(partitionKey: number == 11 ? "" : "k", data: Array("\(number)".utf8))
        }
        try await host.run { try await simulation.advance(by: .seconds(1)) }
        #expect(seen.all == (0..<20).filter { $0 != 7 && $0 != 11 })
        let refusals = events.all.all.filter { if case .refused = $0.kind { true } else { false } }
        #expect(refusals.count == 2)
    }

    @Test("An error that ends a sequence is told, and what came before is put")
    func fails() async throws {
        let stream = try InMemoryStream("numbers", system: .simulated(by: simulation))
        try note(stream)
        try host.feed(
            Numbers(count: 3, error: HandlerFailure()), into: stream, named: "numbers", partitionKey: { _ in "k" })
        try await host.run { try await simulation.advance(by: .seconds(1)) }
        #expect(seen.all == [0, 1, 2])
        #expect(events.all.all.map(\.description) == ["numbers: the sequence has ended: HandlerFailure()"])
    }

    @Test("A shutdown ends the waiting for an element, and what had been given is put")
    func shutdown() async throws {
        let stream = try InMemoryStream("numbers", system: .simulated(by: simulation))
        let numbers = Numbers(count: 1_000_000, pause: .milliseconds(simulation.random(in: 1...30)))
        try host.feed(numbers, into: stream, partitionKey: { _ in "k" })
        try await host.run { try await simulation.advance(by: .milliseconds(simulation.random(in: 0...100))) }
        let shard = try #require(try await stream.shards().first)
        let page = try await stream.read(shard.id, from: .oldest, limit: 1_000_000)
        let put = page.records.map { Int(String(decoding: $0.data, as: UTF8.self)) }
        #expect(put == Array(0..<put.count))
        #expect(put.count >= numbers.asked.most - 1, "only the last one asked for may not have come")
        #expect(events.all.all.allSatisfy { if case .lost = $0.kind { false } else { true } })
    }
}
