// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

/// A queue in a file does what one in memory does, whatever is done, and whichever process does it.
@Suite struct QueueTwinTests {
    let directory = TemporaryDirectory()

    @Test(
        "Every answer is that of a queue in memory, over reopening and from two stores on one file", arguments: 0..<16)
    func twins(seed: UInt64) async throws {
        var twins = try await QueueTwins(seed: seed, path: directory.file())
        for step in 0..<500 { try await twins.step("seed \(seed), step \(step)") }
        #expect(try await twins.store.integrityCheck() == [])
    }
}

/// Two queues with dead-letter queues of which two are in memory, and what is done with both.
private struct QueueTwins {
    var store: SQLiteStore
    private var others: [SQLiteStore] = []
    private var queue: SQLiteQueue
    private var dead: SQLiteQueue
    private let model: InMemoryQueue
    private let deadModel: InMemoryQueue
    private let clock = HandMovedClock()
    private let path: String
    private let isFIFO: Bool
    private let limits: (messages: Int, keys: Int)
    private var random: SplitMix64
    /// Receipts that belong together.
    private var held: [(mine: Receipt, other: Receipt)] = []
    private var sent = 0

    init(seed: UInt64, path: String) async throws {
        random = SplitMix64(seed: seed)
        self.path = path
        isFIFO = seed % 2 == 0
        limits = (messages: seed % 5 == 0 ? 20 : 1_000, keys: seed % 4 == 0 ? 30 : 1_000)
        var configuration = InMemoryQueue.Configuration()
        configuration.retention = isFIFO ? .seconds(100_000) : .seconds(200)
        configuration.messageLimit = 10
        let suffix = isFIFO ? ".fifo" : ""
        deadModel = try InMemoryQueue("dead" + suffix, configuration: configuration, system: clock.system())
        configuration.messageLimit = limits.messages
        configuration.byteLimit = 20_000
        configuration.deduplicationLimit = limits.keys
        configuration.redrive = .init(deadLetterQueue: deadModel, maximumReceiveCount: 3)
        model = try InMemoryQueue("jobs" + suffix, configuration: configuration, system: clock.system())
        store = try SQLiteStore(path: path, configuration: .patient)
        (queue, dead) = try await Self.open(store, isFIFO, limits, clock)
    }

    private static func open(
        _ store: SQLiteStore, _ isFIFO: Bool, _ limits: (messages: Int, keys: Int), _ clock: HandMovedClock
    ) async throws -> (SQLiteQueue, SQLiteQueue) {
        var configuration = SQLiteQueue.Configuration()
        configuration.retention = isFIFO ? .seconds(100_000) : .seconds(200)
        configuration.messageLimit = 10
        let suffix = isFIFO ? ".fifo" : ""
        let dead = try await SQLiteQueue(
            "dead" + suffix, configuration: configuration, in: store, system: clock.system())
        configuration.messageLimit = limits.messages
        configuration.byteLimit = 20_000
        configuration.deduplicationLimit = limits.keys
        configuration.redrive = .init(deadLetterQueue: dead, maximumReceiveCount: 3)
        let queue = try await SQLiteQueue(
            "jobs" + suffix, configuration: configuration, in: store, system: clock.system())
        return (queue, dead)
    }

    mutating func step(_ place: Comment) async throws {
        switch Int.random(in: 0..<24, using: &random) {
        case 0..<8: try await send(place)
        case 8..<14: try await receive(queue, model, place)
        case 14: try await receive(dead, deadModel, place)
        case 15..<18: try await delete(place)
        case 18, 19: try await change(place)
        case 20: clock.advance(by: .milliseconds(Int.random(in: 0..<40_000, using: &random)))
        case 21: try await reopen()
        default:
            try #require(try await queue.figures == model.figures, place)
            try #require(try await dead.figures == deadModel.figures, place)
        }
        // No two things happen at the same time, or their order would be anybody's guess.
        clock.advance(by: .nanoseconds(Int.random(in: 1..<1_000_000, using: &random)))
    }

