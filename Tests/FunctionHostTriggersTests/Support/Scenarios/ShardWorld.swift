// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// A stream in memory with all that is known of its records, and what maps it.
final class ShardWorld: Sendable {
    /// How a handler's batch goes.
    enum Outcome {
        case done
        case throwing
        /// The function answers that it failed from the record of this index on.
        case stopping(at: Int)
    }

    private struct State {
        /// In order of their hash keys.
        var open: [ShardID]
        var parents: [ShardID: [ShardID]] = [:]
        var placed: [ShardID: [(number: SequenceNumber, item: Int)]] = [:]
        var arrivals: [Int: Timestamp] = [:]
        var hasAll = false
    }

    let simulation: Simulation
    let bug: MappingBug?
    let source: ScenarioStream
    let checkpoints: ScenarioCheckpoints
    private let keys: Int
    private let first: Int
    private let wanted: @Sendable (Int) -> Bool
    /// Of each mapping, by its name.
    private let accounts: [String: MappingAccount]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - keys: How many partition keys there are.
    ///   - first: The number of the first item.
    ///   - names: What the mappings are called.
    ///   - retention: How long a record is kept.
    ///   - wanted: Which items the filter lets through.
    init(
        shards: Int = 2, keys: Int = 6, from first: Int = 0, names: [String] = ["test"],
        retention: Duration = .seconds(86_400), _ bug: MappingBug?,
        wanted: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) throws {
        simulation = try #require(Simulation.current)
        self.bug = bug
        self.keys = keys
        self.first = first
        self.wanted = wanted
        accounts = Dictionary(uniqueKeysWithValues: names.map { ($0, MappingAccount(keys: keys, wanted: wanted)) })
        var configuration = InMemoryStream.Configuration()
        configuration.retention = retention
        let stream = try InMemoryStream(
            "s\(first)", shardCount: shards, configuration: configuration, system: .simulated(by: simulation))
        source = ScenarioStream(stream: stream, simulation: simulation, bug: bug)
        checkpoints = ScenarioCheckpoints(simulation: simulation, bug: bug)
        state = Mutex(State(open: (0..<shards).map { StreamBench.shard($0) }))
    }

    /// What is known of a mapping.
    func account(_ name: String = "test") -> MappingAccount {
        guard let account = accounts[name] else { preconditionFailure("no mapping is called \(name)") }
        return account
    }

    // MARK: - Records

    /// Puts the records, now and then after a pause of some seconds at most, and does something before each.
    func produce(_ count: Int, pause: Int = 3, before: (Int) throws -> Void = { _ in }) async throws {
        for number in first..<first + count {
            try before(number)
            let wall = simulation.clock.wallTime
            // Before anybody may be given it.
            for account in accounts.values { account.announce(number) }
            let place = try source.stream.put(partitionKey: "\(number % keys)", data: Array("\(number)".utf8))
            state.withLock { state in
                state.placed[place.shard, default: []].append((place.sequenceNumber, number))
                state.arrivals[number] = wall
            }
            if simulation.chance(0.3) {
                try await simulation.advance(by: .milliseconds(simulation.random(in: 0...pause * 1_000)))
            }
        }
        state.withLock { $0.hasAll = true }
    }

    /// Splits a shard, or merges two.
    func reshard() throws {
        let (open, index) = state.withLock { state in
            (state.open, simulation.random(in: 0...state.open.count - 1))
        }
        if open.count > 1, index < open.count - 1, simulation.chance(0.5) {
            let child = try source.stream.merge(open[index], open[index + 1])
            state.withLock { state in
                state.open.replaceSubrange(index...index + 1, with: [child])
                state.parents[child] = [open[index], open[index + 1]]
            }
        } else {
            let (left, right) = try source.stream.split(open[index])
            state.withLock { state in
                state.open.replaceSubrange(index...index, with: [left, right])
                state.parents[left] = [open[index]]
                state.parents[right] = [open[index]]
            }
        }
    }

    /// When a record came.
    func arrival(of number: Int) -> Timestamp { state.withLock { $0.arrivals[number] ?? Simulation.start } }

    private func items(in shard: ShardID, below limit: SequenceNumber?) -> [Int] {
        state.withLock { state in
            state.placed[shard, default: []].filter { limit == nil || $0.number < limit! }.map(\.item)
        }
    }

    private func items(from first: SequenceNumber, through last: SequenceNumber) -> [Int] {
        state.withLock { state in
            guard let shard = state.placed.values.first(where: { $0.contains { $0.number == first } }) else {
                return []
            }
            return shard.filter { (first...last).contains($0.number) }.map(\.item)
        }
    }

    // MARK: - Mappings

    /// How batches are made, by lot.
    func configuration() -> StreamMappingConfiguration {
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.batchSize = simulation.random(in: 1...8)
        configuration.parallelizationFactor = simulation.random(in: 1...3)
        configuration.batchingWindow = simulation.chance(0.5) ? .zero : .seconds(2)
        configuration.bisectBatchOnFunctionError = simulation.chance(0.5)
        return configuration
    }

