// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

@Suite struct DurableQueueTests {
    let directory = TemporaryDirectory()

    @Test("A FIFO queue does what a list of all messages would do, also when they are too old", arguments: 0..<8)
    func model(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let clock = HandMovedClock()
        var configuration = SQLiteQueue.Configuration()
        configuration.retention = .seconds(120)
        let store = try SQLiteStore(path: directory.file())
        let queue = try await SQLiteQueue(
            "jobs.fifo", configuration: configuration, in: store, system: clock.system())
        var model = QueueModel(isFIFO: true, retention: .seconds(120))
        var held: [QueueMessage] = []
        for step in 0..<500 {
            let place: Comment = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1, 2:
                let group = "g\(Int.random(in: 0..<5, using: &random))"
                let key = "k\(Int.random(in: 0..<200, using: &random))"
                let sent = try await queue.send("\(step)", groupID: group, deduplicationID: key)
                let isNew = model.send("\(step)", sent.id, .zero, group, key, clock.now)
                try #require(sent.isDuplicate == !isNew, place)
            case 3, 4, 5:
                let limit = Int.random(in: 1...6, using: &random)
                let visibility = Duration.seconds(Int.random(in: 1..<40, using: &random))
                let received = try await queue.receive(limit, visibility: visibility)
                try #require(model.received(received, limit, visibility, clock.now) == nil, place)
                held += received
            case 6:
                guard let message = held.randomElement(using: &random) else { continue }
                let isDeleted = try await queue.delete([message.receipt]) == [true]
                try #require(isDeleted == model.delete(message.receipt, clock.now), place)
            case 7:
                guard let message = held.randomElement(using: &random) else { continue }
                let duration = Duration.seconds(Int.random(in: 0..<30, using: &random))
                let isChanged = try await queue.changeVisibility(of: [message.receipt], to: duration) == [true]
                try #require(isChanged == model.change(message.receipt, duration, clock.now), place)
            default: clock.advance(by: .seconds(Int.random(in: 0..<15, using: &random)))
            }
            let figures = try await queue.figures
            try #require([figures.visible, figures.invisible, figures.delayed] == model.counts(clock.now), place)
        }
    }

    @Test("Messages that are too old are removed a few at a time, and a receive has nothing but the others")
    func swept() async throws {
        let (store, clock) = (try SQLiteStore(path: directory.file()), HandMovedClock())
        var configuration = SQLiteQueue.Configuration()
        configuration.retention = .seconds(60)
        let queue = try await SQLiteQueue("jobs", configuration: configuration, in: store, system: clock.system())
        for _ in 0..<100 { try await queue.send((0..<10).map { MessageEntry(body: "old \($0)") }) }
        clock.advance(by: .seconds(60))
        try await queue.send("new")
        #expect(RawConnection(directory.file()).rows("SELECT count(*) FROM queue_messages") == [["751"]])
        #expect(try await queue.receive(10, visibility: .seconds(1)).map(\.body) == ["new"])
        #expect(try await queue.figures.expired == 1_000)
        #expect(RawConnection(directory.file()).rows("SELECT count(*) FROM queue_messages") == [["1"]])
    }

    @Test("A queue that is full of what is too old has room")
    func tight() async throws {
        let (store, clock) = (try SQLiteStore(path: directory.file()), HandMovedClock())
        var configuration = SQLiteQueue.Configuration()
        configuration.retention = .seconds(60)
        configuration.messageLimit = 1_000
        let queue = try await SQLiteQueue("jobs", configuration: configuration, in: store, system: clock.system())
        for _ in 0..<100 { try await queue.send((0..<10).map { MessageEntry(body: "old \($0)") }) }
        let refused = await outcome { try await queue.send("one more") }
        guard case .failure(let error) = refused, error.code == .full else {
            Issue.record("a message for which there was no room: \(refused)")
            return
        }
        clock.advance(by: .seconds(60))
        for _ in 0..<100 {
            for sent in try await queue.send((0..<10).map { MessageEntry(body: "new \($0)") }) { _ = try sent.get() }
        }
        #expect(try await queue.figures.visible == 1_000)
    }

    @Test("A message that becomes visible is told when its time has come, and one that is sent at once")
    func told() async throws {
        let (store, clock) = (try SQLiteStore(path: directory.file()), HandMovedClock())
        let queue = try await SQLiteQueue("jobs", in: store, system: clock.system())
        let other = try await SQLiteQueue("jobs", in: store, system: clock.system())
        let calls = Gathered<Int>()
        let subscription = other.subscribe { calls.add([1]) }
        try await queue.send("a")
        #expect(calls.count == 1)
        try await queue.send("b", delay: .seconds(5))
        #expect(calls.count == 1)
        clock.advance(by: .seconds(5))
        #expect(calls.count == 2)
        #expect(try await queue.receive(2, visibility: .seconds(30)).count == 2)
        clock.advance(by: .seconds(30))
        #expect(calls.count == 3)
        subscription.cancel()
    }

    @Test("What waits when a queue is opened again is told in its time, once somebody has looked")
    func reopened() async throws {
        let clock = HandMovedClock()
        var store = try SQLiteStore(path: directory.file())
        var queue = try await SQLiteQueue("jobs", in: store, system: clock.system())
        try await queue.send("a", delay: .seconds(50))
        let first = try await queue.send("b")
        let receipt = try #require(try await queue.receive(1, visibility: .seconds(20)).first).receipt
        await store.close()
        store = try SQLiteStore(path: directory.file())
        queue = try await SQLiteQueue("jobs", in: store, system: clock.system(seed: 99))
        let calls = Gathered<Int>()
        let subscription = queue.subscribe { calls.add([1]) }
        #expect(try await queue.receive(9, visibility: .seconds(1)).isEmpty)
        clock.advance(by: .seconds(20))
        #expect(calls.count == 1)
        // A receipt outlives its process, and fences as before.
        let again = try #require(try await queue.receive(9, visibility: .seconds(1)).first)
        #expect(again.id == first.id && again.receiveCount == 2)
        #expect(try await queue.delete([receipt]) == [false])
        #expect(try await queue.delete([again.receipt]) == [true])
        clock.advance(by: .seconds(30))
        #expect(calls.count > 1)
        subscription.cancel()
    }

    @Test("A dead-letter queue is another queue of the same store, and of the same kind")
    func redriveRefused() async throws {
        let store = try SQLiteStore(path: directory.file(), configuration: .patient)
        let other = try SQLiteStore(path: directory.file(), configuration: .patient)
        for (name, target, count) in [
            ("jobs", try await SQLiteQueue("dead", in: other), 1),
            ("jobs", try await SQLiteQueue("jobs", in: store), 1),
            ("jobs.fifo", try await SQLiteQueue("dead", in: store), 1),
            ("jobs", try await SQLiteQueue("dead", in: store), 0),
        ] {
            var configuration = SQLiteQueue.Configuration()
            configuration.redrive = .init(deadLetterQueue: target, maximumReceiveCount: count)
            let result = await outcome { try await SQLiteQueue(name, configuration: configuration, in: store).name }
            guard case .failure(let error) = result else {
                Issue.record("\(name) gives its dead to \(target.name)")
                continue
            }
            #expect(error.code == .invalidArgument)
        }
    }

    @Test("Messages of a batch are taken each for itself, and what cannot be sent is told in its place")
    func batch() async throws {
        let store = try SQLiteStore(path: directory.file())
        let queue = try await SQLiteQueue("jobs", in: store)
        let results = try await queue.send([MessageEntry(body: "a"), MessageEntry(body: ""), MessageEntry(body: "c")])
        #expect(results.map { (try? $0.get()) != nil } == [true, false, true])
        #expect(try await queue.receive(9, visibility: .zero).map(\.body) == ["a", "c"])
        let event = String(
            decoding: queue.event(of: try await queue.receive(1, visibility: .seconds(1))), as: UTF8.self)
        #expect(event.contains(#""eventSourceARN":"arn:aws:sqs:local:000000000000:jobs""#))
    }

    @Test(
        "Many who send and receive at the same time lose nothing, and nothing is received twice",
        arguments: ["jobs", "jobs.fifo"])
    func together(name: String) async throws {
        let stores = [
            try SQLiteStore(path: directory.file(), configuration: .patient),
            try SQLiteStore(path: directory.file(), configuration: .patient),
        ]
        let received = Gathered<String>()
        try await withThrowingDiscardingTaskGroup { group in
            for (index, store) in (stores + stores).enumerated() {
                let queue = try await SQLiteQueue(name, in: store)
                group.addTask {
                    for number in 0..<50 {
                        let group = queue.isFIFO ? "g\(number % 7)" : nil
                        let id = queue.isFIFO ? "\(index)-\(number)" : nil
                        try await queue.send("\(index)-\(number)", groupID: group, deduplicationID: id)
                    }
                }
                group.addTask {
                    while received.count < 200 {
                        try Task.checkCancellation()
                        let messages = try await queue.receive(3, visibility: .seconds(10_000))
                        #expect(try await queue.delete(messages.map(\.receipt)).allSatisfy { $0 })
                        received.add(messages.map(\.body))
                    }
                }
            }
        }
        #expect(Set(received.all).count == 200 && received.count == 200)
        #expect(try await stores[0].integrityCheck() == [])
    }
}
