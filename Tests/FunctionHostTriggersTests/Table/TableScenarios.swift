// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// Many who write to a table at once, and one who follows it: its replica is the table in the end, and never ahead of it.
@Suite("Table scenarios") struct TableScenarios {
    /// What can be wrong with a table and its changes; each is planted, and must be found.
    enum Bug: CaseIterable, Sendable {
        /// A record can be read before its item can.
        case recordFirst
        /// An item is there, and its record never comes.
        case lostRecord
        /// Two changes of an item change places.
        case swapped
        /// A record is told with an image of another one.
        case staleImage
        /// Nobody is told of a record.
        case silent
    }

    /// A table's changes, with a bug or without.
    private struct Changes: StreamSource {
        let changes: TableChanges
        let bug: Bug?

        var arn: String { changes.arn }
        var service: StreamService { changes.service }
        var pollInterval: Duration? { nil }

        func shards() async throws -> [Shard] { try await changes.shards() }

        func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
            var page = try await changes.read(shard, from: position, limit: limit)
            switch bug {
            case .lostRecord?:
                page.records.removeAll { Int($0.sequenceNumber.low % 50) == 17 }
            case .swapped?:
                for place in page.records.indices.dropLast()
                where page.records[place].partitionKey == page.records[place + 1].partitionKey {
                    let (first, second) = (page.records[place], page.records[place + 1])
                    page.records[place] = first.with(data: second.data)
                    page.records[place + 1] = second.with(data: first.data)
                    break
                }
            case .staleImage?:
                for place in page.records.indices where Int(page.records[place].sequenceNumber.low % 50) == 17 {
                    page.records[place] = page.records[place].with(data: page.records[0].data)
                }
            case .recordFirst?, .silent?, nil: break
            }
            return page
        }

