// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// A stream's records as invocations, in a host that runs.
@Suite("Stream mappings", .simulated(seeds: 0..<20)) struct StreamMappingTests {
    @Test("Records that are there come in batches, and those that come later at once")
    func batches() async throws {
        let rig = try MappingRig()
        rig.stream.put(0..<250)
        _ = try rig.map()
        try await rig.host.run {
            try await rig.pass(.seconds(1))
            #expect(rig.batches.all == [Array(0..<100), Array(100..<200), Array(200..<250)])
            rig.stream.put([250])
            try await rig.pass(.milliseconds(1))
            #expect(rig.batches.all.last == [250])
        }
        #expect(try await rig.checkpoint() == .position(.after(SequenceNumber(low: 251))))
        #expect(rig.stream.subscriberCount == 0)
    }

    @Test("Where reading begins is chosen: with the oldest record, with what comes, or at a time")
    func startingPositions() async throws {
        let times = (0..<4).map { Simulation.start.advanced(by: .seconds($0)) }
        for (position, expected) in [
            (StreamMappingConfiguration.StartingPosition.oldest, [0, 1, 2, 3, 4]), (.latest, [4]),
            (.at(times[2]), [2, 3, 4]),
        ] {
            let rig = try MappingRig()
            for (number, time) in times.enumerated() { rig.stream.put([number], at: time) }
            _ = try rig.map(from: position)
            try await rig.host.run {
                try await rig.pass(.seconds(5))
                rig.stream.put([4])
                try await rig.pass(.seconds(1))
            }
            #expect(rig.batches.all.flatMap { $0 } == expected)
        }
    }

    @Test("A batch that fails blocks its shard until it succeeds, and other shards go on")
    func blocks() async throws {
        let rig = try MappingRig(shards: 2)
        rig.stream.put([1, 2], to: 0)
        rig.stream.put([3], to: 1)
        let failures = Countdown(3)
        _ = try rig.map(doing: { numbers in
            if numbers.contains(1), failures.take() { throw HandlerFailure() }
        })
        try await rig.host.run {
            try await rig.pass(.milliseconds(500))
            rig.stream.put([4], to: 0)
            try await rig.pass(.seconds(10))
        }
        let ofFirst = rig.batches.all.filter { !$0.contains(3) }
        #expect(ofFirst == [[1, 2], [1, 2], [1, 2], [1, 2], [4]])
        #expect(rig.events.texts.filter { $0 == "2 failed" }.count == 3)
        #expect(rig.letters.all.count == 0)
    }

    @Test("After as many retries as there may be a batch is discarded, and its destination is told")
    func retries() async throws {
        let rig = try MappingRig()
        rig.stream.put([1, 2])
        rig.stream.put([3])
        _ = try rig.map(configured: {
            $0.maximumRetryAttempts = 2
            $0.batchSize = 2
        }) { numbers in if numbers.contains(1) { throw HandlerFailure() } }
        try await rig.host.run { try await rig.pass(.seconds(60)) }
        #expect(rig.batches.all == [[1, 2], [1, 2], [1, 2], [3]])
        #expect(rig.letters.all.count == 1)
        let letter = try #require(rig.letters.all.all.first)
        #expect(letter.contains(#""condition":"RetryAttemptsExhausted","approximateInvokeCount":3"#))
        #expect(letter.contains(#""functionError":"Unhandled""#))
        #expect(letter.contains(#""startSequenceNumber":"1","endSequenceNumber":"2""#))
        #expect(letter.contains(#""batchSize":2"#))
        #expect(rig.events.texts == ["2 failed", "2 failed", "2 failed", "2 RetryAttemptsExhausted", "1 succeeded"])
    }

    @Test("Records that are too old are discarded, before they are tried and while they are tried again")
    func age() async throws {
        let rig = try MappingRig()
        let now = rig.simulation.clock.wallTime
        rig.stream.put([1], at: now.advanced(by: .seconds(-61)))
        rig.stream.put([2], at: now.advanced(by: .seconds(-30)))
        rig.stream.put([3], at: now)
        _ = try rig.map(configured: { $0.maximumRecordAge = .seconds(60) }) { numbers in
            if numbers.contains(2) { throw HandlerFailure() }
        }
        try await rig.host.run { try await rig.pass(.seconds(100)) }
        #expect(!rig.batches.all.contains { $0.contains(1) })
        #expect(rig.batches.all.first == [2, 3])
        #expect(rig.batches.all.last == [3])
        #expect(rig.letters.all.count == 2)
        #expect(rig.letters.all.all.allSatisfy { $0.contains("RecordAgeExceeded") && !$0.contains("responseContext") })
        #expect(rig.events.texts.last == "1 succeeded")
    }

    @Test("Bisecting finds the poison, charges no retry, and everything else is done")
    func bisect() async throws {
        let rig = try MappingRig()
        rig.stream.put(0..<64)
        _ = try rig.map(configured: {
            $0.bisectBatchOnFunctionError = true
            $0.maximumRetryAttempts = 1
        }) { numbers in if numbers.contains(37) { throw HandlerFailure() } }
        try await rig.host.run { try await rig.pass(.seconds(30)) }
        let done = rig.batches.all.filter { !$0.contains(37) }.flatMap { $0 }
        #expect(done == (0..<64).filter { $0 != 37 })
        #expect(rig.batches.all.filter { $0 == [37] }.count == 2)
        #expect(rig.letters.all.count == 1)
        #expect(try #require(rig.letters.all.all.first).contains(#""batchSize":1"#))
    }

    @Test("A function that says where it failed is given the rest again, and what it did is done")
    func partly() async throws {
        let rig = try MappingRig()
        let numbers = rig.stream.put(0..<10)
        let failures = Countdown(2)
        _ = try rig.mapAnswering { batch in
            guard batch.records.contains(where: { $0.number == 6 }), failures.take() else { return .succeeded }
            return .failed(from: numbers[6])
        }
        try await rig.host.run {
            try await rig.pass(.milliseconds(500))
            #expect(try await rig.checkpoint() == .position(.from(numbers[6])))
            try await rig.pass(.seconds(30))
        }
        #expect(rig.batches.all == [Array(0..<10), Array(6..<10), Array(6..<10)])
        #expect(rig.events.texts == ["10 partlyFailed", "4 failed", "4 succeeded"])
    }

    @Test("With several lanes batches of one shard run at once, and records of one key in order")
    func parallel() async throws {
        let rig = try MappingRig()
        rig.stream.put(0..<400, key: { "\($0 % 20)" })
        _ = try rig.map(configured: {
            $0.parallelizationFactor = 4
            $0.batchSize = 10
        }) { _ in try await rig.pass(.milliseconds(Int64(rig.simulation.random(in: 1...20)))) }
        try await rig.host.run { try await rig.pass(.seconds(30)) }
        let order = rig.batches.all.flatMap { $0 }
        #expect(order.sorted() == Array(0..<400))
        for key in 0..<20 {
            let ofKey = order.filter { $0 % 20 == key }
            #expect(ofKey == ofKey.sorted())
        }
    }

    @Test("A window gathers records, and a batch that is full does not wait for its end")
    func window() async throws {
        let rig = try MappingRig()
        _ = try rig.map(configured: {
            $0.batchingWindow = .seconds(10)
            $0.batchSize = 5
        })
        try await rig.host.run {
            for number in 0..<3 {
                rig.stream.put([number])
                try await rig.pass(.seconds(2))
            }
            #expect(rig.batches.count == 0)
            try await rig.pass(.seconds(5))
            #expect(rig.batches.all == [[0, 1, 2]])
            rig.stream.put(3..<8)
            try await rig.pass(.milliseconds(1))
            #expect(rig.batches.all.last == Array(3..<8))
        }
    }

    @Test("What the filter does not let through is passed over, and the checkpoint with it")
    func filter() async throws {
        let rig = try MappingRig()
        rig.stream.put(0..<100)
        _ = try rig.map(filter: { $0.number % 10 == 0 })
        try await rig.host.run { try await rig.pass(.seconds(1)) }
        #expect(rig.batches.all == [[0, 10, 20, 30, 40, 50, 60, 70, 80, 90]])
        #expect(try await rig.checkpoint() == .position(.after(SequenceNumber(low: 100))))
    }

    @Test("Children of a split begin when their parent is done with, and with their oldest record")
    func split() async throws {
        let rig = try MappingRig()
        rig.stream.put(0..<3)
        let failures = Countdown(2)
        _ = try rig.map(doing: { numbers in if numbers.contains(0), failures.take() { throw HandlerFailure() } })
        try await rig.host.run {
            try await rig.pass(.milliseconds(10))
            rig.stream.add(ShardID("s1"), parents: [ShardID("s0")])
            rig.stream.add(ShardID("s2"), parents: [ShardID("s0")])
            rig.stream.put([10], to: 1)
            rig.stream.put([20], to: 2)
            try await rig.pass(.milliseconds(100))
            #expect(rig.batches.all == [[0, 1, 2]])
            try await rig.pass(.seconds(30))
            rig.stream.add(ShardID("s3"), parents: [ShardID("s1"), ShardID("s2")])
            rig.stream.put([30], to: 3)
            try await rig.pass(.seconds(1))
        }
        let order = rig.batches.all.flatMap { $0 }
        #expect(order.filter { $0 < 10 } == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        #expect(Set(order.suffix(3)) == [10, 20, 30])
        #expect(order.last == 30)
        #expect(try await rig.checkpoint(0) == .finished)
    }

    @Test("A shard that the source forgets is brought to its end before its children begin")
    func forgotten() async throws {
        let rig = try MappingRig()
        rig.stream.put(0..<3)
        let failures = Countdown(3)
        _ = try rig.map(configured: { $0.batchSize = 2 }) { numbers in
            if numbers.contains(0), failures.take() { throw HandlerFailure() }
        }
        try await rig.host.run {
            try await rig.pass(.milliseconds(100))
            rig.stream.add(ShardID("s1"), parents: [ShardID("s0")])
            rig.stream.put([10], to: 1)
            rig.stream.forget(ShardID("s0"))
            try await rig.pass(.seconds(30))
        }
        #expect(rig.batches.all == [[0, 1], [0, 1], [0, 1], [0, 1], [2], [10]])
        #expect(rig.events.texts.last == "1 succeeded")
        #expect(try await rig.checkpoint(0) == .finished)
    }

    @Test("A mapping that is paused begins nothing, and goes on where it was; one that is deleted forgets")
    func pause() async throws {
        let rig = try MappingRig()
        let mapping = try rig.map()
        #expect(mapping.status == .creating)
        try await rig.host.run {
            rig.stream.put([1])
            try await rig.pass(.seconds(1))
            #expect(mapping.status == .enabled)
            mapping.pause()
            try await rig.pass(.seconds(1))
            #expect(mapping.status == .disabled)
            rig.stream.put([2])
            try await rig.pass(.seconds(10))
            #expect(rig.batches.all == [[1]])
            mapping.resume()
            try await rig.pass(.seconds(1))
            #expect(mapping.status == .enabled)
            #expect(rig.batches.all == [[1], [2]])
            try mapping.update { $0.batchSize = 1 }
            try await rig.pass(.seconds(1))
            rig.stream.put([3, 4])
            try await rig.pass(.seconds(1))
            #expect(rig.batches.all == [[1], [2], [3], [4]])
            mapping.delete()
            try await rig.pass(.seconds(1))
            #expect(mapping.status == .deleted)
            rig.stream.put([5])
            try await rig.pass(.seconds(1))
        }
        #expect(rig.batches.all.last == [4])
        #expect(try await rig.checkpoint() == nil)
    }

    @Test("A mapping that is deleted forgets, though its checkpoints cannot be reached at first")
    func forgets() async throws {
        struct Unreachable: CheckpointStore {
            let inner = InMemoryCheckpoints()
            let failures = Countdown(2)

            func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint] {
                try await inner.checkpoints(of: mapping)
            }

            func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws {
                try await inner.save(checkpoint, of: mapping, shard: shard)
            }

            func forget(_ mapping: String) async throws {
                if failures.take() { throw HandlerFailure() }
                try await inner.forget(mapping)
            }
        }
        let rig = try MappingRig()
        let checkpoints = Unreachable()
        let work = try rig.host.register("work") { (_: StreamBatch, _) in }
        let mapping = try rig.host.map(
            rig.stream, to: work, configuration: .init(startingPosition: .oldest),
            options: .init(name: "test", checkpoints: checkpoints))
        try await rig.host.run {
            rig.stream.put([1])
            try await rig.pass(.seconds(1))
            mapping.delete()
            try await rig.pass(.seconds(1))
            #expect(mapping.status == .deleting)
            try await rig.pass(.seconds(5))
            #expect(mapping.status == .deleted)
        }
        #expect(try await checkpoints.checkpoints(of: "test").isEmpty)
    }

    @Test("Two changes of a configuration at the same time are both made")
    func changes() throws {
        let rig = try MappingRig()
        let mapping = try rig.map()
        let isFirst = Countdown(1)
        try mapping.update { configuration in
            configuration.batchSize = 7
            // Somebody else is quicker.
            guard isFirst.take() else { return }
            #expect(throws: Never.self) { try mapping.update { $0.parallelizationFactor = 3 } }
        }
        #expect(mapping.configuration.batchSize == 7)
        #expect(mapping.configuration.parallelizationFactor == 3)
    }

    @Test("A shutdown waits for the batch that runs; what it cuts off is tried again by the next host")
    func shutdown() async throws {
        let rig = try MappingRig()
        rig.stream.put([1])
        _ = try rig.map(configured: { $0.batchSize = 1 }) { numbers in
            try await rig.pass(numbers == [1] ? .seconds(3) : .seconds(100))
        }
        try await rig.host.run {
            try await rig.pass(.seconds(1))
            rig.stream.put([2])
        }
        #expect(rig.batches.all == [[1]])
        let second = try MappingRig()
        second.stream.put([2])
        _ = try second.map(doing: { _ in try await second.pass(.seconds(100)) })
        try await second.host.run { try await second.pass(.seconds(1)) }
        #expect(second.events.texts == ["1 interrupted"])
        #expect(try await second.checkpoint() == .position(.from(SequenceNumber(low: 1))))
    }

    @Test("What is not run for want of room is charged to nobody, and comes later")
    func throttled() async throws {
        let rig = try MappingRig(concurrency: 1)
        let block = try rig.host.register("block") { (_: Void, context) in try await context.sleep(for: .seconds(2)) }
        _ = try rig.map(configured: { $0.maximumRetryAttempts = 0 })
        try await rig.host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await rig.host.invoke(block) }
                try await rig.pass(.milliseconds(500))
                rig.stream.put([1])
                try await rig.pass(.seconds(20))
                try await group.waitForAll()
            }
        }
        #expect(rig.batches.all.last == [1])
        #expect(rig.letters.all.count == 0)
        #expect(rig.events.texts.last == "1 succeeded")
    }

    @Test("A source that cannot be read is read again, and a destination that fails is told again")
    func faults() async throws {
        let rig = try MappingRig(letters: Letters(failures: Countdown(2)))
        rig.stream.put([1, 2])
        rig.stream.fail(3)
        _ = try rig.map(configured: {
            $0.maximumRetryAttempts = 0
            $0.batchSize = 1
        }) { numbers in if numbers == [1] { throw HandlerFailure() } }
        try await rig.host.run { try await rig.pass(.seconds(60)) }
        #expect(rig.batches.all == [[1], [2]])
        #expect(rig.letters.all.count == 1)
        #expect(rig.events.texts.filter { $0 == "source failed" }.count == 3)
        #expect(rig.events.texts.filter { $0 == "1 not told" }.count == 2)
    }

    @Test("A host that is called by a function and shuts down is a failure of the function")
    func otherHost() async throws {
        let rig = try MappingRig()
        let other = FunctionHost(system: .simulated(by: rig.simulation))
        let gone = try other.register("gone") { (_: Void, _) in }
        _ = await other.shutdown()
        rig.stream.put([1])
        let failures = Countdown(1)
        _ = try rig.map(doing: { _ in if failures.take() { try await other.invoke(gone) } })
        try await rig.host.run { try await rig.pass(.seconds(10)) }
        #expect(rig.batches.all == [[1], [1]])
        #expect(rig.events.texts == ["1 failed", "1 succeeded"])
    }

    @Test("A shard that had nothing yet keeps its starting position when the mapping is changed")
    func startingPositionIsKept() async throws {
        let rig = try MappingRig(shards: 2)
        rig.stream.put([1], to: 0, at: Simulation.start)
        rig.stream.put([2], to: 1, at: Simulation.start)
        let mapping = try rig.map(from: .at(Simulation.start.advanced(by: .seconds(1))))
        try await rig.host.run {
            try await rig.pass(.seconds(5))
            rig.stream.put([3], to: 0)
            try await rig.pass(.seconds(1))
            mapping.pause()
            try await rig.pass(.seconds(1))
            mapping.resume()
            try await rig.pass(.seconds(1))
            rig.stream.put([4], to: 1)
            try await rig.pass(.seconds(1))
        }
        #expect(rig.batches.all == [[3], [4]])
    }

    @Test("A mapping that is attached once more works once, and hears of a pause")
    func attachedTwice() async throws {
        let rig = try MappingRig()
        let mapping = try rig.map()
        try rig.host.attach(mapping)
        try await rig.host.run {
            rig.stream.put([1])
            try await rig.pass(.seconds(1))
            mapping.pause()
            try await rig.pass(.seconds(1))
            rig.stream.put([2])
            try await rig.pass(.seconds(1))
            #expect(rig.batches.all == [[1]])
            mapping.resume()
            try await rig.pass(.seconds(1))
        }
        #expect(rig.batches.all == [[1], [2]])
    }

    @Test("A second mapping of one name is refused for as long as the first one is there")
    func nameTaken() async throws {
        let rig = try MappingRig()
        let mapping = try rig.map()
        let work = try rig.host.register("other") { (_: StreamBatch, _) in }
        let again = { @Sendable in
            try rig.host.map(
                TestStream(), to: work, configuration: .init(startingPosition: .oldest), options: .init(name: "test"))
        }
        let error = #expect(throws: FunctionHostError.self) { try again() }
        #expect(error?.code == .alreadyRegistered)
        try await rig.host.run {
            try await rig.pass(.seconds(1))
            #expect(throws: FunctionHostError.self) { try again() }
            mapping.delete()
            try await rig.pass(.seconds(1))
            _ = try again()
        }
    }

    @Test("A function that is gone is waited for until it is there again, and nothing is charged")
    func gone() async throws {
        let rig = try MappingRig()
        rig.stream.put([1])
        _ = try rig.map(configured: { $0.maximumRetryAttempts = 0 })
        try rig.host.remove("work")
        try await rig.host.run {
            try await rig.pass(.seconds(20))
            #expect(Set(rig.events.texts) == ["1 notRun"])
            try rig.host.register("work", configuration: .init(timeout: .seconds(60))) {
                [batches = rig.batches] (batch: StreamBatch, _) in batches.add(batch.records.map(\.number))
            }
            try await rig.pass(.seconds(40))
        }
        #expect(rig.letters.all.count == 0)
        #expect(rig.batches.all == [[1]])
    }

    @Test("An impossible configuration is refused with the reason")
    func refused() throws {
        let rig = try MappingRig()
        let error = #expect(throws: FunctionHostError.self) { try rig.map(configured: { $0.batchSize = 0 }) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.reason == "batchSize is 0; it must be 1 to 10,000")
    }
}
