// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// A queue that takes its time and fails now and then, and does one thing wrong, or none.
struct ScenarioQueue: QueueSource {
    let queue: InMemoryQueue
    let isFIFO: Bool
    let simulation: Simulation
    let bug: MappingBug?

    var arn: String { queue.arn }
    var visibilityTimeout: Duration { queue.visibilityTimeout }
    var pollInterval: Duration? { nil }

    func receive(_ limit: Int, visibility: Duration) async throws -> [QueueMessage] {
        try await simulation.beRemote()
        let visibility = bug == .receivedIsVisible && simulation.chance(0.3) ? .zero : visibility
        let messages = try await queue.receive(limit, visibility: visibility)
        switch bug {
        case .receivedIsLost: return simulation.chance(0.2) ? [] : messages
        case .receiptsAreSwapped:
            return zip(messages, messages.reversed()).map { changed($0, receipt: $1.receipt, group: $0.groupID) }
        case .groupsAreNotLocked:
            return messages.map { changed($0, receipt: $0.receipt, group: QueueWorld.group(of: $0)) }
        default: return messages
        }
    }

    private func changed(_ message: QueueMessage, receipt: Receipt, group: String?) -> QueueMessage {
        QueueMessage(
            id: message.id, receipt: receipt, body: message.body, receiveCount: message.receiveCount,
            sentAt: message.sentAt, firstReceivedAt: message.firstReceivedAt, groupID: group)
    }

    func delete(_ receipts: [Receipt]) async throws -> [Bool] {
        try await simulation.beRemote(mayFail: false)
        if bug == .deleteLies, simulation.chance(0.3) { return receipts.map { _ in true } }
        return try await queue.delete(receipts)
    }

    func changeVisibility(of receipts: [Receipt], to duration: Duration) async throws -> [Bool] {
        try await simulation.beRemote(mayFail: false)
        if bug == .visibilityIsIgnored || bug == .givenBackIsIgnored && duration == .zero {
            return receipts.map { _ in true }
        }
        return try await queue.changeVisibility(of: receipts, to: duration)
    }

    func subscribe(_ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        queue.subscribe { if bug != .queueWakeUpIsLost || simulation.chance(0.8) { changed() } }
    }

    func event(of messages: [QueueMessage]) -> [UInt8] { queue.event(of: messages) }
}

/// A queue in memory with all that is known of its messages, and what maps it.
final class QueueWorld: Sendable {
    /// How many groups a FIFO queue has.
    static let groups = 4

    let simulation: Simulation
    let bug: MappingBug?
    let source: ScenarioQueue
    let dead: InMemoryQueue
    let account: MappingAccount
    private let hasAll = Mutex(false)

    /// - Parameters:
    ///   - isFIFO: Whether groups have an order.
    ///   - timeout: The visibility timeout.
    ///   - most: How often a message is received before it goes to the dead-letter queue; nil for any number of times.
    ///   - limit: How many handlers may be inside at once.
    ///   - wanted: Which messages the filter lets through.
    init(
        isFIFO: Bool = false, timeout: Duration = .seconds(30), receivedAtMost most: Int? = nil, limit: Int = .max,
        _ bug: MappingBug?, wanted: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) throws {
        simulation = try #require(Simulation.current)
        self.bug = bug
        let ending = isFIFO && bug != .groupsAreNotLocked ? ".fifo" : ""
        dead = try InMemoryQueue("dead\(ending)", system: .simulated(by: simulation))
        var configuration = InMemoryQueue.Configuration()
        configuration.visibilityTimeout = timeout
        if let most {
            configuration.redrive = InMemoryQueue.RedrivePolicy(deadLetterQueue: dead, maximumReceiveCount: most)
        }
        source = ScenarioQueue(
            queue: try InMemoryQueue(
                "jobs\(ending)", configuration: configuration, system: .simulated(by: simulation)),
            isFIFO: isFIFO, simulation: simulation, bug: bug)
        account = MappingAccount(keys: isFIFO ? Self.groups : nil, limit: limit, wanted: wanted)
    }