        func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
            bug == .silent ? SourceSubscription {} : changes.subscribe(to: shard, changed)
        }

        func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] { changes.event(of: records, shard: shard) }
    }

    /// Items that others see later than they should.
    private final class Visible: Sendable {
        private let items = Mutex<[AttributeMap: AttributeMap]>([:])

        subscript(key: AttributeMap) -> AttributeMap? { items.withLock { $0[key] } }
        func set(_ key: AttributeMap, _ item: AttributeMap?) { items.withLock { $0[key] = item } }
    }

    /// What the follower has made of the changes, and whether any rule was broken.
    private final class Replica: Sendable {
        private struct State {
            var items: [AttributeMap: AttributeMap] = [:]
            var last: [AttributeMap: SequenceNumber] = [:]
            var followed: Set<SequenceNumber> = []
            var faults: Set<String> = []
        }

        private let state = Mutex(State())

        var items: [AttributeMap: AttributeMap] { state.withLock { $0.items } }
        var faults: Set<String> { state.withLock { $0.faults } }

        /// Follows a change, unless it has before: what the item was is what the replica has.
        func follow(_ change: TableChange, _ number: SequenceNumber, isInTable: Bool) {
            state.withLock { state in
                if !isInTable { state.faults.insert("a record is there before its change") }
                guard state.followed.insert(number).inserted else { return }
                if let last = state.last[change.keys], number < last { state.faults.insert("records are out of order") }
                if state.items[change.keys] != change.oldImage {
                    state.faults.insert("a change does not follow the one before it")
                }
                state.last[change.keys] = number
                state.items[change.keys] = change.newImage
            }
        }
    }

    /// How often an item has changed, which it says itself.
    private static func version(_ item: AttributeMap?) -> TableNumber {
        if case .number(let number)? = item?["version"] { number } else { 0 }
    }

    /// - Returns: What was wrong.
    private func run(bug: Bug?) async throws -> Set<String> {
        let simulation = try #require(Simulation.current)
        var settings = InMemoryTable.Configuration()
        settings.shardCount = simulation.random(in: 1...3)
        let table = try InMemoryTable(
            "carts", partitionKey: .string("id"), changes: .newAndOldImages, configuration: settings, system: .simulated
        )
        // What can be read by others: the table itself, or, with the bug, what lags behind it.
        let visible = Visible()
        let replica = Replica()
        let host = FunctionHost(system: .simulated(by: simulation))
        let follow = try host.register("follow") { (batch: StreamBatch, context) in
            if simulation.chance(0.2) { try await context.sleep(for: .milliseconds(simulation.random(in: 1...300))) }
            for record in batch.records {
                let change = try TableChange(record)
                let item = bug == .recordFirst ? visible[change.keys] : try table.get(change.keys)
                replica.follow(
                    change, record.sequenceNumber,
                    isInTable: Self.version(item) >= Self.version(change.newImage))
                if simulation.chance(0.1) { throw HandlerFailure() }
            }
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.batchSize = simulation.random(in: 2...15)
        configuration.retryDelay = (.milliseconds(100), .seconds(1))
        configuration.maximumRetryAttempts = nil
        configuration.parallelizationFactor = simulation.random(in: 1...3)
        configuration.bisectBatchOnFunctionError = true
        try host.map(Changes(changes: table.changes, bug: bug), to: follow, configuration: configuration)
        try await host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for _ in 0..<25 {
                            try await self.write(writer, table) { key, item in
                                guard bug == .recordFirst else { return }
                                await Task.yield()
                                visible.set(key, item)
                            }
                            if simulation.chance(0.4) {
                                try await simulation.advance(by: .milliseconds(simulation.random(in: 0...200)))
                            } else {
                                await Task.yield()
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await simulation.advance(by: .seconds(120))
        }
        var items: [AttributeMap: AttributeMap] = [:]
        for item in try table.allItems() { items[["id": item["id"] ?? .null]] = item }
        return replica.faults.union(replica.items == items ? [] : ["the replica is not the table"])
    }

    /// Writes to some item in some way.
    private func write(
        _ writer: Int, _ table: InMemoryTable, done: (AttributeMap, AttributeMap?) async -> Void
    ) async throws {
        let simulation = try #require(Simulation.current)
        let number = simulation.random(in: 0...4)
        let key: AttributeMap = ["id": .string("c\(number)")]
        let by = TableUpdate.set("writer", to: .number(try TableNumber(writer)))
        switch simulation.random(in: 0...5) {
        case 0:
            // Only an item of nobody else; those that were deleted begin anew, so nothing is said of their versions.
            let own: AttributeMap = ["id": .string("own \(writer)")]
            _ = try? table.delete(own, if: .exists("id"))
            try table.put(["id": .string("own \(writer)"), "n": .number(try TableNumber(number))])
        case 1:
            let other: AttributeMap = ["id": .string("c\((number + 1) % 5)")]
            let writes = try table.transact([
                .update(key, [.add("version", 1), by]), .update(other, [.add("version", 1), by]),
            ])
            await done(key, writes[0].new)
            await done(other, writes[1].new)
        case 2:
            _ = try? table.update(key, [.add("version", 1), by], if: .compare("writer", .notEqual, 0))
            await done(key, try table.get(key))
        default: await done(key, try table.update(key, [.add("version", 1), by]).new)
        }
    }

    @Test("A follower's replica is the table in the end, and never ahead of it", .everySeed)
    func replica() async throws {
        #expect(try await run(bug: nil) == [])
    }

    @Test("Each planted bug is found within 40 seeds", arguments: Bug.allCases)
    func bugs(bug: Bug) throws {
        let found = try (0..<40).contains { seed in
            let simulation = Simulation(seed: seed, strategy: .uniform)
            return try !simulation.run { try await run(bug: bug) }.isEmpty
        }
        #expect(found)
    }
}

extension StreamRecord {
    fileprivate func with(data: [UInt8]) -> Self {
        StreamRecord(sequenceNumber: sequenceNumber, partitionKey: partitionKey, arrivedAt: arrivedAt, data: data)
    }
}