    private mutating func send(_ place: Comment) async throws {
        let entries = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            sent += 1
            let size = [1, 10, 1_500].randomElement(using: &random) ?? 1
            var entry = MessageEntry(body: "\(sent) " + String(repeating: "ä", count: size))
            if Bool.random(using: &random) {
                entry.attributes = ["kind": .string("é"), "size": .number("\(size)"), "raw": .binary([0, 255])]
            }
            if isFIFO {
                entry.groupID = "g\(Int.random(in: 0..<6, using: &random))"
                entry.deduplicationID = "k\(Int.random(in: 0..<100, using: &random))"
            } else if Bool.random(using: &random) {
                entry.delay = .milliseconds(Int.random(in: 0..<30_000, using: &random))
            }
            return entry
        }
        let (mine, expected) = (try await queue.send(entries), try model.send(entries))
        for (mine, expected) in zip(mine, expected) {
            try #require(Sent(mine) == Sent(expected), place)
        }
    }

    private mutating func receive(_ queue: SQLiteQueue, _ model: InMemoryQueue, _ place: Comment) async throws {
        let limit = Int.random(in: 0...6, using: &random)
        let visibility = Duration.milliseconds(Int.random(in: 1..<30_000, using: &random))
        let mine = try await queue.receive(limit, visibility: visibility)
        let expected = try await model.receive(limit, visibility: visibility)
        try #require(mine.map(Seen.init) == expected.map(Seen.init), place)
        guard queue === self.queue else { return }
        for (mine, expected) in zip(mine, expected) { held.append((mine.receipt, expected.receipt)) }
    }

    private mutating func delete(_ place: Comment) async throws {
        let pairs = (0..<Int.random(in: 1...3, using: &random)).compactMap { _ in held.randomElement(using: &random) }
        try #require(try await queue.delete(pairs.map(\.mine)) == model.delete(pairs.map(\.other)), place)
    }

    private mutating func change(_ place: Comment) async throws {
        guard let pair = held.suffix(20).randomElement(using: &random) else { return }
        let duration = Duration.milliseconds(Int.random(in: 0..<2, using: &random) * 20_000)
        let mine = try await queue.changeVisibility(of: [pair.mine], to: duration)
        try #require(try await mine == model.changeVisibility(of: [pair.other], to: duration), place)
    }

    private mutating func reopen() async throws {
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            await store.close()
            store = try SQLiteStore(path: path, configuration: .patient)
        case 1 where others.count < 3:
            others.append(store)
            store = try SQLiteStore(path: path, configuration: .patient)
        default:
            // One that was left open goes on: what others did meanwhile it has to see.
            others.append(store)
            store = others.removeFirst()
        }
        (queue, dead) = try await Self.open(store, isFIFO, limits, clock)
    }

    /// What came of a sending, but its id.
    private struct Sent: Equatable {
        let number: SequenceNumber?
        let isDuplicate: Bool
        let code: SourceError.Code?

        init(_ result: Result<SentMessage, SourceError>) {
            switch result {
            case .success(let sent):
                (number, isDuplicate, code) = (sent.sequenceNumber, sent.isDuplicate, nil)
            case .failure(let error): (number, isDuplicate, code) = (nil, false, error.code)
            }
        }
    }

    /// A message, but its id and receipt.
    private struct Seen: Equatable {
        let texts: [String?]
        let attributes: [String: MessageAttribute]
        let number: SequenceNumber?

        init(_ message: QueueMessage) {
            texts = [
                String(message.body.prefix(20)), "\(message.body.count)", "\(message.receiveCount)",
                "\(message.sentAt.nanoseconds)", "\(message.firstReceivedAt.nanoseconds)", message.groupID,
                message.deduplicationID, message.deadLetterSourceARN,
            ]
            attributes = message.attributes
            number = message.sequenceNumber
        }
    }
}