    static func group(of message: QueueMessage) -> String { "\((Int(message.body) ?? 0) % groups)" }

    var queue: InMemoryQueue { source.queue }

    /// Sends messages, slowly.
    func produce(_ count: Int) async throws {
        for number in 0..<count {
            account.announce(number)
            if queue.isFIFO {
                try queue.send("\(number)", groupID: "\(number % Self.groups)", deduplicationID: "\(number)")
            } else {
                try queue.send("\(number)", delay: simulation.chance(0.2) && !source.isFIFO ? .seconds(2) : .zero)
            }
            if simulation.chance(0.3) {
                try await simulation.advance(by: .milliseconds(simulation.random(in: 0...2_000)))
            }
        }
        hasAll.withLock { $0 = true }
    }

    /// How batches are made, by lot.
    func configuration() -> QueueMappingConfiguration {
        var configuration = QueueMappingConfiguration()
        configuration.batchSize = simulation.random(in: 1...6)
        configuration.maximumConcurrency = simulation.random(in: 2...4)
        if !source.isFIFO, simulation.chance(0.5) { configuration.batchingWindow = .seconds(2) }
        return configuration
    }

    /// Maps the queue to a function some of whose items fail, and all of them if it says nil.
    ///
    /// - Parameters:
    ///   - forGood: Whether what is done is deleted for certain, as no host ends too early for that.
    ///   - rest: How long handlers may take at most, in milliseconds.
    @discardableResult
    func map(
        on host: FunctionHost, _ configuration: QueueMappingConfiguration, function: FunctionConfiguration? = nil,
        forGood: Bool = true, rest: Int = 2_000, failing: @escaping @Sendable ([Int]) -> Set<Int>? = { _ in [] }
    ) throws -> QueueMapping {
        let work = try host.register("work", configuration: function ?? .init(timeout: .seconds(60))) {
            [self] (batch: QueueBatch, context) in
            let numbers = batch.messages.compactMap { Int($0.body) }
            account.begin(numbers)
            var done: [Int] = []
            defer { account.end(numbers, done: done, forGood: forGood) }
            if simulation.chance(0.5) {
                try await context.sleep(for: .milliseconds(simulation.random(in: 0...rest)))
            }
            guard let failed = failing(numbers) else { throw HandlerFailure() }
            done = numbers.filter { !failed.contains($0) }
            return QueueBatchResult.failed(
                Set(batch.messages.filter { failed.contains(Int($0.body) ?? -1) }.map(\.id)))
        }
        return try host.map(source, to: work, configuration: configuration) { [account, bug, simulation] in
            account.wants(Int($0.body) ?? -1) || bug == .filterLeaks && simulation.chance(0.1)
        }
    }

    /// Whether everything has ended, and nothing is in the queue.
    var isOver: Bool {
        let figures = queue.figures
        return hasAll.withLock { $0 } && figures.visible + figures.invisible + figures.delayed == 0
    }

    /// Has hosts work until it is over, or should be.
    func run(
        _ count: Int, hosts: Int = 1, isMortal: Bool = false,
        begin: @escaping @Sendable (FunctionHost) throws -> QueueMapping,
        meanwhile: @escaping @Sendable (FunctionHost, QueueMapping) async throws -> Void = { _, _ in },
        afterwards: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> Set<MappingRule> {
        let lives = HostLives(simulation: simulation, isMortal: isMortal, count: hosts)
        try await lives.run(
            until: { [self] in isOver }, producing: { [self] in try await produce(count) }, begin: begin,
            meanwhile: meanwhile, afterwards: afterwards)
        account.expect(account.isSettled, .everythingEnds)
        account.expect(isOver, .queueEmpties)
        return account.broken
    }
}
