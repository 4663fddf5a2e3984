// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// The code of the article *Mapping event sources*.
@Suite(.simulated(seeds: 0..<5)) struct MappingEventSourcesArticle {
    private let stored = Notes<String>()

    private func store(_ data: [UInt8]) { stored.add(String(decoding: data, as: UTF8.self)) }

    private func pay(_ data: [UInt8]) throws {
        store(data)
        if data == Array("3".utf8), stored.count < 5 { throw HandlerFailure() }
    }

    private func isPicture(_ body: String) -> Bool { body != "7" }

    @Test func stream() async throws {
        let host = FunctionHost(system: .simulated)
        let (clicks, failures) = (TestStream(), Letters())
        let archive = try host.register("archive") { (batch: StreamBatch, _) in
            for record in batch.records { store(record.data) }
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.batchSize = 500
        configuration.maximumRetryAttempts = 3
        configuration.bisectBatchOnFunctionError = true
        let mapping = try host.map(
            clicks, to: archive, configuration: configuration, options: .init(onFailure: failures))
        clicks.put(0..<3)
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(1)) }
        #expect(stored.all == ["0", "1", "2"])
        #expect(mapping.functionName == "archive")
    }

    @Test func bytes() async throws {
        let host = FunctionHost(system: .simulated)
        let clicks = TestStream()
        try host.register(raw: "handler") { bytes, _ in
            store(bytes)
            return Array("null".utf8)
        }
        let configuration = StreamMappingConfiguration(startingPosition: .oldest)
        try host.map(clicks, toFunctionNamed: "handler", configuration: configuration)
        clicks.put([1])
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(1)) }
        #expect(stored.all == [#"{"Records":[{"kinesis":{"sequenceNumber":"1","data":"1"}}]}"#])
    }

    @Test func partly() async throws {
        let host = FunctionHost(system: .simulated)
        let clicks = TestStream()
        let charge = try host.register("charge") { (batch: StreamBatch, _) in
            for record in batch.records {
                do { try pay(record.data) } catch { return StreamBatchResult.failed(from: record.sequenceNumber) }
            }
            return .succeeded
        }
        try host.map(clicks, to: charge, configuration: .init(startingPosition: .oldest))
        clicks.put(2...4)
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(30)) }
        #expect(stored.all.filter { $0 == "2" }.count == 1)
        #expect(stored.all.last == "4")
    }

    private struct Reading: Codable {
        var city: String
    }

    private func report(_ window: TumblingWindow, _ count: Int) {
        stored.add("\(count) in \(window.start.duration(to: window.end))")
    }

    @Test func windows() async throws {
        let host = FunctionHost(system: .simulated)
        let clicks = TestStream()
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        let sum = try host.register("sum") { (batch: WindowBatch<Int>, _) in
            if batch.isFinal { report(batch.window, batch.state ?? 0) }
            return (batch.state ?? 0) + batch.records.count
        }
        configuration.tumblingWindow = .seconds(60)
        try host.map(clicks, to: sum, configuration: configuration)
        clicks.put(0..<120)
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(61)) }
        #expect(stored.all == ["120 in 60.0 seconds"])
    }

    @Test func sequence() async throws {
        let host = FunctionHost(system: .simulated)
        let clicks = try InMemoryStream("clicks", system: .simulated)
        let (readings, source) = AsyncStream.makeStream(of: Reading.self, bufferingPolicy: .bufferingOldest(10))
        try host.feed(readings, into: clicks, partitionKey: { $0.city })
        source.yield(Reading(city: "Oslo"))
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(1)) }
        #expect(clicks.figures.records == 1)
    }

    @Test func queue() async throws {
        let host = FunctionHost(system: .simulated)
        let pictures = try TestQueue()
        pictures.send(6...8)
        let resize = try host.register("resize") { (batch: QueueBatch, _) in
            var failed: Set<String> = []
            for message in batch.messages where !isPicture(message.body) { failed.insert(message.id) }
            return QueueBatchResult.failed(failed)
        }
        try host.map(pictures, to: resize)
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(10)) }
        #expect(pictures.left == [7])
    }
}