    /// What a mapping of this name has beside its configuration.
    func options(
        _ name: String = "test", givenUp: @escaping @Sendable ([Int]) -> Void = { _ in }
    ) -> StreamMappingOptions {
        let account = account(name)
        let graveyard = Graveyard(fails: { [simulation] in simulation.chance(0.3) }) { [self] first, last in
            let numbers = items(from: first, through: last)
            givenUp(numbers)
            if bug != .destinationDrops || simulation.chance(0.5) { account.giveUp(numbers) }
        }
        let checked = CheckedCheckpoints(
            inner: checkpoints, account: account
        ) { [self] in items(in: $0, below: $1) }
        return StreamMappingOptions(
            name: name,
            filter: { [wanted, bug, simulation] in
                wanted($0.number) || bug == .filterLeaks && simulation.chance(0.1)
            }, onFailure: graveyard, checkpoints: checked)
    }

    /// Maps the stream to a function that does its batches as `outcome` says, or by lot.
    @discardableResult
    func map(
        on host: FunctionHost, _ configuration: StreamMappingConfiguration, named name: String = "test",
        givenUp: @escaping @Sendable ([Int]) -> Void = { _ in },
        began: @escaping @Sendable ([Int]) -> Void = { _ in }, outcome: (@Sendable ([Int]) -> Outcome)? = nil
    ) throws -> StreamMapping {
        let account = account(name)
        let function = Function<StreamBatch, StreamBatchResult>("work-\(name)")
        let registered = try host.register(function, configuration: .init(timeout: .seconds(60))) {
            [self] batch, context in
            began(batch.records.map(\.number))
            return try await work(batch, context, account, outcome: outcome ?? someFail)
        }
        return try host.map(
            source, to: registered, configuration: configuration, options: options(name, givenUp: givenUp))
    }

    /// What a handler does with a batch: it may take a while.
    func work(
        _ batch: StreamBatch, _ context: InvocationContext, _ account: MappingAccount,
        outcome: @Sendable ([Int]) -> Outcome
    ) async throws -> StreamBatchResult {
        let numbers = batch.records.map(\.number)
        account.begin(numbers)
        for parent in state.withLock({ $0.parents[batch.shard] ?? [] }) {
            account.expect(account.areSettled(items(in: parent, below: nil)), .parentsFirst)
        }
        var done = 0
        defer { account.end(numbers, done: numbers.prefix(done)) }
        if simulation.chance(0.5) {
            try await context.sleep(for: .milliseconds(simulation.random(in: 0...2_000)))
        }
        switch outcome(numbers) {
        case .throwing: throw HandlerFailure()
        case .stopping(let index):
            done = index
            return .failed(from: batch.records[index].sequenceNumber)
        case .done:
            done = numbers.count
            return .succeeded
        }
    }

    /// Some fail, in one way or the other.
    func someFail(_ numbers: [Int]) -> Outcome {
        switch simulation.random(in: 0...9) {
        case 0: .throwing
        case 1: .stopping(at: simulation.random(in: 0...numbers.count - 1))
        default: .done
        }
    }

    /// Those with such a record fail, in one way or the other.
    func fail(_ numbers: [Int], where isPoison: (Int) -> Bool) -> Outcome {
        guard let index = numbers.firstIndex(where: isPoison) else { return .done }
        return simulation.chance(0.5) ? .throwing : .stopping(at: index)
    }

    // MARK: - The end

    /// Whether every record has ended for every mapping, and every checkpoint has passed it.
    var isOver: Bool {
        guard state.withLock({ $0.hasAll }) else { return false }
        let all = state.withLock { Set($0.arrivals.keys) }
        return accounts.values.allSatisfy { $0.isSettled && $0.passed == all }
    }

    /// Has hosts work until it is over, or should be.
    func run(
        _ count: Int, isMortal: Bool? = nil, pause: Int = 3,
        before: @escaping @Sendable (Int) throws -> Void = { _ in },
        begin: @escaping @Sendable (FunctionHost) throws -> StreamMapping,
        meanwhile: @escaping @Sendable (FunctionHost, StreamMapping) async throws -> Void = { _, _ in }
    ) async throws -> Set<MappingRule> {
        let lives = HostLives(simulation: simulation, isMortal: isMortal ?? simulation.chance(0.5))
        try await lives.run(
            until: { [self] in isOver },
            producing: { [self] in try await produce(count, pause: pause, before: before) }, begin: begin,
            meanwhile: meanwhile)
        return broken
    }

    /// The rules that were broken, those of the end included.
    var broken: Set<MappingRule> {
        let all = state.withLock { Set($0.arrivals.keys) }
        for account in accounts.values {
            account.expect(account.isSettled, .everythingEnds)
            account.expect(account.passed == all, .checkpointsReachTheEnd)
            account.expect(source.listeners.isEmpty, .nothingLeftBehind)
        }
        return accounts.values.reduce(into: []) { $0.formUnion($1.broken) }
    }
}
