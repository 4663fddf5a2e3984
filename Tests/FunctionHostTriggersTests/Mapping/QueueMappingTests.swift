// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// A queue's messages as invocations, in a host that runs.
@Suite("Queue mappings", .simulated(seeds: 0..<20)) struct QueueMappingTests {
    /// A host with a queue and all that was seen of it.
    private final class Rig: Sendable {
        let host: FunctionHost
        let simulation: Simulation
        let queue: TestQueue
        let events = MappingEvents()
        let batches = Notes<[Int]>()
        let running = Occupancy()

        init(isFIFO: Bool = false, visibility: Duration = .seconds(30), concurrency: Int = 20) throws {
            simulation = try #require(Simulation.current)
            queue = try TestQueue(isFIFO: isFIFO, visibilityTimeout: visibility)
            var configuration = FunctionHost.Configuration(concurrency: concurrency)
            configuration.drainTimeout = .seconds(100)
            host = FunctionHost(configuration: configuration, observers: [events], system: .simulated(by: simulation))
        }

        func pass(_ duration: Duration) async throws { try await simulation.advance(by: duration) }

        @discardableResult
        func map(
            configured change: (inout QueueMappingConfiguration) -> Void = { _ in },
            filter: (@Sendable (QueueMessage) -> Bool)? = nil,
            doing body: @escaping @Sendable ([Int]) async throws -> QueueBatchResult = { _ in .succeeded }
        ) throws -> QueueMapping {
            let work = try host.register("work", configuration: .init(timeout: .seconds(500))) {
                [batches, running] (batch: QueueBatch, _) in
                let numbers = batch.messages.compactMap { Int($0.body) }
                batches.add(numbers)
                running.enter()
                defer { running.leave() }
                return try await body(numbers)
            }
            var configuration = QueueMappingConfiguration()
            change(&configuration)
            return try host.map(queue, to: work, configuration: configuration, filter: filter)
        }
    }

    @Test("Messages come in batches, and are deleted when the function has succeeded")
    func batches() async throws {
        let rig = try Rig()
        rig.queue.send(0..<25)
        try rig.map()
        try await rig.host.run { try await rig.pass(.seconds(5)) }
        #expect(rig.batches.all.map(\.count).sorted() == [5, 10, 10])
        #expect(rig.batches.all.flatMap { $0 }.sorted() == Array(0..<25))
        #expect(rig.queue.left == [])
    }

    @Test("Messages of a batch that failed are received again when their visibility timeout is over")
    func failed() async throws {
        let rig = try Rig()
        rig.queue.send([1, 2])
        let failures = Countdown(1)
        try rig.map(doing: { _ in
            if failures.take() { throw HandlerFailure() }
            return .succeeded
        })
        try await rig.host.run {
            try await rig.pass(.seconds(29))
            #expect(rig.batches.all == [[1, 2]])
            #expect(rig.queue.receiveCount(of: 1) == 1)
            try await rig.pass(.seconds(3))
        }
        #expect(rig.batches.all == [[1, 2], [1, 2]])
        #expect(rig.queue.left == [])
    }

    @Test("Of a batch that failed in part exactly the messages that are named come again")
    func partly() async throws {
        let rig = try Rig()
        rig.queue.send(1...4)
        let failures = Countdown(1)
        try rig.map(doing: { _ in failures.take() ? .failed(["2", "4"]) : .succeeded })
        try await rig.host.run {
            try await rig.pass(.seconds(2))
            #expect(rig.queue.left == [2, 4])
            try await rig.pass(.seconds(60))
        }
        #expect(rig.batches.all == [[1, 2, 3, 4], [2, 4]])
        #expect(rig.events.texts == ["4 partlyFailed", "2 succeeded"])
    }

    @Test("A message that is named and is not in the batch fails all of it")
    func unknownID() async throws {
        let rig = try Rig()
        rig.queue.send(1...2)
        let failures = Countdown(1)
        try rig.map(doing: { _ in failures.take() ? .failed(["2", "7"]) : .succeeded })
        try await rig.host.run { try await rig.pass(.seconds(60)) }
        #expect(rig.batches.all == [[1, 2], [1, 2]])
    }

    @Test("While a batch runs nobody else receives its messages, however long it takes, the shutdown included")
    func keptInvisible() async throws {
        let rig = try Rig(visibility: .seconds(3))
        rig.queue.send([1])
        try rig.map(doing: { _ in
            try await rig.pass(.seconds(60))
            return .succeeded
        })
        try await rig.host.run { try await rig.pass(.seconds(30)) }
        #expect(rig.batches.all == [[1]])
        #expect(rig.queue.left == [])
    }

    @Test("No more batches run than may, and all that there are come")
    func concurrency() async throws {
        let rig = try Rig()
        rig.queue.send(0..<200)
        try rig.map(
            configured: {
                $0.maximumConcurrency = 3
                $0.batchSize = 5
            },
            doing: { _ in
                try await rig.pass(.milliseconds(Int64(rig.simulation.random(in: 1...500))))
                return .succeeded
            })
        try await rig.host.run { try await rig.pass(.seconds(60)) }
        #expect(rig.running.most == 3)
        #expect(rig.batches.all.flatMap { $0 }.sorted() == Array(0..<200))
        #expect(rig.queue.left == [])
    }

    @Test("A window gathers messages from its first one on, and a full batch does not wait")
    func window() async throws {
        let rig = try Rig()
        try rig.map(configured: {
            $0.batchingWindow = .seconds(10)
            $0.batchSize = 4
        })
        try await rig.host.run {
            try await rig.pass(.seconds(7))
            rig.queue.send([1])
            try await rig.pass(.seconds(6))
            rig.queue.send([2])
            try await rig.pass(.seconds(3))
            #expect(rig.batches.count == 0)
            try await rig.pass(.seconds(3))
            #expect(rig.batches.all == [[1, 2]])
            rig.queue.send(3...6)
            try await rig.pass(.seconds(1))
            #expect(rig.batches.all.last == [3, 4, 5, 6])
        }
    }

    @Test("What the filter does not let through is deleted")
    func filter() async throws {
        let rig = try Rig()
        rig.queue.send(0..<20)
        try rig.map(filter: { $0.body.hasSuffix("5") })
        try await rig.host.run { try await rig.pass(.seconds(5)) }
        #expect(rig.batches.all.flatMap { $0 }.sorted() == [5, 15])
        #expect(rig.queue.left == [])
    }

    @Test("Filter criteria see a message as the service writes it")
    func criteria() async throws {
        let rig = try Rig()
        rig.queue.send(0..<20)
        let criteria = try FilterCriteria([#"{"body":[{"suffix":"5"}]}"#], of: .sqs)
        try rig.map(filter: try criteria.filter(of: rig.queue))
        try await rig.host.run { try await rig.pass(.seconds(5)) }
        #expect(rig.batches.all.flatMap { $0 }.sorted() == [5, 15])
        #expect(rig.queue.left == [])
    }

    @Test("Messages of one group run in order, one batch at a time, and a group that fails holds up no other")
    func groups() async throws {
        let rig = try Rig(isFIFO: true, visibility: .seconds(5))
        rig.queue.send(0..<60) { "\($0 % 3)" }
        let failures = Countdown(4)
        let ended = Notes<Int>()
        try rig.map(
            configured: { $0.batchSize = 4 },
            doing: { numbers in
                try await rig.pass(.milliseconds(Int64(rig.simulation.random(in: 1...300))))
                if numbers.contains(3), failures.take() { throw HandlerFailure() }
                for number in numbers { ended.add(number) }
                return .succeeded
            })
        try await rig.host.run { try await rig.pass(.seconds(120)) }
        for group in 0..<3 {
            let ofGroup = ended.all.filter { $0 % 3 == group }
            #expect(ofGroup == ofGroup.sorted())
            #expect(ofGroup.count == 20)
        }
        #expect(rig.queue.left == [])
    }

    @Test("What is not run for want of room is kept and tried again, and not received again for it")
    func throttled() async throws {
        let rig = try Rig(concurrency: 1)
        rig.queue.send([1])
        let block = try rig.host.register("block") { (_: Void, context) in try await context.sleep(for: .seconds(2)) }
        try rig.map()
        try await rig.host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await rig.host.invoke(block) }
                try await rig.pass(.milliseconds(1_500))
                #expect(rig.queue.receiveCount(of: 1) ?? 1 == 1)
                try await rig.pass(.seconds(20))
                try await group.waitForAll()
            }
        }
        #expect(rig.batches.all == [[1]])
        #expect(rig.queue.left == [])
    }

    @Test("With a visibility timeout shorter than any pause a batch that finds no room is not tried without one")
    func throttledBriefly() async throws {
        let rig = try Rig(visibility: .milliseconds(300), concurrency: 1)
        rig.queue.send([1])
        let block = try rig.host.register("block", configuration: .init(timeout: .seconds(60))) { (_: Void, context) in
            try await context.sleep(for: .seconds(10))
        }
        try await rig.host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await rig.host.invoke(block) }
                try await rig.pass(.seconds(1))
                try rig.map()
                try await rig.pass(.seconds(20))
                try await group.waitForAll()
            }
        }
        #expect(rig.batches.all == [[1]])
        #expect(rig.events.texts.filter { $0 == "1 notRun" }.count <= 10)
        #expect(rig.queue.left == [])
    }

    @Test("A pause gives back what was gathered, and a shutdown what it cuts off")
    func givenBack() async throws {
        let rig = try Rig(visibility: .seconds(1_000))
        let mapping = try rig.map(configured: { $0.batchingWindow = .seconds(100) })
        try await rig.host.run {
            rig.queue.send([1])
            try await rig.pass(.seconds(1))
            #expect(try await rig.queue.receive(1, visibility: .zero).isEmpty)
            mapping.pause()
            try await rig.pass(.seconds(1))
            #expect(mapping.status == .disabled)
            #expect(try await rig.queue.receive(1, visibility: .zero).count == 1)
        }
        #expect(rig.batches.count == 0)
        let other = try Rig(visibility: .seconds(1_000))
        other.queue.send([1])
        try other.map(doing: { _ in
            try await other.pass(.seconds(400))
            return .succeeded
        })
        try await other.host.run { try await other.pass(.seconds(1)) }
        #expect(other.batches.all == [[1]])
        #expect(try await other.queue.receive(1, visibility: .zero).count == 1)
    }

    @Test("A host that is called by a function and shuts down is a failure of the function")
    func otherHost() async throws {
        let rig = try Rig()
        let other = FunctionHost(system: .simulated(by: rig.simulation))
        let gone = try other.register("gone") { (_: Void, _) in }
        _ = await other.shutdown()
        rig.queue.send([1])
        let failures = Countdown(3)
        try rig.map(doing: { _ in
            if failures.take() { try await other.invoke(gone) }
            return .succeeded
        })
        try await rig.host.run {
            try await rig.pass(.seconds(5))
            #expect(rig.batches.all == [[1]])
            try await rig.pass(.seconds(120))
        }
        #expect(rig.batches.count == 4)
        #expect(rig.queue.left == [])
    }

    @Test("A pause begins no batch that waits for room, and gives it back at once")
    func pausedWhileThrottled() async throws {
        let rig = try Rig(concurrency: 1)
        let block = try rig.host.register("block") { (_: Void, context) in
            try await context.sleep(for: .milliseconds(2_800))
        }
        let mapping = try rig.map()
        try await rig.host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await rig.host.invoke(block) }
                try await rig.pass(.milliseconds(500))
                rig.queue.send([1])
                try await rig.pass(.seconds(2))
                mapping.pause()
                try await rig.pass(.seconds(20))
                #expect(mapping.status == .disabled)
                #expect(rig.events.texts.contains("1 notRun"))
                #expect(rig.batches.count == 0)
                #expect(try await rig.queue.receive(1, visibility: .zero).count == 1)
                try await group.waitForAll()
            }
        }
    }

    @Test("A receive that takes long keeps nobody from keeping invisible what runs")
    func slowReceive() async throws {
        let rig = try Rig(visibility: .seconds(3))
        rig.queue.send([1])
        try rig.map(doing: { _ in
            try await rig.pass(.seconds(20))
            return .succeeded
        })
        try await rig.host.run {
            try await rig.pass(.seconds(1))
            rig.queue.slow(by: .seconds(5))
            try await rig.pass(.seconds(30))
        }
        #expect(rig.batches.all == [[1]])
        #expect(rig.queue.left == [])
    }

    @Test("A flood of messages keeps nobody from keeping invisible what runs")
    func flood() async throws {
        let rig = try Rig(visibility: .seconds(3))
        rig.queue.send([1])
        rig.queue.slow(by: .milliseconds(100))
        try rig.map(
            filter: { $0.body == "1" },
            doing: { _ in
                try await rig.pass(.seconds(20))
                return .succeeded
            })
        try await rig.host.run {
            for number in 0..<600 {
                rig.queue.send([1_000 + number])
                try await rig.pass(.milliseconds(50))
            }
        }
        #expect(rig.batches.all == [[1]])
        #expect(!rig.queue.left.contains(1))
    }

    @Test("What was received is run though the deletion of what the filter does not let through fails")
    func failingDeletion() async throws {
        let rig = try Rig()
        rig.queue.send(0..<10)
        rig.queue.failDeletions(1)
        try rig.map(filter: { $0.body == "5" })
        try await rig.host.run { try await rig.pass(.seconds(2)) }
        #expect(rig.batches.all == [[5]])
        #expect(!rig.queue.left.contains(5))
        #expect(rig.events.texts.contains("source failed"))
    }

    @Test(
        "An impossible configuration is refused with the reason",
        arguments: [
            (false, 0, 0, "batchSize is 0; it must be 1 to 10000"),
            (true, 11, 0, "batchSize is 11; it must be 1 to 10 for a FIFO queue"),
            (false, 11, 0, "batchSize is 11; more than 10 need a batchingWindow of 1 second at least"),
            (true, 10, 1, "batchingWindow is 1.0 seconds; a FIFO queue has none"),
        ])
    func refused(isFIFO: Bool, size: Int, window: Int, reason: String) throws {
        let rig = try Rig(isFIFO: isFIFO)
        let error = #expect(throws: FunctionHostError.self) {
            try rig.map(configured: {
                $0.batchSize = size
                $0.batchingWindow = .seconds(window)
            })
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.reason == reason)
    }
}
