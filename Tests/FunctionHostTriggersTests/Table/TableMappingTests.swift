// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Mappings of a table's changes: filters, on-failure records, typed changes, lanes.
@Suite(.simulated(seeds: 0..<20)) struct TableMappingTests {
    private let host = FunctionHost(system: .simulated)

    private func table(
        sortKey: TableKeyAttribute? = nil, _ change: (inout InMemoryTable.Configuration) -> Void = { _ in }
    ) throws -> InMemoryTable {
        var configuration = InMemoryTable.Configuration()
        change(&configuration)
        return try InMemoryTable(
            "carts", partitionKey: .string("id"), sortKey: sortKey, changes: .newAndOldImages,
            configuration: configuration, system: .simulated)
    }

    private func pass(_ duration: Duration) async throws {
        try await #require(Simulation.current).advance(by: duration)
    }

    @Test("A function of changes gets each one, in the order of its item")
    func typed() async throws {
        let table = try table { $0.shardCount = 3 }
        let seen = Notes<TableChange>()
        let follow = try host.register("follow") { (changes: [TableChange], _) in changes.forEach(seen.add) }
        try host.map(table.changes, to: follow, configuration: .init(startingPosition: .oldest))
        try await host.run {
            for number in 0..<60 {
                try table.update(["id": .string("c\(number % 7)")], [.add("n", 1)])
                if number % 5 == 0 { try await pass(.milliseconds(10)) }
            }
            try await pass(.seconds(5))
        }
        #expect(seen.count == 60)
        for cart in 0..<7 {
            let changes = seen.all.filter { $0.keys["id"] == .string("c\(cart)") }
            #expect(changes.map(\.kind) == [.insert] + Array(repeating: .modify, count: changes.count - 1))
            #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.newImage == $1.oldImage })
        }
    }

    @Test("A handler of DynamoDB's events is given them")
    func bytes() async throws {
        let table = try table()
        let seen = Notes<DecodedTableEvent.EventName>()
        try host.register("handler") { (event: DecodedTableEvent, _) in event.records.forEach { seen.add($0.eventName) }
        }
        try host.map(table.changes, toFunctionNamed: "handler", configuration: .init(startingPosition: .oldest))
        try await host.run {
            try table.put(["id": "a"])
            try table.put(["id": "a", "n": 1])
            try table.delete(["id": "a"])
            try await pass(.seconds(5))
        }
        #expect(seen.all == [.insert, .modify, .remove])
    }

    @Test(
        "Filters see what happened and both images, numbers as texts",
        arguments: [
            (#"{"eventName":["REMOVE"]}"#, ["b-"]),
            (#"{"dynamodb":{"NewImage":{"open":{"BOOL":[true]}}}}"#, ["a", "b"]),
            (#"{"dynamodb":{"Keys":{"id":{"S":["a"]}}}}"#, ["a", "a"]),
            (#"{"dynamodb":{"NewImage":{"n":{"N":["5"]}}}}"#, ["a"]),
            (#"{"dynamodb":{"NewImage":{"n":{"N":[{"numeric":[">",1]}]}}}}"#, []),
            (#"{"eventSource":["aws:dynamodb"]}"#, []),
            (#"{"dynamodb":{"OldImage":{"open":{"BOOL":[{"exists":false}]}}}}"#, ["a", "b"]),
        ] as [(String, [String])])
    func filters(pattern: String, passed: [String]) async throws {
        let table = try table()
        let seen = Notes<String>()
        let follow = try host.register("follow") { (changes: [TableChange], _) in
            for change in changes {
                guard case .string(let id)? = change.keys["id"] else { continue }
                seen.add(change.kind == .remove ? "\(id)-" : id)
            }
        }
        let changes = try table.changes
        let filter = try FilterCriteria([pattern], of: .dynamoDB).filter(of: changes)
        try host.map(
            changes, to: follow, configuration: .init(startingPosition: .oldest), options: .init(filter: filter))
        try await host.run {
            try table.put(["id": "a", "open": true])
            try table.put(["id": "b", "open": true])
            try table.put(["id": "a", "n": 5, "open": false])
            try table.delete(["id": "b"])
            try await pass(.seconds(5))
        }
        #expect(seen.all == passed)
    }

    @Test("What is given up is told as of a table: its own name, times in whole seconds")
    func givenUp() async throws {
        let table = try table()
        let letters = Letters()
        let fail = try host.register("fail") { (_: StreamBatch, _) in throw HandlerFailure() }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.maximumRetryAttempts = 1
        try host.map(table.changes, to: fail, configuration: configuration, options: .init(onFailure: letters))
        try await host.run {
            try await pass(.milliseconds(1_234))
            try table.put(["id": "a"])
            try await pass(.seconds(20))
        }
        struct Letter: Decodable {
            struct Info: Decodable, Equatable {
                let shardId: String
                let startSequenceNumber: String
                let endSequenceNumber: String
                let approximateArrivalOfFirstRecord: String
                let approximateArrivalOfLastRecord: String
                let batchSize: Int
                let streamArn: String
            }
            let info: Info
            enum CodingKeys: String, CodingKey { case info = "DDBStreamBatchInfo" }
        }
        let text = try #require(letters.all.all.first)
        #expect(!text.contains("KinesisBatchInfo"))
        let info = try JSONPayloadCoder().decode(Letter.self, from: Array(text.utf8)).info
        let page = try await table.changes.read(ShardID(info.shardId), from: .oldest, limit: 1)
        let record = try #require(page.records.first)
        #expect(
            info.startSequenceNumber == "\(record.sequenceNumber)"
                && info.endSequenceNumber == "\(record.sequenceNumber)")
        #expect(
            info.approximateArrivalOfFirstRecord.hasSuffix(":01Z")
                && info.approximateArrivalOfFirstRecord.utf8.count == 20)
        #expect(info.approximateArrivalOfLastRecord == info.approximateArrivalOfFirstRecord)
        #expect(try info.batchSize == 1 && info.streamArn == table.changes.arn)
    }

    @Test("A starting time is refused for a table, and taken for a stream")
    func startingTime() throws {
        let table = try table()
        let follow = try host.register("follow") { (_: StreamBatch, _) in }
        let configuration = StreamMappingConfiguration(startingPosition: .at(Simulation.start))
        let error = try #require(throws: FunctionHostError.self) {
            try host.map(table.changes, to: follow, configuration: configuration)
        }
        #expect(error.code == .invalidConfiguration)
        #expect(throws: Never.self) { try host.map(TestStream(), to: follow, configuration: configuration) }
    }

    @Test("With several lanes each item keeps its order")
    func lanes() async throws {
        let simulation = try #require(Simulation.current)
        let table = try table(sortKey: .number("at"))
        let seen = Notes<TableChange>()
        let follow = try host.register("follow") { (batch: StreamBatch, context) in
            if simulation.chance(0.5) { try await context.sleep(for: .milliseconds(simulation.random(in: 1...500))) }
            for record in batch.records { seen.add(try TableChange(record)) }
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.parallelizationFactor = 4
        configuration.batchSize = 3
        try host.map(table.changes, to: follow, configuration: configuration)
        try await host.run {
            for number in 0..<80 {
                try table.update(["id": "one", "at": .number(try TableNumber(number % 6))], [.add("n", 1)])
            }
            try await pass(.seconds(60))
        }
        #expect(seen.count == 80)
        for at in 0..<6 {
            let changes = seen.all.filter { $0.keys["at"] == .number(TableNumber(integerLiteral: at)) }
            #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.newImage == $1.oldImage })
        }
    }

    /// Knows how to say nothing.
    private struct OtherCoder: PayloadCoder {
        func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] { throw HandlerFailure() }
        func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
            throw HandlerFailure()
        }
    }

    @Test("A host with another coder gives a function changes nevertheless")
    func otherCoder() async throws {
        let host = FunctionHost(coder: OtherCoder(), system: .simulated)
        let table = try table()
        let seen = Notes<TableChange>()
        let follow = try host.register("follow") { (changes: [TableChange], _) in changes.forEach(seen.add) }
        try host.map(table.changes, to: follow, configuration: .init(startingPosition: .oldest))
        try await host.run {
            try table.put(["id": "a"])
            try await pass(.seconds(5))
        }
        #expect(seen.count == 1)
    }

    @Test("A function that says of each change what came of it gets the failed one again, and all after it")
    func results() async throws {
        let host = FunctionHost(coder: OtherCoder(), system: .simulated)
        let table = try table()
        let seen = Notes<AttributeValue?>()
        let follow = try host.register("follow") { (changes: [TableChange], _) in
            changes.map { change -> ElementResult in
                seen.add(change.keys["id"])
                return seen.count == 2 ? .failed : .done
            }
        }
        try host.map(table.changes, to: follow, configuration: .init(startingPosition: .oldest))
        try table.transact([.put(["id": "a"]), .put(["id": "b"]), .put(["id": "c"])])
        try await host.run { try await pass(.seconds(5)) }
        #expect(seen.all == ["a", "b", "c", "b", "c"])
    }

    @Test("While a host runs, items whose time is over go by themselves")
    func expiry() async throws {
        let events = Events()
        let host = FunctionHost(observers: [events], system: .simulated)
        let table = try table {
            $0.timeToLive = "end"
            $0.changeLimit = 3
            $0.changeRetention = .seconds(150)
        }
        let end = Simulation.start.nanoseconds / 1_000_000_000 + 90
        try table.put(["id": "a", "end": .number(try TableNumber(end))])
        try table.put(["id": "b", "end": .number(try TableNumber(end))])
        try host.attach(TableExpiry(of: table, every: .seconds(60)))
        try await host.run {
            try await pass(.seconds(89))
            #expect(table.figures.items == 2)
            try await pass(.seconds(40))
            #expect(table.figures.items == 1)
            #expect(events.all.all.map { $0.kind.isExpiry } == [false])
            try await pass(.seconds(60))
            #expect(table.figures.items == 0)
            #expect(events.all.all.map { $0.kind.isExpiry } == [false, true])
        }
        #expect(throws: TableError.self) { try TableExpiry(of: table, every: .milliseconds(999)) }
        #expect(throws: TableError.self) { try TableExpiry(of: self.table()) }
    }

    private struct Events: HostObserver {
        let delivery = ObserverDelivery.immediate
        let all = Notes<TableExpiryEvent>()

        func told(_ event: any ServiceEvent) {
            if let event = event as? TableExpiryEvent { all.add(event) }
        }
    }
}

extension TableExpiryEvent.Kind {
    fileprivate var isExpiry: Bool { if case .expired = self { true } else { false } }
}
