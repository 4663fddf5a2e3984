// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Mappings of the stream and the queue that come with the package, with handlers that take the service's events.
@Suite(.simulated(seeds: 0..<20)) struct BuiltInSourcesTests {
    private struct KinesisEvent: Codable {
        struct Record: Codable {
            struct Kinesis: Codable {
                let partitionKey: String
                let sequenceNumber: String
                let data: String
            }
            let kinesis: Kinesis
            let eventSource: String
        }
        let records: [Record]

        enum CodingKeys: String, CodingKey { case records = "Records" }
    }

    private struct SQSEvent: Codable {
        struct Record: Codable {
            let messageId: String
            let body: String
        }
        let records: [Record]

        enum CodingKeys: String, CodingKey { case records = "Records" }
    }

    private struct Failures: Codable {
        struct Item: Codable {
            let itemIdentifier: String
        }
        var batchItemFailures: [Item]
    }

    private func pass(_ duration: Duration) async throws {
        try await #require(Simulation.current).advance(by: duration)
    }

    @Test("A handler of Kinesis events gets every record of a stream, in order of its key, over a split and a merge")
    func stream() async throws {
        let host = FunctionHost(system: .simulated)
        let clicks = try InMemoryStream("clicks", shardCount: 2, system: .simulated)
        let seen = Notes<(key: String, data: String)>()
        try host.register("count") { (event: KinesisEvent, _) in
            for record in event.records { seen.add((record.kinesis.partitionKey, record.kinesis.data)) }
        }
        try host.map(clicks, toFunctionNamed: "count", configuration: .init(startingPosition: .oldest))
        try await host.run {
            for round in 0..<30 {
                try clicks.put(partitionKey: "key-\(round % 5)", data: Array("\(round)".utf8))
                if round == 10 { _ = try clicks.split(ShardID("shardId-000000000000")) }
                if round == 20 {
                    _ = try clicks.merge(ShardID("shardId-000000000002"), ShardID("shardId-000000000003"))
                }
                if round % 7 == 0 { try await pass(.seconds(1)) }
            }
            try await pass(.seconds(5))
        }
        let numbers = seen.all.compactMap { entry in decoded(entry.data).flatMap { Int($0) } }
        #expect(numbers.sorted() == Array(0..<30))
        for key in 0..<5 {
            let ofKey = numbers.filter { $0 % 5 == key }
            #expect(ofKey == ofKey.sorted())
        }
    }

    private func decoded(_ text: String) -> String? {
        guard let bytes = base64(text) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As the standard says, letter by letter.
    private func base64(_ text: String) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var bits = ""
        for letter in text where letter != "=" {
            guard let value = alphabet.firstIndex(of: letter) else { return nil }
            let digits = String(value, radix: 2)
            bits += String(repeating: "0", count: 6 - digits.count) + digits
        }
        return stride(from: 0, to: bits.count - bits.count % 8, by: 8).compactMap { start in
            let from = bits.index(bits.startIndex, offsetBy: start)
            return UInt8(bits[from..<bits.index(from, offsetBy: 8)], radix: 2)
        }
    }

    @Test(
        "A handler of SQS events that reports failures has them tried again, and what fails too often is a dead letter")
    func queue() async throws {
        let host = FunctionHost(system: .simulated)
        let failed = try InMemoryQueue("failed", system: .simulated)
        var rules = InMemoryQueue.Configuration()
        rules.visibilityTimeout = .seconds(30)
        rules.redrive = .init(deadLetterQueue: failed, maximumReceiveCount: 3)
        let jobs = try InMemoryQueue("jobs", configuration: rules, system: .simulated)
        let bodies = Notes<String>()
        try host.register("work") { (event: SQSEvent, _) in
            for record in event.records { bodies.add(record.body) }
            return Failures(
                batchItemFailures: event.records.filter { $0.body == "poison" }.map {
                    .init(itemIdentifier: $0.messageId)
                })
        }
        var configuration = QueueMappingConfiguration()
        configuration.reportsBatchItemFailures = true
        try host.map(jobs, toFunctionNamed: "work", configuration: configuration)
        for body in ["a", "poison", "b"] { try jobs.send(body) }
        try await host.run { try await pass(.seconds(200)) }
        #expect(bodies.all.filter { $0 == "poison" }.count == 3)
        #expect(bodies.all.filter { $0 == "a" }.count == 1)
        #expect(jobs.figures.visible + jobs.figures.invisible == 0)
        #expect(try await failed.receive(10, visibility: .seconds(1)).map(\.body) == ["poison"])
    }

    private struct Order: Codable {
        let id: Int
    }

    @Test("A function of elements gets them decoded; what cannot be is isolated, and everything else is done")
    func elements() async throws {
        let host = FunctionHost(system: .simulated)
        let (orders, failures) = (try InMemoryStream("orders", system: .simulated), Letters())
        let ids = Notes<[Int]>()
        let book = try host.register("book") { (orders: [Order], _) in ids.add(orders.map(\.id)) }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.maximumRetryAttempts = 0
        configuration.bisectBatchOnFunctionError = true
        try host.map(orders, to: book, configuration: configuration, options: .init(onFailure: failures))
        for number in 0..<9 {
            try orders.put(partitionKey: "key", data: Array((number == 4 ? "poison" : #"{"id":\#(number)}"#).utf8))
        }
        try await host.run { try await pass(.seconds(60)) }
        #expect(ids.all.flatMap { $0 } == [0, 1, 2, 3, 5, 6, 7, 8])
        #expect(failures.all.count == 1)
        #expect(try #require(failures.all.all.first).contains(#""batchSize":1"#))
    }

    @Test("Of a queue's messages those that cannot be decoded come again, and the others are done")
    func messages() async throws {
        let host = FunctionHost(system: .simulated)
        let jobs = try InMemoryQueue("jobs", system: .simulated)
        let ids = Notes<[Int]>()
        let book = try host.register("book") { (orders: [Order], _) in ids.add(orders.map(\.id)) }
        try host.map(jobs, to: book)
        for body in [#"{"id":1}"#, "poison", #"{"id":2}"#] { try jobs.send(body) }
        try await host.run { try await pass(.seconds(40)) }
        #expect(ids.all.flatMap { $0 } == [1, 2])
        #expect(jobs.figures.visible + jobs.figures.invisible == 1)
    }

    @Test("Criteria of another kind of source are refused: they would pass over everything")
    func otherCriteria() throws {
        let clicks = try InMemoryStream("clicks", system: .simulated)
        let jobs = try InMemoryQueue("jobs", system: .simulated)
        let changes = try InMemoryTable("carts", partitionKey: .string("id"), changes: .keysOnly).changes
        for source in [FilterCriteria.Source.sqs, .kinesis, .dynamoDB] {
            let criteria = try FilterCriteria([#"{"eventName": ["x"]}"#], of: source)
            #expect((try? criteria.filter(of: clicks)) != nil || source != .kinesis)
            #expect((try? criteria.filter(of: jobs)) != nil || source != .sqs)
            #expect((try? criteria.filter(of: changes)) != nil || source != .dynamoDB)
        }
        let error = #expect(throws: FilterCriteriaError.self) {
            _ = try FilterCriteria([#"{"body": ["x"]}"#], of: .sqs).filter(of: clicks)
        }
        #expect(error?.code == .otherSource)
        #expect(throws: FilterCriteriaError.self) {
            _ = try FilterCriteria([#"{"data": {"n": [1]}}"#], of: .kinesis).filter(of: changes)
        }
        #expect(throws: FilterCriteriaError.self) {
            _ = try FilterCriteria([#"{"data": {"n": [1]}}"#], of: .kinesis).filter(of: jobs)
        }
    }

    @Test("A function of elements says of each what came of it: a stream goes on at the first that failed")
    func results() async throws {
        let host = FunctionHost(system: .simulated)
        let orders = try InMemoryStream("orders", system: .simulated)
        let ids = Notes<[Int]>()
        let (failures, shortAnswers) = (Countdown(1), Countdown(1))
        let book = try host.register("book") { (orders: [Order], _) in
            ids.add(orders.map(\.id))
            if shortAnswers.take() { return [ElementResult.done] }
            let fails = failures.take()
            return orders.map { $0.id == 1 && fails ? .failed : .done }
        }
        try host.map(orders, to: book, configuration: .init(startingPosition: .oldest))
        for number in 0..<3 { try orders.put(partitionKey: "key", data: Array(#"{"id":\#(number)}"#.utf8)) }
        try await host.run { try await pass(.seconds(60)) }
        #expect(ids.all == [[0, 1, 2], [0, 1, 2], [1, 2]], "an answer that lacks results has failed as a whole")
    }

    @Test("Of a queue's elements exactly those come again whose result is a failure, or that cannot be decoded")
    func messageResults() async throws {
        let host = FunctionHost(system: .simulated)
        let jobs = try InMemoryQueue("jobs", system: .simulated)
        let ids = Notes<[Int]>()
        let failures = Countdown(1)
        let book = try host.register("book") { (orders: [Order], _) in
            ids.add(orders.map(\.id))
            let fails = failures.take()
            return orders.map { $0.id == 2 && fails ? ElementResult.failed : .done }
        }
        try host.map(jobs, to: book)
        for body in [#"{"id":1}"#, "poison", #"{"id":2}"#, #"{"id":3}"#] { try jobs.send(body) }
        try await host.run { try await pass(.seconds(40)) }
        #expect(ids.all == [[1, 2, 3], [2]])
        #expect(jobs.figures.visible + jobs.figures.invisible == 1)
    }

    @Test("Filter criteria see a record as the service writes it")
    func criteria() async throws {
        let host = FunctionHost(system: .simulated)
        let clicks = try InMemoryStream("clicks", system: .simulated)
        let numbers = Notes<[Int]>()
        let function = try host.register("count") { (batch: StreamBatch, _) in
            numbers.add(
                batch.records.compactMap { Int(String(decoding: $0.data.dropFirst(5).dropLast(), as: UTF8.self)) })
        }
        let criteria = try FilterCriteria([#"{"data":{"n":[{"numeric":["<",3]},17]}}"#], of: .kinesis)
        try host.map(
            clicks, to: function, configuration: .init(startingPosition: .oldest),
            options: .init(filter: try criteria.filter(of: clicks)))
        for number in 0..<30 { try clicks.put(partitionKey: "key", data: Array(#"{"n":\#(number)}"#.utf8)) }
        try await host.run { try await pass(.seconds(1)) }
        #expect(numbers.all == [[0, 1, 2, 17]])
    }

    @Test("A million seconds of nothing cost no step: sources tell of changes, and nobody asks")
    func idle() async throws {
        let host = FunctionHost(system: .simulated)
        let clicks = try InMemoryStream("clicks", shardCount: 10, system: .simulated)
        let jobs = try InMemoryQueue("jobs", system: .simulated)
        let batches = Notes<Int>()
        let count = try host.register("count") { (batch: StreamBatch, _) in batches.add(batch.records.count) }
        let work = try host.register("work") { (batch: QueueBatch, _) in batches.add(batch.messages.count) }
        try host.map(clicks, to: count, configuration: .init(startingPosition: .latest))
        try host.map(jobs, to: work)
        try await host.run {
            try await pass(.seconds(1_000_000))
            try clicks.put(partitionKey: "key", data: [1])
            try jobs.send("one")
            try await pass(.milliseconds(10))
        }
        #expect(batches.all == [1, 1])
    }
}
